// What the stores hold: numbers, and points to look at.

import { fault, get } from "./api.mjs";
import { empty, fill, find, h, number, ready, table } from "./dom.mjs";

const columns = [
  { label: "Store", lead: true, cell: (row) => [h("span", { class: "name" }, row.store), row.problem ? h("span", { class: "small fault" }, row.problem) : h("span", { class: "small muted mono" }, row.collection)] },
  { label: "Documents", number: true, cell: (row) => number(row.documents) },
  { label: "Points served", number: true, cell: (row) => number(row.active_points) },
  { label: "Points in all", number: true, cell: (row) => number(row.points) },
  { label: "Vectors by", wide: true, cell: (row) => row.embedding_model ?? "" },
];
let offset = null;

async function points(isMore) {
  if (!isMore) offset = null;
  try {
    const answer = await get("/api/admin/points", { store: find("#store").value, q: find("#source").value.trim(), offset, limit: 10 });
    const shown = answer.points.map(point);
    if (isMore) find("#points").append(...shown);
    else fill(find("#points"), shown.length ? shown : empty("No points.", "Nothing is stored here, or no document has this in its name."));
    offset = answer.next_offset;
    find("#more").hidden = !offset;
  } catch (error) {
    fill(find("#points"), fault(error));
  }
}

function point(item) {
  return h("details", { class: "passage" },
    h("summary", {}, `${item.filename}, p. ${item.page_label} `, h("span", { class: "muted small" }, item.heading_path)),
    h("div", { class: "text" }, item.text), h("pre", { class: "muted small" }, JSON.stringify(item.metadata, null, 1)));
}

// Store and filter are in the address, so that a reload shows the same.
const given = new URLSearchParams(location.search);
if ([...find("#store").options].some((option) => option.value === given.get("store"))) find("#store").value = given.get("store");
find("#source").value = given.get("q") ?? "";
let later = null;
function filtered() {
  history.replaceState(null, "", `?${new URLSearchParams({ store: find("#store").value, ...(find("#source").value ? { q: find("#source").value } : {}) })}`);
  points(false);
}
find("#store").addEventListener("change", filtered);
find("#source").addEventListener("input", () => { clearTimeout(later); later = setTimeout(filtered, 250); });
find("#more").addEventListener("click", () => points(true));
try {
  fill(find("#stats"), table(columns, (await get("/api/admin/collections")).stores, { caption: "Stores" }));
} catch (error) {
  fill(find("#stats"), fault(error));
}
await points(false);
ready();
