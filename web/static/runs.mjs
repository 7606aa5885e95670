// Starts bulk runs, says beforehand what they would take, and lists those that were.

import { fault, get, post, trying } from "./api.mjs";
import { bytes, dollars, empty, fill, find, h, number, ready, state, table, time } from "./dom.mjs";

const form = find("#start");

const wanted = () => ({
  s3_prefix: form.prefix.value,
  store_types: [...form.querySelectorAll('[name="store"]:checked')].map((box) => box.value),
  cache_behavior: form.cache.value,
});

find("#plan").addEventListener("click", (event) => trying(event.target, async () => {
  const plan = await post("/api/admin/process", { ...wanted(), dry_run: true });
  const guess = plan.documents_with_guessed_pages ? `, ${number(plan.documents_with_guessed_pages)} of them with pages guessed by size` : "";
  const price = plan.models_without_price.length ? ` No price is known for ${plan.models_without_price.join(", ")}.` : "";
  fill(find("#estimate"), h("div", { class: "notice" },
    h("p", {}, h("b", {}, `${number(plan.to_process)} documents`), ` of ${number(plan.documents)} (${bytes(plan.size_bytes)}), about ${number(plan.pages)} pages${guess}. `,
      plan.up_to_date ? `${number(plan.up_to_date)} are up to date, unless settings were changed since. ` : ""),
    h("p", {}, plan.llm_calls || plan.embedding_tokens
      ? `At most ${number(plan.llm_calls)} questions to the model, ${number(plan.tokens_in + plan.tokens_out)} tokens and ${number(plan.embedding_tokens)} to embed: about ${dollars(plan.cost_usd)}.${price}`
      : "No model is set up that costs anything.")));
}));

form.addEventListener("submit", (event) => {
  event.preventDefault();
  trying(form.querySelector('[type="submit"]'), async () => {
    if (!wanted().store_types.length) { fill(find("#estimate"), h("p", { class: "fault", role: "alert" }, "Choose at least one store.")); return; }
    const { run_id: run } = await post("/api/admin/process", wanted());
    location.assign(`/runs/${run}`);
  });
});

const runColumns = [
  { label: "Run", lead: true, cell: (run) => [h("a", { class: "name mono", href: `/runs/${run.run_id}` }, run.run_id), h("span", { class: "small muted" }, described(run.request))] },
  { label: "State", cell: (run) => state(run.state) },
  { label: "Documents", number: true, cell: (run) => `${number(run.ended)} / ${number(run.queued)}` },
  { label: "Failed", number: true, cell: (run) => number(run.ends.failed) },
  { label: "Cost", number: true, cell: (run) => dollars(run.cost_usd) },
  { label: "Started", number: true, wide: true, cell: (run) => time(run.started_at) },
];

function described(request) {
  const what = request.keys ? `${request.keys.length} chosen` : request.prefix;
  return [what, request.cache_behavior === "rebuild" ? "done again" : null].filter(Boolean).join(", ");
}

try {
  const { runs } = await get("/api/admin/history");
  fill(find("#history"), runs.length ? table(runColumns, runs, { caption: "Runs" }) : empty("No runs yet.", "An upload needs no run: it starts by itself."));
} catch (error) {
  fill(find("#history"), fault(error));
}
ready();
