// What a question would find, and what the model would be sent.

import { get, trying } from "./api.mjs";
import { decimal, empty, fill, find, h, number, ready, table } from "./dom.mjs";

const form = find("#form");
const columns = (fate) => [
  { label: "Passage", lead: true, cell: (hit) => [
    h("a", { class: "chip", href: hit.url }, `${hit.filename}, p. ${hit.page_label}`),
    h("span", { class: "small muted" }, hit.heading_path),
    h("details", {}, h("summary", { class: "small" }, "Text"), h("div", { class: "text small" }, hit.text))] },
  { label: "Score", number: true, cell: (hit) => decimal(hit.score) },
  { label: "Dense", number: true, cell: (hit) => decimal(hit.dense_score) },
  { label: "Sparse", number: true, cell: (hit) => decimal(hit.sparse_score) },
  { label: "Tokens", number: true, cell: (hit) => (hit.tokens === undefined ? "–" : `${number(hit.tokens)}${hit.is_cut ? " (cut)" : ""}`) },
  { label: "Fate", cell: (hit) => fate(hit) },
];

function draw(found) {
  const rows = [...found.passages.map((hit) => ({ ...hit, fate: `sent as ${hit.number}` })),
    ...found.left_out.map((hit) => ({ ...hit, fate: "no room" })), ...found.unrelated.map((hit) => ({ ...hit, fate: "unrelated" }))];
  const tile = (count, label) => h("div", { class: "tile" }, h("b", {}, number(count)), h("span", {}, label));
  fill(find("#result"),
    h("div", { class: "tiles" }, tile(found.tokens.total, "tokens in all"), tile(found.tokens.system_prompt, "system prompt"),
      tile(found.tokens.passages, "passages"), tile(found.tokens.fences, "fences and places"), tile(found.tokens.question, "question")),
    h("section", { class: "card" }, h("h2", {}, `Retrieved from ${found.store}`),
      rows.length ? h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Passages" }, table(columns((hit) => hit.fate), rows, { caption: "Passages" }))
        : empty("Nothing was found.", "The store is empty, or nothing in it matches.")),
    h("section", { class: "card" }, h("h2", {}, found.has_model ? `What ${found.model} would be sent` : "What a model would be sent, if one were set up"),
      found.messages.map((message) => h("details", { open: true }, h("summary", {}, message.role), h("pre", { class: "small" }, message.content)))));
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  trying(form.querySelector('[type="submit"]'), async () =>
    draw(await get("/api/admin/inspect-context", { q: form.q.value.trim(), store: find("#store").value })));
});
ready();
