// [data-keep-in-view]: a row that scrolls sideways starts at its current item.

for (const row of document.querySelectorAll("[data-keep-in-view]")) {
  const current = row.querySelector("[aria-current]");
  if (current) row.scrollLeft = current.offsetLeft - (row.clientWidth - current.offsetWidth) / 2;
}
