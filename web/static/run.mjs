// One run, live: its counters, and its documents as they change.

import { documentsOf, fault, get, live, post, toast, trying } from "./api.mjs";
import { confirmed, dollars, empty, fill, find, h, number, progressBar, ready, seconds, state, table, time } from "./dom.mjs";

const root = find("#run");
const id = root.dataset.id;
const ROWS = 200;
const documents = new Map();
let last = null;
let ended = false;

const columns = [
  { label: "Document", lead: true, cell: (item) => [h("a", { class: "name", href: `/documents/${item.document_id}` }, item.s3_key.slice(item.s3_key.indexOf("/") + 1)), h("span", { class: "small muted" }, item.code ? `${item.code}: ${item.message}` : item.degraded.join("; "))] },
  { label: "State", cell: (item) => item.status === "processing" ? h("div", {}, state(item.status), progressBar(item.pages_done, item.pages_total, `Pages of ${item.s3_key}`)) : state(item.status) },
  { label: "Pages", number: true, cell: (item) => `${number(item.pages_done)} / ${number(item.pages_total)}` },
  { label: "Cost", number: true, cell: (item) => dollars(item.cost_usd) },
];

function draw(run) {
  last = run;
  const tile = (count, label) => h("div", { class: "tile" }, h("b", {}, count), h("span", {}, label));
  fill(root,
    h("div", { class: "row" }, state(run.state), h("span", { class: "muted" }, "started ", time(run.started_at), remaining(run))),
    h("p", {}, progressBar(run.ended, run.queued, "Documents of the run")),
    run.state === "interrupted" ? h("div", { class: "notice" }, h("p", {}, "The panel ended while it was queueing. Start the run again: what is up to date is skipped.")) : null,
    run.state === "cancelled" ? h("div", { class: "notice" }, h("p", {}, "Cancelled. Documents that had not started end as cancelled when their message is reached.")) : null,
    h("div", { class: "tiles" },
      tile(number(run.queued), "queued"), tile(number(run.left), "left"),
      Object.entries(run.ends).filter(([name, count]) => count || name === "succeeded" || name === "failed").map(([name, count]) => tile(number(count), name)),
      tile(number(run.tokens_in + run.tokens_out), "tokens"), tile(dollars(run.cost_usd), "cost")));
  const isOver = ["done", "cancelled", "interrupted"].includes(run.state);
  fill(find("#actions"), isOver ? (run.ends.failed ? h("button", { type: "button", onclick: (event) => failedAgain(event.target) }, `Run the ${number(run.ends.failed)} failed again`) : []) : h("button", { type: "button", class: "danger", onclick: (event) => cancel(event.target) }, "Cancel the run"));
}

function list() {
  const rows = [...documents.values()].slice(0, ROWS);
  const isOver = ["done", "interrupted"].includes(last.state);
  const skipped = last.ends.skipped ? `${last.ends.skipped === 1 ? "One was up to date and is" : `${number(last.ends.skipped)} were up to date and are`} not listed.` : "";
  fill(find("#list"), rows.length ? table(columns, rows, { caption: "Documents of the run" }) : null,
    rows.length && skipped ? h("p", { class: "small muted" }, skipped) : null,
    rows.length ? null : isOver ? empty("Nothing had to be done.", skipped) : empty("No worker has begun.", "Documents show as workers take them."));
}

/** At the pace of those that have ended; nothing is said before the first has. */
function remaining(run) {
  if (!run.ended || !run.left || run.state !== "running") return null;
  const past = (Date.now() - new Date(run.started_at).getTime()) / 1000;
  return `, about ${seconds((past / run.ended) * run.left)} left`;
}

async function failedAgain(button) {
  await trying(button, async () => {
    const failed = await documentsOf({ run_id: id, state: "failed" });
    if (!failed.length) { toast("They have been run again since."); return; }
    const { run_id: next } = await post("/api/admin/process", { s3_keys: failed.map((item) => item.s3_key), cache_behavior: last.request?.cache_behavior ?? "use" });
    location.assign(`/runs/${next}`);
  });
}

async function cancel(button) {
  if (!(await confirmed("Cancel this run?", "Documents at work stop at their next page; those that wait are not begun.", "Cancel the run"))) return;
  await trying(button, async () => {
    await post(`/api/admin/cancel/${id}`);
    toast("Cancelled.");
  });
}

async function load() {
  const answer = await get("/api/admin/status", { run_id: id, limit: ROWS });
  if (ended) return; // older than what the stream said last
  for (const item of answer.documents) documents.set(item.document_id, item);
  draw(answer.run);
  list();
}

try {
  await load();
  live(`/api/admin/process_stream/${id}`, {
    run: ({ run, changed }) => {
      for (const item of changed) documents.set(item.document_id, item);
      draw(run);
      if (changed.length) list();
    },
    end: ({ run }, view) => { ended = true; view.close(); draw(run); list(); },
    error: ({ message }) => toast(message),
  }, () => load().catch(() => null));
} catch (error) {
  find("#list").closest("section").hidden = true;
  fill(root, error.status === 404 ? empty("There is no such run.", "Runs are kept for 90 days. ", h("a", { href: "/runs" }, "To the runs")) : fault(error));
}
ready();
