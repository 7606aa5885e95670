// The reader: turns pages without loading everything again, scrolls to what is marked, and answers to keys.

import { Refused, fault, toast } from "./api.mjs";
import { fill, find, ready } from "./dom.mjs";
import { showContents } from "./reader_contents.mjs";

const root = find("#reader");
const { id, q, passage, filename, title } = root.dataset;
const total = Number(root.dataset.total);
let page = Number(root.dataset.page);
let asked = 0;
let contents = null;
let zoom = "fit";

/** The passage and the question stay in the address, so that coming back finds the marks again. */
function address(target, extra = {}) {
  const query = new URLSearchParams({ ...(q ? { q } : {}), ...(passage ? { passage } : {}), ...extra }).toString();
  return `/documents/${id}/pages/${target}${query ? `?${query}` : ""}`;
}

async function go(target, { isBack = false } = {}) {
  if (!Number.isInteger(target) || target < 1 || target > total) { toast(`There are pages 1 to ${total}.`); return; }
  const ticket = ++asked;
  find("#page").setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(address(target, { fragment: "true" })).catch(() => { throw new Refused(0); });
    if (answer.redirected || answer.status === 401) { location.assign(address(target)); return; }
    if (!answer.ok) throw new Refused(answer.status, { message: answer.status === 503 ? "S3 or the vector store does not answer. Try again in a moment." : `Page ${target} is not there.` });
    const html = await answer.text();
    if (ticket !== asked) return;
    // The panel's own template; every text in it is escaped there.
    find("#page").innerHTML = html;
    if (!isBack) history.pushState({ page: target }, "", address(target));
    page = target;
    settle();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (ticket === asked) fill(find("#page"), fault(error));
  } finally {
    if (ticket === asked) find("#page").removeAttribute("aria-busy");
  }
}

/** What depends on the page that is shown. */
function settle() {
  const sheet = find("#sheet");
  document.title = `${sheet.dataset.title} · leafmill`;
  find("#page-box").value = sheet.dataset.label;
  find("#of").textContent = `${page} of ${total}`;
  find("#open-pdf").href = `/documents/${id}/pdf#page=${page}`;
  for (const [name, target] of [["#previous", page - 1], ["#next", page + 1]]) {
    if (target >= 1 && target <= total) find(name).href = address(target);
    else find(name).removeAttribute("href");
  }
  contents?.mark(page);
  setZoom(zoom);
  showMark();
}

/** The marked place into the middle of both panes, without moving the page around them. */
function showMark() {
  const sheet = find("#sheet");
  const box = sheet.querySelector(".mark-strong") ?? sheet.querySelector(".mark-passage");
  if (box) center(sheet, box); else sheet.scrollTo(0, 0);
  const text = find("#page-text");
  const words = text.querySelector(".strong") ?? text.querySelector(".in-passage");
  if (words) center(text, words); else text.scrollTo(0, 0);
  // On a phone the panes don't scroll, the page does.
  const shown = box ?? words;
  if (shown && sheet.scrollHeight <= sheet.clientHeight + 1) {
    const place = shown.getBoundingClientRect();
    if (place.top < 0 || place.bottom > innerHeight) scrollBy(0, place.top - innerHeight / 3);
  }
}

function center(pane, element) {
  const [inner, outer] = [element.getBoundingClientRect(), pane.getBoundingClientRect()];
  pane.scrollTop += inner.top - outer.top - (outer.height - Math.min(inner.height, outer.height)) / 2;
  pane.scrollLeft += inner.left - outer.left - (outer.width - Math.min(inner.width, outer.width)) / 2;
}

function setZoom(name) {
  zoom = name;
  find("#page").dataset.zoom = name;
  for (const button of document.querySelectorAll("[data-zoom]:is(button)")) button.setAttribute("aria-pressed", String(button.dataset.zoom === name));
}

/** What is selected, else the marked sentences, else the page; with where it is from. */
function quotation() {
  const selected = getSelection().toString().trim();
  const marked = [...document.querySelectorAll("#page-text .strong")].map((part) => part.innerText.replaceAll("\t", " · ").trim()).filter(Boolean).join(" … ");
  const text = selected || marked || find("#page-text").innerText.trim();
  return `${text}\n\n${title}, p. ${find("#sheet").dataset.label} (${filename})\n${location.origin}${address(page)}`;
}

find("#copy").addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(quotation());
    toast("Copied, with title, page and address.");
  } catch {
    toast("The browser doesn't let this page copy. Select the text and copy it by hand.");
  }
});
for (const button of document.querySelectorAll("button[data-zoom]")) button.addEventListener("click", () => { setZoom(button.dataset.zoom); showMark(); });
for (const [name, step] of [["#previous", -1], ["#next", 1]]) {
  find(name).addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    if (page + step >= 1 && page + step <= total) go(page + step);
  });
}
find("#turner").addEventListener("submit", (event) => {
  event.preventDefault();
  const wanted = contents?.pageOf(find("#page-box").value) ?? Number(find("#page-box").value);
  go(wanted);
});
find("#page").addEventListener("click", (event) => {
  const link = event.target.closest("a[data-page]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  go(Number(link.dataset.page));
});
addEventListener("popstate", () => {
  const found = location.pathname.match(/\/pages\/(\d+)$/);
  if (found && Number(found[1]) !== page) go(Number(found[1]), { isBack: true });
});
addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest("input, textarea, select, [contenteditable]")) return;
  const steps = { ArrowRight: 1, j: 1, ArrowLeft: -1, k: -1 };
  if (event.key === "/") { event.preventDefault(); find("#find-box").focus(); find("#find-box").select(); return; }
  const step = steps[event.key];
  // A picture that is wider than its pane is moved by the arrows first.
  const pane = event.target.closest(".sheet-pane");
  if (!step || (event.key.startsWith("Arrow") && pane && pane.scrollWidth > pane.clientWidth + 1)) return;
  event.preventDefault();
  if (page + step >= 1 && page + step <= total) go(page + step);
});
// Coming from a list of results, the way back is one step.
const results = find("#results");
if (results && document.referrer.startsWith(`${location.origin}/search`)) {
  results.href = document.referrer;
}
if (matchMedia("(max-width: 60rem)").matches) find("#contents").open = false;

const picture = find(".page-image");
settle();
picture?.addEventListener("load", showMark, { once: true });
try {
  contents = await showContents(id, go, address);
} catch (error) {
  if (!(error instanceof Refused)) throw error;
  fill(find("#outline-part"), fault(error));
}
ready();
