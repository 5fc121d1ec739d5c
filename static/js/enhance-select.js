// <select data-select> becomes a searchable box; the code for it is fetched only where one is shown.

let loading;

function load() {
  loading ??= new Promise((resolve) => {
    const script = document.createElement("script");
    script.src = document.querySelector("meta[name=select-script]").content;
    script.addEventListener("load", resolve);
    document.head.append(script);
  });
  return loading;
}

async function enhance() {
  if (!document.querySelector("select[data-select]:not(.tomselected)")) return;
  await load();
  for (const select of document.querySelectorAll("select[data-select]:not(.tomselected)")) {
    window.lrsEnhanceSelect(select);
  }
}

enhance();
document.addEventListener("htmx:after:swap", enhance);
