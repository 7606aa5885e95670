// One document: how it stands, what is known of it, its pages, and what can be done with it.

import { fault, get, live, post, toast, trying } from "./api.mjs";
import { bytes, confirmed, dollars, empty, fill, find, h, localTime, number, pointsOf, progressBar, ready, seconds, state, table, time } from "./dom.mjs";
import { stagesCard } from "./stages.mjs";

const root = find("#document");
const id = root.dataset.id;
let status = "";

async function load() {
  try {
    draw(await get(`/api/admin/documents/${id}`));
  } catch (error) {
    fill(root, error.status === 404
      ? h("div", { class: "empty" }, h("h1", {}, "There is no such document."), "It may have been deleted. ", h("a", { href: "/" }, "To the documents"))
      : [h("h1", { class: "visually-hidden" }, "Document"), fault(error)]);
  }
  root.removeAttribute("aria-busy");
}

/** While it is processed only its standing moves; a reader's place in the pages stays. */
async function catchUp() {
  const known = await get(`/api/admin/documents/${id}`).catch(() => null);
  if (known && known.document.status === status) fill(find("#standing"), standing(known.document, known.advice));
  else if (known) draw(known);
}

function draw({ document: item, attempts, metadata, advice }) {
  status = item.status;
  const name = item.s3_key.split("/").pop();
  document.title = `${metadata?.source_book_title || name} · leafmill`;
  fill(root, h("div", { class: "head" },
    h("div", {}, h("h1", {}, metadata?.source_book_title || name), h("div", { class: "muted small" }, item.s3_key)),
    buttons(item)),
    h("div", { id: "standing" }, standing(item, advice)),
    h("div", { class: "columns" }, about(item, metadata), numbers(item)),
    pages(item, metadata), stagesCard(item), timeline(attempts));
}

const FIRST_PAGES = 8;

/** The first pages, and the way into the reader. */
function pages(item, metadata) {
  const total = item.pages_total || metadata?.page_count;
  if (!total || !item.stores.length) return h("section", { class: "card", id: "pages" }, h("h2", {}, "Pages"), h("p", { class: "muted" }, "There is nothing to read until it has been processed."));
  // Of a PDF that was deleted a worker removes the pictures, maybe in this moment.
  const hasPictures = item.images && item.uploaded_at;
  const sections = (metadata?.toc ?? []).filter((entry) => entry.level === 1).slice(0, 40);
  return h("section", { class: "card", id: "pages" },
    h("h2", {}, "Pages"),
    h("ul", { class: "thumbnails" }, Array.from({ length: hasPictures ? Math.min(total, FIRST_PAGES) : 0 }, (_, index) => h("li", {},
      h("a", { href: readerAddress(index + 1) },
        h("img", { src: `/api/get_pdf_image?document_id=${id}&page=${index + 1}&width=120&v=${metadata?.generation ?? ""}`, alt: "", loading: "lazy" }), h("span", { class: "small" }, `Page ${index + 1}`))))),
    total > FIRST_PAGES && hasPictures ? h("p", { class: "small muted" }, `The first ${FIRST_PAGES} of ${number(total)}.`) : null,
    sections.length ? h("details", { open: true }, h("summary", {}, "Chapters"), h("ul", { class: "outline" }, sections.map((entry) => h("li", {}, h("a", { href: readerAddress(entry.page) }, h("span", { dir: "auto" }, entry.title), h("span", { class: "muted" }, number(entry.page))))))) : null);
}

const readerAddress = (page) => `/documents/${id}/pages/${page}`;

/** Whether the advice begins with what the worker said. */
const isSaid = (advice, message) => Boolean(advice?.meaning.toLowerCase().startsWith(message.toLowerCase()));

function standing(item, advice) {
  const waits = item.newer_waits ? h("p", {}, "A newer version has been uploaded and waits for a worker; this one is served meanwhile.") : null;
  return [
    h("div", { class: "row" }, state(item.status),
      item.searchable_since ? h("span", { class: "badge good" }, "searchable since ", time(item.searchable_since)) : h("span", { class: "badge" }, "not searchable"),
      item.status === "processing" ? h("span", { class: "muted" }, `${item.stage ?? ""} · ${number(item.pages_done)} of ${number(item.pages_total)} pages`) : null,
      item.cancel_requested && item.status === "processing" ? h("span", { class: "muted" }, "asked to stop") : null),
    item.status === "processing" ? progressBar(item.pages_done, item.pages_total, "Pages read") : null,
    advice || waits ? h("div", { class: item.status === "failed" ? "notice fault" : "notice" }, waits,
      advice ? [h("p", {}, h("b", {}, advice.meaning), " ", advice.remedy)] : null,
      item.message ? h("p", { class: "small muted" }, [item.code, isSaid(advice, item.message) ? "" : item.message].filter(Boolean).join(": ")) : null,
      item.degraded?.length ? h("ul", {}, item.degraded.map((reason) => h("li", {}, reason))) : null) : null,
  ];
}

