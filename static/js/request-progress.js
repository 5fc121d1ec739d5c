// After 200 ms of waiting: a hairline on top of the page, and the button that asked turns busy.

const PATIENCE_MS = 200;
const waiting = new Map();
const bar = document.createElement("div");
bar.className = "loading-bar";
bar.hidden = true;
document.body.append(bar);

document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
  const source = ctx.request.submitter ?? ctx.sourceElement;
  if (source?.closest?.("[data-quiet]")) return;
  const timer = setTimeout(() => {
    bar.hidden = false;
    if (source?.matches?.(".btn")) source.classList.add("is-busy");
  }, PATIENCE_MS);
  waiting.set(ctx, { timer, source });
});

document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  const { timer, source } = waiting.get(ctx) ?? {};
  clearTimeout(timer);
  source?.classList?.remove("is-busy");
  waiting.delete(ctx);
  bar.hidden = waiting.size === 0 || bar.hidden;
});
