// Light, dark or the system's: kept in a cookie, so that the server renders the next page in it.

const ONE_YEAR_S = 31536000;

document.addEventListener("click", ({ target }) => {
  const choice = target.closest("[data-theme-choice]");
  if (!choice) return;
  const theme = choice.dataset.themeChoice;
  document.documentElement.dataset.bsTheme = theme;
  document.cookie = `theme=${theme}; path=/; max-age=${ONE_YEAR_S}; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;
  for (const other of document.querySelectorAll("[data-theme-choice]")) {
    other.setAttribute("aria-pressed", String(other === choice));
  }
});
