// One page of a document: its image beside its text, the passages cut from it, and its links.

import { fault, get } from "./api.mjs";
import { empty, fill, find, h, number } from "./dom.mjs";

/** Draw page `page` into `target`; `go(page)` is called when the reader turns pages or follows a link inside. */
export async function showPage(target, documentId, page, go) {
  target.setAttribute("aria-busy", "true");
  try {
    const content = await get("/api/get_context_details", { document_id: documentId, page });
    fill(target, turner(content, go), reader(content), passages(content), links(content, go));
  } catch (error) {
    fill(target, error.status === 404 ? empty(`Page ${page} is not there.`, "It has not been read, or the document is shorter.") : fault(error));
  }
  target.removeAttribute("aria-busy");
}

/** The same in a dialog, for the sources of an answer. */
export function openPage(source, page = source.page) {
  const body = h("div", {});
  const close = () => { dialog.close(); dialog.remove(); };
  const dialog = h("dialog", { "aria-labelledby": "page-title", oncancel: close },
    h("div", { class: "head" },
      h("h2", { id: "page-title" }, source.filename),
      h("div", { class: "row" },
        h("a", { class: "button", href: `/documents/${source.document_id}#page-${page}` }, "Open the document"),
        h("button", { type: "button", onclick: close }, "Close"))),
    body);
  document.body.append(dialog);
  dialog.showModal();
  const go = (next) => showPage(body, source.document_id, next, go);
  go(page);
}

function turner(content, go) {
  const turn = (by, label) => h("button", {
    type: "button", onclick: () => go(content.page + by),
    disabled: by < 0 ? content.page <= 1 : content.page >= content.total_pages,
  }, label);
  const printed = content.page_label && content.page_label !== String(content.page) ? ` (printed ${content.page_label})` : "";
  return h("div", { class: "head" },
    h("div", {}, h("b", {}, `Page ${number(content.page)} of ${number(content.total_pages)}${printed}`),
      h("div", { class: "small muted" }, content.heading_path, content.text_source === "ocr" ? " · read by OCR" : "")),
    h("div", { class: "row" }, turn(-1, "Previous page"), turn(1, "Next page")));
}

function reader(content) {
  const image = content.has_image
    ? h("img", {
        class: "page-image", loading: "lazy", alt: `Image of page ${content.page} of ${content.filename}`,
        src: `/api/get_pdf_image?document_id=${content.document_id}&page=${content.page}`,
      })
    : empty("No image of this page.");
  return h("div", { class: "reader" }, image,
    h("div", { class: "text", lang: "" }, content.text || h("p", { class: "muted" }, "No text was found on this page.")));
}

function passages(content) {
  if (!content.chunks.length) return null;
  return h("details", {}, h("summary", {}, `${content.chunks.length} passages were cut from this page`),
    content.chunks.map((chunk) => h("div", { class: "passage" },
      h("div", { class: "small muted" }, `${chunk.index + 1} of ${chunk.count}`,
        chunk.pages_spanned.length > 1 ? `, pages ${chunk.pages_spanned.join(", ")}` : "", ` · ${chunk.heading_path}`),
      h("div", { class: "text" }, chunk.text))));
}

function links(content, go) {
  if (!content.links.length) return null;
  return h("details", {}, h("summary", {}, `${content.links.length} links on this page`),
    h("ul", {}, content.links.map((link) => h("li", {},
      link.target_page
        ? h("button", { type: "button", class: "quiet", onclick: () => go(link.target_page) }, `${link.link_text || "link"} → page ${link.target_page}`)
        : outside(link),
      link.link_category ? h("span", { class: "small muted" }, ` ${link.link_category}`) : null))));
}

function outside(link) {
  const isSafe = /^(https?:|mailto:)/i.test(link.target_url ?? "");
  const text = link.link_text || link.target_url || "link";
  return isSafe ? h("a", { href: link.target_url, target: "_blank", rel: "noopener noreferrer nofollow" }, text) : text;
}

export const scrollTo = (selector) => find(selector)?.scrollIntoView({ block: "start" });
