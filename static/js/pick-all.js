// A table's [data-pick-all] box ticks every [data-pick] in it; [data-pick-count] and [data-pick-bar] follow.
// In a part [data-pick-part] the box [data-pick-part-all] does so for the boxes of the part.
// A fieldset [data-pick-needed] can be used while a box is ticked; a row [data-pick-row] shows that its own is.
// [data-pick-href] is an address to which the names and values of the ticked boxes are added.

function follow(all, boxes) {
  if (!all) return;
  const picked = boxes.filter((box) => box.checked).length;
  all.checked = picked > 0 && picked === boxes.length;
  all.indeterminate = picked > 0 && picked < boxes.length;
}

function refresh(scope) {
  const boxes = [...scope.querySelectorAll("[data-pick]")];
  const picked = boxes.filter((box) => box.checked);
  for (const box of boxes) box.closest("tr, [data-pick-row]")?.classList.toggle("is-picked", box.checked);
  follow(scope.querySelector("[data-pick-all]"), boxes);
  for (const part of scope.querySelectorAll("[data-pick-part]")) {
    follow(part.querySelector("[data-pick-part-all]"), [...part.querySelectorAll("[data-pick]")]);
  }
  for (const count of scope.querySelectorAll("[data-pick-count]")) count.textContent = picked.length;
  for (const link of scope.querySelectorAll("[data-pick-href]")) {
    const query = new URLSearchParams(picked.map((box) => [box.name, box.value]));
    link.dataset.href = `${link.dataset.pickHref}${link.dataset.pickHref.includes("?") ? "&" : "?"}${query}`;
  }
  for (const bar of scope.querySelectorAll("[data-pick-bar]")) bar.hidden = picked.length === 0;
  for (const fieldset of scope.querySelectorAll("[data-pick-needed]")) fieldset.disabled = picked.length === 0;
}

document.addEventListener("change", ({ target }) => {
  const scope = target.closest?.("[data-pick-scope]");
  if (!scope || !target.matches("[data-pick], [data-pick-all], [data-pick-part-all]")) return;
  if (!target.matches("[data-pick]")) {
    const whole = target.matches("[data-pick-all]") ? scope : target.closest("[data-pick-part]");
    for (const box of whole.querySelectorAll("[data-pick]")) box.checked = target.checked;
  }
  refresh(scope);
});

document.addEventListener("reset", ({ target }) => {
  if (target.matches("[data-pick-scope]")) setTimeout(() => refresh(target));
});

function refreshAll() {
  for (const scope of document.querySelectorAll("[data-pick-scope]")) refresh(scope);
}

document.addEventListener("htmx:after:swap", refreshAll);
refreshAll();
