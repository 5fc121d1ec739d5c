// The API's documentation: Swagger UI on our own description, sending requests as the signed-in user.
import { csrfToken } from "./csrf.js";

const place = document.getElementById("api-docs");
const darkSystem = matchMedia("(prefers-color-scheme: dark)");

// The class by which Swagger UI is dark.
function followTheme() {
  const theme = document.documentElement.dataset.bsTheme;
  document.documentElement.classList.toggle("dark-mode", theme === "dark" || (theme === "auto" && darkSystem.matches));
}

followTheme();
darkSystem.addEventListener("change", followTheme);

window.SwaggerUIBundle({
  domNode: place,
  url: place.dataset.schema,
  validatorUrl: null, // a validator would be another host
  deepLinking: true,
  // Two hundred operations at once would be drawn only as one scrolls to them.
  docExpansion: "none",
  defaultModelsExpandDepth: 0,
  requestInterceptor: (request) => {
    if (!["GET", "HEAD"].includes(request.method ?? "GET")) request.headers["X-CSRFToken"] = csrfToken();
    return request;
  },
});
