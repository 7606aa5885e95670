// Why workers begin nothing: an operator's pause, which can be made and ended here, and what they wait for by themselves.

import { post, toast, trying } from "./api.mjs";
import { fill, find, h, localTime, number } from "./dom.mjs";

const NAME = "operator name";
let drawn = "";

/** `pause` is {by, since, reason} or null, `outages` what workers wait for. Redrawn only when something is new, so that a button keeps the focus. */
export function drawPauses(pause, outages) {
  const news = JSON.stringify([pause, outages.map(({ reason, workers, since }) => [reason, workers, since])]);
  if (news === drawn) return;
  drawn = news;
  fill(find("#pausing"), pause ? [] : h("button", { type: "button", id: "pause", onclick: () => ask(outages) }, "Pause workers"));
  fill(find("#paused-workers"), pause ? byOperator(pause, outages) : null, outages.map(outage));
}

function byOperator(pause, outages) {
  const resume = (event) => trying(event.target, async () => {
    await post("/api/admin/workers/resume");
    drawPauses(null, outages);
    find("#pause").focus();
    toast("Workers go on within half a minute.");
  });
  return h("section", { class: "notice row" },
    h("div", { class: "grow" },
      h("h2", {}, `Workers are paused by ${pause.by} since ${localTime(pause.since)}`),
      pause.reason ? h("p", { dir: "auto" }, pause.reason) : null,
      pause.warning ? h("p", {}, h("b", {}, pause.warning)) : null,
      h("p", { class: "muted" }, "What they had begun is finished; nothing new is begun until somebody resumes. Messages wait in the queue, for fourteen days at most.")),
    h("button", { type: "button", class: "main", id: "resume", onclick: resume }, "Resume"));
}

function outage(entry) {
  return h("section", { class: "notice" },
    h("h2", {}, `Workers wait: ${number(entry.workers.length)} since ${localTime(new Date(entry.since * 1000).toISOString())}`),
    h("p", {}, h("code", {}, entry.dependency), ` ${entry.reason}`),
    h("p", { class: "muted" }, entry.needs_person
      ? "Somebody has to act: the runbook says how, under “Workers paused”. No document is lost; workers go on by themselves afterwards."
      : "Workers go on by themselves as soon as it answers. No document is lost."));
}

function ask(outages) {
  let known = "";
  try { known = localStorage.getItem(NAME) ?? ""; } catch { /* not kept, then */ }
  const name = h("input", { id: "pause-by", maxlength: "100", autocomplete: "name", value: known });
  const reason = h("input", { id: "pause-reason", maxlength: "300", autocomplete: "off", placeholder: "Moving Qdrant" });
  const close = () => { dialog.close(); dialog.remove(); };
  const form = h("form", { onsubmit: (event) => {
    event.preventDefault();
    try { localStorage.setItem(NAME, name.value.trim()); } catch { /* not kept, then */ }
    trying(form.querySelector("[type=submit]"), async () => {
      const { operator_pause: pause } = await post("/api/admin/workers/pause", { by: name.value.trim(), reason: reason.value.trim() });
      close();
      drawPauses(pause, outages);
      find("#resume").focus();
    });
  } },
  h("div", { class: "field" }, h("label", { for: "pause-by" }, "Your name, for the others"), name),
  h("div", { class: "field" }, h("label", { for: "pause-reason" }, "Why (optional)"), reason),
  h("div", { class: "row end" }, h("button", { type: "button", onclick: close }, "Don't"), h("button", { type: "submit" }, "Pause")));
  const dialog = h("dialog", { class: "ask", "aria-labelledby": "pause-title", oncancel: close },
    h("h2", { id: "pause-title" }, "Pause all workers?"),
    h("p", {}, "Documents at work are finished. No other is begun until somebody resumes, also by workers that start meanwhile."), form);
  document.body.append(dialog);
  dialog.showModal();
}
