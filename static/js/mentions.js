// <textarea data-mentions> in a form with data-people-url: “@” and letters offer colleagues; Enter or Tab takes one.

const TYPED = /(?:^|[^\p{L}\p{N}_@])@([\p{L}\p{N}][\p{L}\p{N}. '-]{0,40})$/u;
const WAIT_MS = 150;

const list = document.createElement("ul");
list.id = "mention-list";
list.className = "menu mention-list";
list.role = "listbox";
list.hidden = true;

let area = null;
let chosen = 0;
let timer = 0;
let asked = 0;

function close() {
  list.hidden = true;
  list.replaceChildren();
  area?.removeAttribute("aria-activedescendant");
  area?.setAttribute("aria-expanded", "false");
}

function choose(index) {
  const options = [...list.children];
  chosen = (index + options.length) % options.length;
  options.forEach((option, place) => option.setAttribute("aria-selected", String(place === chosen)));
  area.setAttribute("aria-activedescendant", options[chosen].id);
}

function take(option) {
  const before = area.value.slice(0, area.selectionStart);
  const typed = before.match(TYPED);
  const start = before.length - (typed?.[1].length ?? 0);
  area.setRangeText(`${option.dataset.mention} `, start, area.selectionStart, "end");
  area.dispatchEvent(new Event("input", { bubbles: true }));
  close();
}

function show(people) {
  list.replaceChildren(
    ...people.map(({ name, email, mention }, place) => {
      const option = document.createElement("li");
      option.id = `mention-${place}`;
      option.className = "menu-item";
      option.role = "option";
      option.dataset.mention = mention;
      option.append(name, Object.assign(document.createElement("span"), { className: "hint", textContent: email }));
      return option;
    }),
  );
  if (!people.length) return close();
  area.after(list);
  list.hidden = false;
  area.setAttribute("aria-controls", list.id);
  area.setAttribute("aria-expanded", "true");
  choose(0);
}

async function suggest() {
  const typed = area.value.slice(0, area.selectionStart).match(TYPED);
  const url = area.closest("form")?.dataset.peopleUrl;
  if (!typed || !url) return close();
  const asking = ++asked;
  const response = await fetch(`${url}?q=${encodeURIComponent(typed[1])}`, { headers: { Accept: "application/json" } });
  if (asking === asked && response.ok) show((await response.json()).people);
}

document.addEventListener("input", ({ target }) => {
  if (!target.matches("[data-mentions]")) return;
  area = target;
  area.role = "combobox";
  area.setAttribute("aria-autocomplete", "list");
  clearTimeout(timer);
  timer = setTimeout(suggest, WAIT_MS);
});

document.addEventListener(
  "keydown",
  (event) => {
    if (list.hidden || event.target !== area) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) choose(chosen + step);
    else if (event.key === "Enter" || event.key === "Tab") take(list.children[chosen]);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  },
  true,
);

list.addEventListener("mousedown", (event) => {
  event.preventDefault();
  const option = event.target.closest("[role=option]");
  if (option) take(option);
});

document.addEventListener("focusout", ({ target }) => target === area && close());
