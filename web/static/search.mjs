// One box for searching and asking. The address has the question, what follows it up (`then`) and the filters; answers stay while the tab is open.

import { Refused, fault, get, toast, waiting } from "./api.mjs";
import { answerTo, shownAgain, stopAnswer } from "./answer.mjs";
import { empty, fill, find, h, ready } from "./dom.mjs";

const form = find("#form");
/** Without one the best sentences of the passages are quoted, which costs nothing. */
const hasModel = form.dataset.hasModel === "true";
const FILTERS = ["document", "category", "language", "store"];
const MOST_FOLLOW_UPS = 20;
let ticket = 0;
/** What was asked last from the top, whatever the box says by now. */
let current = "";
let followUps = [];
let chosen = { id: "", name: "" };
let names = new Map();

const wanted = () => ({ document: chosen.id, category: find("#category").value, language: find("#language").value, store: find("#store").value });
const filled = (values) => Object.fromEntries(Object.entries(values).filter(([, value]) => value));

function remember(replace = false) {
  const given = new URLSearchParams(filled({ q: current, ...wanted() }));
  for (const next of followUps) given.append("then", next);
  const query = given.toString();
  const address = query ? `/search?${query}` : "/search";
  if (address === location.pathname + location.search) return;
  history[replace ? "replaceState" : "pushState"](null, "", address);
}

async function search(question) {
  const own = ++ticket;
  const results = find("#results");
  find("#nothing").hidden = true;
  results.setAttribute("aria-busy", "true");
  fill(results, h("p", { class: "muted" }, "Searching …"));
  const slow = waiting(results, "The vector store or the embeddings API has not answered yet. It may be down or busy: the page Queue says whether workers are paused because of it.");
  try {
    const found = await get("/api/search", { q: question, ...wanted() });
    if (own === ticket) draw(question, found);
  } catch (error) {
    if (own === ticket) fill(results, fault(error, h("button", { type: "button", onclick: () => search(question) }, "Search again")));
  } finally {
    slow.end();
    if (own === ticket) results.removeAttribute("aria-busy");
  }
}

function draw(question, found) {
  const strong = found.results.filter((result) => !result.is_weak);
  const weak = found.results.filter((result) => result.is_weak);
  document.title = `${question} · leafmill`;
  if (!found.results.length) {
    fill(find("#results"), empty("Nothing was found.", Object.keys(filled(wanted())).length
      ? h("button", { type: "button", class: "link", onclick: clear }, "Search without filters")
      : "No document has anything like it."));
    return;
  }
  fill(find("#results"),
    strong.length ? h("h2", {}, strong.length === 1 ? "One passage" : `${strong.length} passages`, followUps.length ? " for the first question" : "")
      : h("div", { class: "notice", role: "status" }, h("p", {}, h("b", {}, "Nothing here answers this."), " The nearest passages are below.")),
    h("ol", { class: "results" }, strong.map(card)),
    weak.length ? h("details", { open: !strong.length }, h("summary", {}, `${weak.length} weak ${weak.length === 1 ? "match" : "matches"}`), h("ol", { class: "results weak" }, weak.map(card))) : null);
}

function card(result) {
  return h("li", { class: "card result" },
    h("div", { class: "found" },
      h("h3", {}, h("a", { href: result.url, dir: "auto" }, result.title), h("span", { class: "muted" }, ` p. ${result.page_label}`),
        result.is_weak ? h("span", { class: "badge" }, "weak") : null),
      h("p", { class: "small muted path", dir: "auto" }, [result.filename === result.title ? "" : result.filename, result.heading_path].filter(Boolean).join(" · ")),
      result.snippets.map(snippet)),
    result.picture_url ? h("a", { href: result.url, class: "place", tabindex: "-1", "aria-hidden": "true" }, h("img", { src: result.picture_url, alt: "", loading: "lazy", width: 480, height: 176 })) : null);
}

/** The words that match in bold. */
function snippet({ text, matches, header }) {
  const parts = [];
  // Ranges count code points, as Python does.
  const points = [...text];
  let at = 0;
  for (const [start, end] of matches) {
    parts.push(points.slice(at, start).join(""), h("b", {}, points.slice(start, end).join("")));
    at = end;
  }
  return h("p", { class: "snippet", dir: "auto" }, header ? h("span", { class: "small muted" }, header, h("br")) : null, parts, points.slice(at).join(""));
}

/** Ask the last of the questions; those before it stay above it. */
async function ask() {
  const chain = [current, ...followUps];
  const box = find("#follow-up");
  box.setAttribute("aria-busy", "true");
  const isAnswered = await answerTo(chain, wanted(), find("#answers"), ask);
  if (chain.join("\n") !== [current, ...followUps].join("\n")) return; // another question has been asked meanwhile
  box.removeAttribute("aria-busy");
  if (isAnswered) box.hidden = followUps.length >= MOST_FOLLOW_UPS;
}

/** Nothing was asked but this. */
function begin(question, next = []) {
  [current, followUps] = [question, next];
  stopAnswer();
  find("#follow-up").hidden = true;
  find("#follow-up").removeAttribute("aria-busy");
  fill(find("#answers"));
}