function buttons(item) {
  const again = async (event) => trying(event.target, async () => {
    const { run_id: run } = await post("/api/admin/process", { s3_keys: [item.s3_key], cache_behavior: "rebuild" });
    toast("Queued again.");
    location.assign(`/runs/${run}`);
  });
  const cancel = async (event) => trying(event.target, async () => {
    await post("/api/admin/cancel-document", { s3_key: item.s3_key });
    toast("Asked to stop; it does at the next page.");
  });
  const remove = async (event) => {
    if (!(await confirmed("Delete this document?", "The PDF, and everything that was made of it, is removed.", "Delete"))) return;
    await trying(event.target, async () => {
      await post("/api/admin/delete-pdf", { s3_key: item.s3_key });
      location.assign("/");
    });
  };
  return h("div", { class: "row" },
    item.stores.length ? h("a", { class: "button main", href: readerAddress(1) }, "Read") : null,
    item.status === "processing"
      ? h("button", { type: "button", onclick: cancel }, "Cancel")
      : h("button", { type: "button", onclick: again, disabled: item.status === "deleted" }, "Reprocess"),
    h("button", { type: "button", class: "danger", onclick: remove }, "Delete"));
}

function about(item, metadata) {
  if (!metadata) return h("section", { class: "card" }, h("h2", {}, "About"), h("p", { class: "muted" }, "Nothing is known of it yet."));
  const facts = [
    ["Category", metadata.constrained_category || metadata.automatic_category], ["Kind", metadata.document_type],
    ["Language", metadata.language], ["Keywords", metadata.keywords?.join(", ")], ["Names", metadata.entities?.join(", ")],
    ["Described by", metadata.provenance?.model],
  ].filter(([, value]) => value);
  return h("section", { class: "card" }, h("h2", {}, "About"), h("p", {}, metadata.summary),
    h("dl", { class: "facts" }, facts.map(([term, value]) => [h("dt", {}, term), h("dd", {}, value)])),
    metadata.questions?.length ? h("details", {}, h("summary", {}, "Questions that it answers"),
      h("ul", {}, metadata.questions.map((question) => h("li", {}, h("a", { href: `/ask?q=${encodeURIComponent(question)}` }, question))))) : null);
}

function numbers(item) {
  const points = pointsOf(item).map(([store, count]) => `${store} ${number(count)}`).join(", ");
  const outcomes = Object.entries(item.outcomes ?? {}).map(([outcome, count]) => `${number(count)} ${outcome}`).join(", ");
  const facts = [
    ["Size", bytes(item.size_bytes)], ["Uploaded", localTime(item.uploaded_at)], ["Pages", number(item.pages_total)],
    ["Page outcomes", outcomes], ["Links", number(item.links)], ["Page images", number(item.images)], ["Points", points],
    ["Tokens", `${number(item.tokens_in)} in, ${number(item.tokens_out)} out`], ["Cost", dollars(item.cost_usd)],
    ["Time", seconds(item.seconds)], ["Tries", number(item.attempt)],
  ].filter(([, value]) => value);
  if (item.run_id) facts.push(["Run", h("a", { href: `/runs/${item.run_id}` }, item.run_id)]);
  return h("section", { class: "card" }, h("h2", {}, "Numbers"),
    h("dl", { class: "facts" }, facts.map(([term, value]) => [h("dt", {}, term), h("dd", {}, value)])));
}

function timeline(attempts) {
  if (!attempts.length) return null;
  const columns = [
    { label: "Started", lead: true, cell: (row) => time(row.started_at) }, { label: "Outcome", wide: true, cell: (row) => state(row.outcome) },
    { label: "Took", number: true, cell: (row) => seconds(row.seconds) }, { label: "Try", number: true, cell: (row) => number(row.attempt) },
    { label: "Worker", wide: true, cell: (row) => row.worker },
    { label: "Said", wide: true, cell: (row) => [row.code, row.message, ...(row.degraded ?? [])].filter(Boolean).join("; ") },
  ];
  return h("section", { class: "card" }, h("h2", {}, "Attempts"),
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Attempts" }, table(columns, [...attempts].reverse(), { caption: "Attempts" })));
}

// Where a page was shown before there was a reader.
const old = location.hash.match(/^#page-(\d+)$/);
if (old) location.replace(readerAddress(old[1]));
await load();
live("/api/admin/events", { documents: ({ changed }) => {
  const item = changed.find((entry) => entry.document_id === id);
  if (!item) return;
  if (item.status === status) fill(find("#standing"), standing(item, null));
  else load();
} }, catchUp);
ready();
