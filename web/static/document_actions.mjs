// What is done with the documents that a person has chosen: run again, download, delete with ten seconds to think again.

import { post, sendBeforeLeaving, toast, trying } from "./api.mjs";
import { confirmed, find, h, number } from "./dom.mjs";

const UNDO_MILLISECONDS = 10_000;
/** Browsers ask before they save many files at once. */
const MOST_DOWNLOADS = 20;

/** `shown()` are the rows in sight; `redraw()` draws them; `reload()` asks for them again. */
export function chosenActions(shown, redraw, reload) {
  const chosen = new Map();
  const going = new Map();
  let last = null;

  const has = (item) => chosen.has(item.document_id);

  function choose(item, isChosen) {
    if (isChosen) chosen.set(item.document_id, item); else chosen.delete(item.document_id);
  }

  /** With shift, everything between this row and the one before. */
  function toggled(item, event) {
    const rows = shown();
    const at = rows.findIndex((row) => row.document_id === item.document_id);
    const from = event.shiftKey && last ? rows.findIndex((row) => row.document_id === last) : at;
    const [first, end] = from < 0 ? [at, at] : [Math.min(at, from), Math.max(at, from)];
    for (const row of rows.slice(first, end + 1)) choose(row, event.target.checked);
    last = item.document_id;
    redraw();
    draw();
  }

  function draw() {
    find("#selection").hidden = !chosen.size;
    find("#chosen").textContent = chosen.size === 1 ? "1 document selected" : `${number(chosen.size)} documents selected`;
    const all = find("#choose-all");
    if (!all) return;
    const count = shown().filter(has).length;
    all.checked = count > 0 && count === shown().length;
    all.indeterminate = count > 0 && count < shown().length;
  }

  function clear() {
    chosen.clear();
    redraw();
    draw();
  }

  async function runAgain(items) {
    if (!items.length) return;
    if (items.length > 1 && !(await confirmed("Run these documents again?", `${number(items.length)} documents are read, described and indexed anew. They stay searchable meanwhile.`, "Run again", "Don't"))) return;
    const { run_id: run } = await post("/api/admin/process", { s3_keys: items.map((item) => item.s3_key), cache_behavior: "rebuild" });
    location.assign(`/runs/${run}`);
  }

  /** Gone from the list at once, from the bucket ten seconds later or when the page is left, unless it is undone. */
  function remove(items) {
    const keys = items.map((item) => item.s3_key);
    for (const item of items) { going.set(item.document_id, item); chosen.delete(item.document_id); }
    const rows = shown();
    rows.splice(0, rows.length, ...rows.filter((item) => !isGoing(item)));
    redraw();
    draw();
    const end = () => { clearTimeout(timer); removeEventListener("pagehide", leave); note.remove(); for (const item of items) going.delete(item.document_id); };
    const send = async () => {
      note.remove();
      removeEventListener("pagehide", leave);
      await trying(null, async () => {
        await post("/api/admin/delete-pdfs", { s3_keys: keys });
        toast(keys.length === 1 ? "Deleted; a worker removes what was made of it." : `${number(keys.length)} deleted; workers remove what was made of them.`);
      });
      for (const item of items) going.delete(item.document_id);
      reload();
    };
    const leave = () => { clearTimeout(timer); sendBeforeLeaving("/api/admin/delete-pdfs", { s3_keys: keys }); };
    const timer = setTimeout(send, UNDO_MILLISECONDS);
    const note = toast(keys.length === 1 ? `${keys[0].split("/").pop()} is deleted in ten seconds.` : `${number(keys.length)} documents are deleted in ten seconds.`,
      { milliseconds: UNDO_MILLISECONDS, action: "Undo", act: () => { end(); reload(); } });
    addEventListener("pagehide", leave);
  }

  const isGoing = (item) => going.has(item.document_id);

  function download() {
    const items = [...chosen.values()];
    if (items.length > MOST_DOWNLOADS) { toast(`At most ${MOST_DOWNLOADS} PDFs at once. Select fewer.`); return; }
    for (const item of items) {
      const link = h("a", { href: `/documents/${item.document_id}/pdf`, download: item.s3_key.split("/").pop() });
      document.body.append(link);
      link.click();
      link.remove();
    }
  }

  find("#run-chosen").addEventListener("click", (event) => trying(event.target, () => runAgain([...chosen.values()])));
  find("#download-chosen").addEventListener("click", download);
  find("#delete-chosen").addEventListener("click", () => remove([...chosen.values()]));
  find("#clear-chosen").addEventListener("click", () => { clear(); find("#choose-all")?.focus(); });
  return {
    has, isGoing, draw, remove, runAgain,
    box: (item) => h("input", { type: "checkbox", class: "choose", "data-part": "choose", "aria-label": `Select ${item.s3_key}`, checked: has(item), onclick: (event) => toggled(item, event) }),
    all: () => h("input", { type: "checkbox", id: "choose-all", "aria-label": "Select all that are shown", onclick: (event) => { for (const item of shown()) choose(item, event.target.checked); redraw(); draw(); } }),
  };
}