function submit(question, isAsked) {
  if (!question) return;
  begin(question);
  remember();
  search(question);
  if (isAsked) ask(); else offer();
}

function followUp(next) {
  if (!next || !current || find("#follow-up").getAttribute("aria-busy")) return;
  find("#next-question").value = "";
  followUps = [...followUps, next];
  remember();
  ask();
  find("#answers article:last-of-type").scrollIntoView({ block: "nearest" });
}

/** The answers that this tab has to the questions of the address; the first that it hasn't is offered. */
function offer() {
  const target = find("#answers");
  for (let length = 0; length <= followUps.length; length += 1) {
    if (shownAgain([current, ...followUps.slice(0, length)], wanted(), target)) continue;
    followUps = followUps.slice(0, length);
    const told = length ? [h("b", { dir: "auto" }, followUps.at(-1)), " "] : [];
    target.append(h("p", { class: "offer" }, told, h("button", { type: "button", onclick: () => { find("#answers .offer").remove(); ask(); } }, length ? "Answer this, too" : "Answer this question"),
      h("span", { class: "small muted" }, hasModel ? " asks the model, which costs a little" : " quotes the passages; no model is set up")));
    return;
  }
  find("#follow-up").hidden = followUps.length >= MOST_FOLLOW_UPS;
}

function clear() {
  chosen = { id: "", name: "" };
  for (const name of FILTERS) find(`#${name}`).value = "";
  filtered();
}

function filtered() {
  find("#clear").hidden = !Object.keys(filled(wanted())).length;
  begin(form.q.value.trim());
  remember();
  if (!current) return;
  offer();
  search(current);
}

async function complete() {
  const { documents } = await get("/api/search/documents", { q: find("#document").value }).catch(() => ({ documents: [] }));
  names = new Map(documents.map((item) => [item.name, item.document_id]));
  fill(find("#document-names"), documents.map((item) => h("option", { value: item.name })));
}

async function chooseDocument() {
  const name = find("#document").value.trim();
  if (name && !names.has(name)) await complete();
  if (name && !names.has(name)) {
    const only = names.size === 1 ? [...names.keys()][0] : null;
    if (!only) { toast(names.size ? "Several documents have this in their name: choose one." : "No document that can be searched has this name."); return; }
    find("#document").value = only;
  }
  chosen = name ? { id: names.get(find("#document").value), name } : { id: "", name: "" };
  filtered();
}

/** Question and filters as the address has them. */
async function fromAddress() {
  const given = new URLSearchParams(location.search);
  form.q.value = given.get("q") ?? "";
  for (const name of ["category", "language", "store"]) {
    const value = given.get(name) ?? "";
    const select = find(`#${name}`);
    if (value && ![...select.options].some((option) => option.value === value)) select.append(h("option", { value }, value));
    select.value = value;
  }
  chosen = { id: given.get("document") ?? "", name: "" };
  find("#document").value = "";
  if (chosen.id) {
    const { documents } = await get("/api/search/documents", { q: chosen.id }).catch(() => ({ documents: [] }));
    chosen.name = documents[0]?.name ?? "a document that is gone";
    find("#document").value = chosen.name;
  }
  find("#clear").hidden = !Object.keys(filled(wanted())).length;
  const question = form.q.value.trim();
  begin(question, given.getAll("then").map((next) => next.trim().slice(0, 2000)).filter(Boolean).slice(0, MOST_FOLLOW_UPS));
  if (!question) { fill(find("#results")); find("#nothing").hidden = false; return; }
  const isAsked = given.get("ask") === "1";
  // Not a second time after a reload or a step back: it may cost.
  if (given.has("ask")) remember(true);
  if (isAsked) ask(); else offer();
  await search(question);
}

find("#follow-up").addEventListener("submit", (event) => { event.preventDefault(); followUp(find("#next-question").value.trim()); });
form.addEventListener("submit", (event) => { event.preventDefault(); submit(form.q.value.trim(), true); });
find("#only-search").addEventListener("click", () => submit(form.q.value.trim(), false));
for (const name of ["category", "language", "store"]) find(`#${name}`).addEventListener("change", filtered);
find("#document").addEventListener("input", complete);
find("#document").addEventListener("focus", complete, { once: true });
find("#document").addEventListener("change", chooseDocument);
find("#clear").addEventListener("click", clear);
addEventListener("popstate", fromAddress);
addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.target.closest("input, textarea, select")) return;
  event.preventDefault();
  form.q.focus();
});

get("/api/search/filters").then(({ languages, categories }) => {
  const spoken = new Intl.DisplayNames(undefined, { type: "language", fallback: "code" });
  const add = (name, values, label) => {
    const select = find(`#${name}`);
    const current = select.value;
    fill(select, h("option", { value: "" }, "all"), values.map((value) => h("option", { value }, label(value))));
    if (current && !values.includes(current)) select.append(h("option", { value: current }, current));
    select.value = current;
  };
  add("language", languages, (code) => { try { return spoken.of(code); } catch { return code; } });
  add("category", categories, (name) => name);
}, (error) => { if (!(error instanceof Refused)) throw error; });
await fromAddress();
ready();
