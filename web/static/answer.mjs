// Answers as they are written, one below the other: their citations open the reader at their place, they can be stopped,
// judged, followed up, and seen again. A chain is the questions of a conversation; the last of them is asked.

import { fault, once, post, trying, waiting } from "./api.mjs";
import { dollars, fill, h, number } from "./dom.mjs";

let asking = null;
const keyOf = (chain, filters) => `answer ${JSON.stringify([chain, filters])}`;
const WAITING = "Nothing has come for a while.";
// As many turns, passages and characters as the panel takes.
const MAX_TURNS = 3;
const MAX_SOURCES = 8;
const MAX_CHARACTERS = 8_000;

/**
 * Ask the last question of `chain`, and show its answer at the end of `target`; `retry` asks once more after a fault.
 * Resolves to whether a model answered.
 */
export async function answerTo(chain, filters, target, retry) {
  asking?.abort();
  const own = asking = new AbortController();
  const question = chain.at(-1);
  const body = h("div", { class: "answer" }, h("p", { class: "muted" }, "Looking …"));
  const sources = h("ul", { class: "chips", "aria-label": "Sources" });
  const foot = h("div", { class: "row small muted foot" });
  const stop = h("button", { type: "button", class: "quiet", onclick: () => own.abort() }, "Stop");
  const article = h("article", { class: "card" }, h("div", { class: "head" }, h("h2", { class: "question", dir: "auto" }, question), stop), body, sources, foot);
  target.append(article);
  let found = [];
  let text = "";
  let terms = [];
  let end = null;
  const broken = (message) => { end = {}; body.append(fault({ message }, again())); };
  const again = () => h("button", { type: "button", onclick: () => { article.remove(); retry(); } }, "Ask again");
  const began = performance.now();
  let slow = waiting(body, `${WAITING} The vector store or the embeddings API may be down or busy. You can wait, or stop and look at the page Queue, which says what workers wait for.`);
  try {
    await once("/api/chat", {
      metadata: (told) => {
        found = told.sources;
        slow.end();
        fill(body, h("p", { class: "muted" }, found.length ? `Reading ${found.length} passages …` : "Looking …"));
        slow = waiting(body, `${WAITING} The model's server may be down or busy: check its status and OPENAI_BASE_URL. You can wait, or stop; the passages below were found without it.`, began);
        fill(sources, distinct(found).map((source) => h("li", {}, chip(source))));
      },
      // Sanitised by the panel: no script, style or image survives there, and the page's policy runs none.
      text: (part) => { slow.restart(); text += part.delta; body.innerHTML = part.html; cite(body, found); },
      links: (named) => { terms = named; linkTerms(body, terms, found); },
      done: (told) => { end = told; check(told, body); linkTerms(body, terms, found); finish(told, { question, body, foot, found }); },
      error: ({ message }) => broken(message),
    }, own.signal, asked(chain, filters));
    if (!end) broken("The answer broke off.");
    else if (end.model) keep(chain, filters, { html: body.innerHTML, text, found, end: { ...end, sentences: [], html: "", text: "", searched: null } });
  } catch (error) {
    if (own.signal.aborted) { if (own === asking) foot.textContent = "Stopped."; else article.remove(); } else if (!end) broken(error.status === undefined ? "The answer broke off." : error.message);
  } finally {
    slow.end();
    stop.remove();
  }
  return Boolean(end?.model);
}

/** What the panel is asked: a first question in the address, a later one with the turns before it. */
function asked(chain, filters) {
  const earlier = chain.slice(0, -1).map((_, at) => kept(chain.slice(0, at + 1), filters)).filter(Boolean).slice(-MAX_TURNS);
  const given = Object.fromEntries(Object.entries(filters).filter(([, value]) => value));
  return { q: chain.at(-1), ...given, earlier: earlier.map((turn) => ({
    question: turn.question, answer: turn.text.slice(0, MAX_CHARACTERS), sources: distinct(turn.found).slice(0, MAX_SOURCES).map((source) => source.id) })) };
}

/** Show at the end of `target` the answer that this tab got to the same questions before; false when there is none. */
export function shownAgain(chain, filters, target) {
  const answer = kept(chain, filters);
  if (!answer) return false;
  const body = h("div", { class: "answer" });
  body.innerHTML = answer.html; // as the panel sanitised it
  const foot = h("div", { class: "row small muted foot" });
  target.append(h("article", { class: "card" }, h("h2", { class: "question", dir: "auto" }, answer.question), body,
    h("ul", { class: "chips", "aria-label": "Sources" }, distinct(answer.found).map((source) => h("li", {}, chip(source)))), foot));
  finish(answer.end, { question: answer.question, body, foot, found: answer.found });
  return true;
}

function kept(chain, filters) {
  try { return JSON.parse(sessionStorage.getItem(keyOf(chain, filters))); } catch { return null; }
}

function keep(chain, filters, answer) {
  try { sessionStorage.setItem(keyOf(chain, filters), JSON.stringify({ ...answer, question: chain.at(-1) })); } catch { /* full: it is asked again then */ }
}

/** What is being written is no longer wanted. */
export function stopAnswer() {
  asking?.abort();
  asking = null;
}

