// The reader's left side: the outline as a tree with a filter, and the pages as thumbnails.

import { get } from "./api.mjs";
import { fill, find, h } from "./dom.mjs";
import { windowList } from "./window_list.mjs";

const OUTLINE_ROW = 30;
const PAGE_ROW = 190;

/** Fill the contents of document `id`; `go(page)` opens a page. Returns {mark(page), pageOf(text)}. */
export async function showContents(id, go, address) {
  const { outline, labels, version } = await get(`/api/documents/${id}/contents`);
  const entries = outline.map(([level, title, page], index) => ({ level, title, page, index, hasChildren: outline[index + 1]?.[0] > level }));
  const folded = new Set();
  let current = Number(find("#reader").dataset.page);
  let shown = entries;

  const link = (page, attributes, ...content) => h("a", {
    href: address(page), "data-part": "link", "aria-current": attributes.isCurrent ? "true" : null, class: attributes.class,
    onclick: (event) => { if (event.metaKey || event.ctrlKey || event.shiftKey) return; event.preventDefault(); go(page); },
  }, ...content);

  const tree = windowList(find("#outline"), OUTLINE_ROW, (entry) => h("div", { class: `entry depth-${Math.min(entry.level, 6)}` },
    entry.hasChildren
      ? h("button", { type: "button", class: "fold", "data-part": "fold", "aria-expanded": String(!folded.has(entry.index)), "aria-label": `Sections of ${entry.title}`, onclick: () => fold(entry) }, folded.has(entry.index) ? "▸" : "▾")
      : h("span", { class: "fold" }),
    link(entry.page, { isCurrent: entry.index === sectionOf(current) }, h("span", { class: "title", dir: "auto", title: entry.title }, entry.title), h("span", { class: "muted" }, labels[entry.page - 1] ?? entry.page))));

  const pages = windowList(find("#thumbnails"), PAGE_ROW, (page) => link(page, { isCurrent: page === current, class: "thumbnail" },
    h("img", { src: `/api/get_pdf_image?document_id=${id}&page=${page}&width=120&v=${encodeURIComponent(version)}`, alt: "", loading: "lazy", height: 150 }),
    h("span", { class: "small" }, labels[page - 1] ?? page)));

  /** The last section that begins on the page or before it. */
  function sectionOf(page) {
    let low = -1;
    for (const entry of entries) if (entry.page <= page) low = entry.index; else break;
    return low;
  }

  function fold(entry) {
    if (folded.has(entry.index)) folded.delete(entry.index); else folded.add(entry.index);
    draw();
  }

  function draw() {
    const wanted = find("#outline-filter").value.trim().toLocaleLowerCase();
    shown = wanted ? entries.filter((entry) => entry.title.toLocaleLowerCase().includes(wanted)) : unfolded();
    tree.show(shown);
    find("#outline").classList.toggle("nothing", !shown.length);
  }

  function unfolded() {
    const found = [];
    let hiddenBelow = Infinity;
    for (const entry of entries) {
      if (entry.level > hiddenBelow) continue;
      hiddenBelow = folded.has(entry.index) ? entry.level : Infinity;
      found.push(entry);
    }
    return found;
  }

  function choose(isPages) {
    find("#show-pages").setAttribute("aria-pressed", String(isPages));
    find("#show-outline").setAttribute("aria-pressed", String(!isPages));
    find("#thumbnails").hidden = !isPages;
    find("#outline-part").hidden = isPages;
    mark(current);
  }

  function mark(page) {
    current = page;
    tree.reveal(shown.findIndex((entry) => entry.index === sectionOf(page)));
    pages.reveal(page - 1);
  }

  find("#outline-filter").addEventListener("input", draw);
  find("#show-pages").addEventListener("click", () => choose(true));
  find("#show-outline").addEventListener("click", () => choose(false));
  draw();
  pages.show(labels.map((_, index) => index + 1));
  if (!entries.length) { fill(find("#outline-part"), h("p", { class: "muted small" }, "This document has no outline.")); choose(true); }
  mark(current);
  return {
    mark,
    /** A page by its printed label, else by its number. */
    pageOf(text) {
      const wanted = text.trim().toLocaleLowerCase();
      const at = labels.findIndex((label) => label.toLocaleLowerCase() === wanted);
      return at >= 0 ? at + 1 : /^\d+$/.test(wanted) ? Number(wanted) : null;
    },
  };
}
