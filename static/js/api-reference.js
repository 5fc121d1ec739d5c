// The API's reference: ReDoc on our own description, in our colours, which it wants as values.
const place = document.getElementById("api-reference");
const probe = place.appendChild(document.createElement("span"));

// ReDoc's own mark is a picture on another host: nothing is fetched from there.
const isOurs = (url) => new URL(url, location.href).origin === location.origin;
const setAttribute = Element.prototype.setAttribute;
Element.prototype.setAttribute = function (name, value) {
  if (name !== "src" || isOurs(value)) setAttribute.call(this, name, value);
};
const src = Object.getOwnPropertyDescriptor(HTMLImageElement.prototype, "src");
Object.defineProperty(HTMLImageElement.prototype, "src", {
  ...src,
  set(value) {
    if (isOurs(value)) src.set.call(this, value);
  },
});

function colour(name) {
  probe.style.color = `var(--${name})`;
  return getComputedStyle(probe).color;
}

const font = getComputedStyle(document.documentElement).getPropertyValue("--font");
const fontMono = getComputedStyle(document.documentElement).getPropertyValue("--font-mono");
const options = {
  nonce: place.dataset.nonce,
  disableSearch: true, // it would run in a worker made of text
  hideDownloadButton: true,
  hideLoading: true,
  nativeScrollbars: true,
  scrollYOffset: ".topbar",
  jsonSampleExpandLevel: 2,
  theme: {
    colors: {
      primary: { main: colour("accent") },
      text: { primary: colour("text"), secondary: colour("text-muted") },
      border: { dark: colour("line-strong"), light: colour("line") },
      http: {
        get: colour("done"),
        post: colour("accent"),
        put: colour("waiting"),
        patch: colour("waiting"),
        delete: colour("late"),
      },
    },
    schema: { nestedBackground: colour("sunken"), typeNameColor: colour("text-muted"), typeTitleColor: colour("text-muted") },
    typography: {
      fontSize: "14px",
      fontFamily: font,
      headings: { fontFamily: font, fontWeight: "600" },
      code: { fontFamily: fontMono, color: colour("text"), backgroundColor: colour("sunken") },
      links: { color: colour("accent"), hover: colour("accent-strong"), visited: colour("accent") },
    },
    sidebar: { backgroundColor: colour("surface"), textColor: colour("text"), activeTextColor: colour("accent") },
    rightPanel: { backgroundColor: "#171b23", textColor: "#e9ecf1" },
    codeBlock: { backgroundColor: "#0f1218" },
    fab: { backgroundColor: colour("surface"), color: colour("accent") },
  },
};
probe.remove();
window.Redoc.init(place.dataset.schema, options, place);
