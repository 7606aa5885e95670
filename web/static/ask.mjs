// Asks a question and shows the answer as it is written, its sources as chips that open the page.

import { fault, once } from "./api.mjs";
import { dollars, fill, find, h, number, ready } from "./dom.mjs";
import { openPage } from "./page_view.mjs";

const form = find("#form");
let asking = null;

async function ask(question) {
  asking?.abort();
  asking = new AbortController();
  const { signal } = asking;
  const body = h("div", { class: "answer" }, h("p", { class: "muted" }, "Looking …"));
  const chips = h("ul", { class: "chips", "aria-label": "Sources" });
  const foot = h("p", { class: "small muted" });
  find("#nothing").hidden = true;
  find("#answers").prepend(h("article", { class: "card" }, h("h2", { class: "question" }, question), body, chips, foot));
  let sources = [];
  let isOver = false;
  const broken = (message) => { isOver = true; body.append(fault({ message })); };
  const query = new URLSearchParams({ q: question, ...(find("#store").value ? { store: find("#store").value } : {}) });
  try {
    await once(`/api/chat?${query}`, {
      metadata: (found) => {
        sources = found.sources;
        fill(body, h("p", { class: "muted" }, sources.length ? `Reading ${sources.length} passages …` : "Looking …"));
        fill(chips, distinct(sources).map((source) => h("li", {}, chip(source))));
      },
      // Sanitised by the panel: no script, style or image survives there, and the page's policy runs none.
      text: ({ html }) => { body.innerHTML = html; cite(body, sources); },
      links: (terms) => linkTerms(body, terms, sources),
      done: (end) => { isOver = true; finish(end, body, foot, sources); },
      error: ({ message }) => broken(message),
    }, signal);
    if (!isOver) broken("The answer broke off. Ask again.");
  } catch (error) {
    if (signal.aborted) foot.textContent = "Left for the next question.";
    else if (!isOver) broken(error.status === undefined ? "The answer broke off. Ask again." : error.message);
  }
}

function finish(end, body, foot, sources) {
  if (end.reason) {
    fill(body, h("div", { class: "notice" }, h("p", {}, end.message)), end.reason === "no_model" ? sources.map(passage) : null);
    return;
  }
  const cut = end.is_cut ? "The answer reached its length limit. " : "";
  const cost = end.cost_usd === null ? "" : `, ${dollars(end.cost_usd)}`;
  foot.textContent = `${cut}${end.model}: ${number(end.tokens_in)} tokens in, ${number(end.tokens_out)} out${cost}`;
}

function passage(source) {
  return h("div", { class: "passage", id: `source-${source.number}` },
    h("div", { class: "small muted" }, h("button", { type: "button", class: "chip", onclick: () => openPage(source) }, place(source)), ` ${source.heading_path}`),
    h("div", { class: "text" }, source.text));
}

const place = (source) => `${source.filename}, p. ${source.page_label}`;
const distinct = (sources) => [...new Map(sources.map((source) => [place(source), source])).values()];

function chip(source) {
  return h("button", { type: "button", class: "chip", title: source.heading_path, onclick: () => openPage(source) }, place(source));
}

/** [handbook.pdf, p. 12] in the answer becomes a chip, if such a source was given. */
function cite(body, sources) {
  const byPlace = new Map(sources.map((source) => [place(source).toLowerCase(), source]));
  replaceText(body, /\[([^[\]]+?, p\. ?[^[\]]+?)\]/g, (match) => {
    const source = byPlace.get(match[1].replace(/p\. ?/, "p. ").toLowerCase());
    return source ? chip(source) : null;
  });
}

/** Terms that the documents link become links; the first use of each. */
function linkTerms(body, terms, sources) {
  const documents = new Map(sources.map((source) => [source.s3_key, source]));
  for (const term of terms) {
    const escaped = term.text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    let isUsed = false;
    replaceText(body, new RegExp(`(?<![\\p{L}\\p{N}_])${escaped}(?![\\p{L}\\p{N}_])`, "giu"), (match) => {
      const source = documents.get(term.source);
      if (isUsed || (!term.url && !source)) return null;
      isUsed = true;
      return term.url
        ? h("a", { href: term.url, target: "_blank", rel: "noopener noreferrer nofollow", title: term.category }, match[0])
        : h("a", { href: `/documents/${source.document_id}#page-${term.page}`, title: term.snippet ?? term.category, onclick: (event) => { event.preventDefault(); openPage(source, term.page); } }, match[0]);
    });
  }
}

function replaceText(root, pattern, make) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT, (node) =>
    node.parentElement.closest("a, button, code") ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT);
  const nodes = [];
  while (walker.nextNode()) nodes.push(walker.currentNode);
  for (const node of nodes) {
    const parts = [];
    let at = 0;
    for (const match of node.data.matchAll(pattern)) {
      const made = make(match);
      if (!made) continue;
      parts.push(node.data.slice(at, match.index), made);
      at = match.index + match[0].length;
    }
    if (parts.length) node.replaceWith(...parts, node.data.slice(at));
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const question = form.q.value.trim();
  if (question) ask(question);
});
const given = new URLSearchParams(location.search).get("q")?.trim();
if (given) {
  form.q.value = given;
  // Not a second time after a reload or a step back: it may cost.
  history.replaceState(null, "", "/ask");
  ask(given);
}
ready();
