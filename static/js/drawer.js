// On a phone the sidebar is a drawer; its link also works without this, by :target.

const sidebar = document.getElementById("sidebar");
const opener = document.querySelector("[data-drawer-open]");

function setOpen(open) {
  sidebar.classList.toggle("is-open", open);
  opener.setAttribute("aria-expanded", String(open));
  if (open) sidebar.querySelector("a").focus();
}

if (sidebar && opener) {
  opener.addEventListener("click", (event) => {
    event.preventDefault();
    setOpen(!sidebar.classList.contains("is-open"));
  });
  document.addEventListener("click", ({ target }) => {
    if (sidebar.classList.contains("is-open") && !sidebar.contains(target) && !opener.contains(target)) setOpen(false);
  });
  document.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape" || !sidebar.classList.contains("is-open")) return;
    setOpen(false);
    opener.focus();
  });
}
