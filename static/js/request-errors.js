// What went wrong with an htmx request, in words: no answer, or an answer that is not shown in the page.
import { toast } from "./toast.js";
import { say } from "./words.js";

function problemOf({ text, response }) {
  if (!response.headers.get("Content-Type")?.includes("json")) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

document.addEventListener("htmx:response:error", ({ detail: { ctx } }) => {
  const { status, headers } = ctx.response;
  if (status === 422) return;
  const problem = problemOf(ctx);
  const known = [400, 401, 403, 404, 409, 413, 429].includes(status) ? `error_${status}` : "error_500";
  const request = headers.get("X-Request-ID");
  toast({
    text: problem?.detail ?? problem?.title ?? say(known),
    kind: status === 409 ? "waiting" : "late",
    detail: status >= 500 && request ? say("request_id", { id: request }) : "",
  });
});

document.addEventListener("htmx:error", ({ detail: { ctx, error } }) => {
  if (ctx?.response || error?.name === "AbortError") return;
  if (error instanceof TypeError || error?.name === "TimeoutError") toast({ text: say("error_network"), kind: "late" });
});
