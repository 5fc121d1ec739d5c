// What writes carries Django's CSRF token: of now, since logging in again in another tab gives a new one.

/** Return the CSRF token that counts now, else the one of this page. */
export function csrfToken() {
  const cookie = document.cookie.split("; ").find((part) => part.startsWith("csrftoken="));
  return cookie?.slice("csrftoken=".length) ?? document.querySelector("meta[name=csrf-token]")?.content ?? "";
}

document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  if (!/^(GET|HEAD|OPTIONS)$/i.test(ctx.request.method)) ctx.request.headers["X-CSRFToken"] = csrfToken();
});

// In the capture phase: before htmx reads the fields. Django looks at the field first.
document.addEventListener(
  "submit",
  ({ target }) => {
    const field = target.elements.csrfmiddlewaretoken;
    if (field) field.value = csrfToken();
  },
  true,
);
