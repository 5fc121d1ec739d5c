// Every htmx request that writes carries Django's CSRF token.

/** Return the CSRF token of this page. */
export function csrfToken() {
  return document.querySelector("meta[name=csrf-token]")?.content ?? "";
}

document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  if (!/^(GET|HEAD|OPTIONS)$/i.test(ctx.request.method)) ctx.request.headers["X-CSRFToken"] = csrfToken();
});
