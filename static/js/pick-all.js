// A table's [data-pick-all] box ticks every [data-pick] in it; [data-pick-count] and [data-pick-bar] follow.
// [data-pick-href] is an address to which the names and values of the ticked boxes are added.

function refresh(scope) {
  const boxes = [...scope.querySelectorAll("[data-pick]")];
  const picked = boxes.filter((box) => box.checked);
  for (const box of boxes) box.closest("tr")?.classList.toggle("is-picked", box.checked);
  const all = scope.querySelector("[data-pick-all]");
  if (all) {
    all.checked = picked.length > 0 && picked.length === boxes.length;
    all.indeterminate = picked.length > 0 && picked.length < boxes.length;
  }
  for (const count of scope.querySelectorAll("[data-pick-count]")) count.textContent = picked.length;
  for (const link of scope.querySelectorAll("[data-pick-href]")) {
    const query = new URLSearchParams(picked.map((box) => [box.name, box.value]));
    link.dataset.href = `${link.dataset.pickHref}${link.dataset.pickHref.includes("?") ? "&" : "?"}${query}`;
  }
  for (const bar of scope.querySelectorAll("[data-pick-bar]")) bar.hidden = picked.length === 0;
}

document.addEventListener("change", ({ target }) => {
  const scope = target.closest?.("[data-pick-scope]");
  if (!scope || !target.matches("[data-pick], [data-pick-all]")) return;
  if (target.matches("[data-pick-all]")) {
    for (const box of scope.querySelectorAll("[data-pick]")) box.checked = target.checked;
  }
  refresh(scope);
});

document.addEventListener("reset", ({ target }) => {
  if (target.matches("[data-pick-scope]")) setTimeout(() => refresh(target));
});

for (const scope of document.querySelectorAll("[data-pick-scope]")) refresh(scope);