function finish(end, { question, body, foot, found }) {
  if (end.reason) {
    const notice = h("div", { class: "notice" }, h("p", {}, end.message));
    if (end.reason === "no_model" && end.sentences.length) body.prepend(notice);
    else fill(body, notice, nearest(end));
    return;
  }
  if (end.is_refusal) body.append(nearest(end) ?? "");
  const cut = end.is_cut ? "The answer reached its length limit. " : "";
  const cost = end.cost_usd === null ? "" : `, ${dollars(end.cost_usd)}`;
  const { supported = 0, weak = 0, unsupported = 0 } = end.counts ?? {};
  const claims = supported + weak + unsupported;
  const held = claims ? ` · ${supported} of ${claims} ${claims === 1 ? "sentence" : "sentences"} supported` : "";
  fill(foot, h("span", { class: "grow" }, `${cut}${end.model}: ${number(end.tokens_in)} tokens in, ${number(end.tokens_out)} out${cost}${held}`), judge(question, body, found));
}

/** Where to look when nothing answers: the pages that came nearest. */
function nearest(end) {
  const pages = end.searched?.nearest ?? [];
  return pages.length ? h("ul", { class: "chips", "aria-label": "Nearest pages" }, pages.map((page) => h("li", {}, placed(page)))) : null;
}

const placed = (item) => h("a", { class: "chip", title: item.path, href: item.link }, `${item.filename}, p. ${item.page_label}`);

/** The answer once more, each sentence with the places that support it, and with a word where none does. */
function check(end, body) {
  if (!end.html) return;
  body.innerHTML = end.html; // as the panel sanitised it
  replaceText(body, /\ue000(\d+)\ue001/g, (match) => {
    const sentence = end.sentences[Number(match[1])];
    return sentence ? h("span", { class: "support" }, remarks(sentence)) : null;
  });
}

function remarks({ citations, verdict, reason, numbers }) {
  const chips = [...new Map(citations.map((citation) => [citation.link, citation])).values()].flatMap((citation) => [" ", placed(citation)]);
  const calculated = numbers.filter((item) => item.calculation);
  if (calculated.length) chips.push(" ", h("span", { class: "badge calm", title: calculated.map((item) => `${item.calculation} = ${item.text}`).join("; ") }, "calculated"));
  const words = { weak: "weakly supported", unsupported: "not found in the sources" }[verdict];
  if (words) chips.push(" ", h("span", { class: "badge", title: reason }, words));
  return chips;
}

const THUMB = "M4 10h3v10H4zM9 10l4-7c1.6 0 2.4 1.2 2 2.8L14.3 9H19c1.3 0 2.2 1.2 1.9 2.4l-1.7 7A2 2 0 0 1 17.3 20H9z";

/** A drawing, since not every machine has a typeface with one. */
function thumb(direction) {
  const made = (name, attributes) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };
  const drawing = made("svg", { viewBox: "0 0 24 24", width: "20", height: "20", "aria-hidden": "true", class: "thumb" });
  drawing.append(made("path", direction === "up" ? { d: THUMB } : { d: THUMB, transform: "rotate(180 12 12)" }));
  return drawing;
}

/** Thumbs up or down with a word; kept in the bucket, for a person to make questions for `evaluate` of. */
function judge(question, body, found) {
  const box = h("span", { class: "row judge" });
  const send = (verdict) => {
    const word = h("input", { type: "text", maxlength: "500", placeholder: verdict === "good" ? "What was good? (optional)" : "What was wrong? (optional)", "aria-label": "A word about the answer" });
    const form = h("form", { class: "row", onsubmit: (event) => {
      event.preventDefault();
      trying(form.querySelector("button"), async () => {
        await post("/api/feedback", { question, answer: body.innerText, verdict, word: word.value.trim(),
          sources: found.map((source) => ({ s3_key: source.s3_key, page: source.page, id: source.id })) });
        fill(box, "Thank you. It was kept for the people who tune the search.");
      });
    } }, word, h("button", { type: "submit" }, "Send"));
    fill(box, form);
    word.focus();
  };
  fill(box, h("button", { type: "button", class: "quiet", "aria-label": "Good answer", title: "Good answer", onclick: () => send("good") }, thumb("up")),
    h("button", { type: "button", class: "quiet", "aria-label": "Bad answer", title: "Bad answer", onclick: () => send("bad") }, thumb("down")));
  return box;
}

const place = (source) => `${source.filename}, p. ${source.page_label}`;
/** Of each page the source that was found first, which is the best. */
const distinct = (sources) => sources.filter((source, at) => sources.findIndex((other) => place(other) === place(source)) === at);

function chip(source) {
  return h("a", { class: "chip", title: source.heading_path, href: source.url }, place(source));
}

/** The numbers of sources that stand for citations become links to their places. */
function cite(body, sources) {
  const numbered = new Map(sources.map((source) => [source.number, source]));
  replaceText(body, /\ue000(\d+)\ue001/g, (match) => {
    const source = numbered.get(Number(match[1]));
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
      if (isUsed || (term.url ? !/^(https?|mailto):/i.test(term.url) : !source)) return null;
      isUsed = true;
      return term.url
        ? h("a", { href: term.url, target: "_blank", rel: "noopener noreferrer nofollow", title: term.category }, match[0])
        : h("a", { href: `/documents/${source.document_id}/pages/${term.page}`, title: term.snippet ?? term.category }, match[0]);
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
