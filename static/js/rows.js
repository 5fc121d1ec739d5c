// [data-rows]: rows of inputs that are added and removed; [data-rows-energy] says the first cell, in kWh, in GWh too.

const KWH_PER_GWH = 1e6;

function sayEnergy(row) {
  const unit = row.querySelector("[data-rows-unit]");
  if (!unit) return;
  const energy = Number(row.querySelector("input").value.replaceAll(/[\s,]/g, ""));
  const figure = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 6 });
  unit.textContent = energy ? `${figure.format(energy / KWH_PER_GWH)} GWh` : "";
}

function prepare(root) {
  for (const editor of root.querySelectorAll("[data-rows]")) {
    for (const button of editor.querySelectorAll("[data-rows-add], [data-rows-remove]")) button.hidden = false;
    if ("rowsEnergy" in editor.dataset) for (const row of editor.querySelectorAll("tbody tr")) sayEnergy(row);
  }
}

function add(editor) {
  const rows = editor.querySelector("tbody");
  const row = rows.lastElementChild.cloneNode(true);
  for (const input of row.querySelectorAll("input")) input.value = "";
  rows.append(row);
  sayEnergy(row);
  row.querySelector("input").focus();
}

function remove(row) {
  const editor = row.closest("[data-rows]");
  if (row.parentElement.children.length > 1) row.remove();
  else for (const input of row.querySelectorAll("input")) input.value = "";
  editor.querySelector("input").dispatchEvent(new Event("input", { bubbles: true }));
  editor.querySelector("[data-rows-add]").focus();
}

document.addEventListener("click", ({ target }) => {
  const adding = target.closest("[data-rows-add]");
  if (adding) add(adding.closest("[data-rows]"));
  const removing = target.closest("[data-rows-remove]");
  if (removing) remove(removing.closest("tr"));
});

document.addEventListener("input", ({ target }) => {
  const row = target.closest("[data-rows-energy] tbody tr");
  if (row) sayEnergy(row);
});

prepare(document);
document.addEventListener("htmx:after:swap", () => prepare(document));
