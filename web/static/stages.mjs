// The stages of a document's last complete attempt as a time line: a table whose bars show when each stage ran.

import { dollars, h, seconds, table } from "./dom.mjs";

// As a worker goes through them; the second is what people call it.
const STAGES = [
  ["download", "Fetch the PDF"], ["open", "Open it"], ["read", "Read the pages"], ["enrich", "Describe"], ["index", "Cut and embed"],
  ["upload-images", "Store the images"], ["write-files", "Keep the files"], ["flip", "Switch over"], ["publish", "Publish"],
];
const ORDER = new Map(STAGES.map(([stage], at) => [stage, at]));
const NAMES = new Map(STAGES);
const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 1000;
/** A stage that took no time to speak of is still seen. */
const LEAST_WIDTH = 10;

/** A card, or null for a document that no worker has completed. `item` has stage_seconds, stage_starts and stage_costs_usd. */
export function stagesCard(item) {
  const took = item.stage_seconds ?? {};
  const starts = item.stage_starts ?? {};
  const costs = item.stage_costs_usd ?? {};
  const rows = Object.entries(took).map(([stage, value]) => ({ stage, seconds: value, start: starts[stage] ?? 0, cost: costs[stage] ?? null }))
    .sort((one, other) => one.start - other.start || (ORDER.get(one.stage) ?? 99) - (ORDER.get(other.stage) ?? 99));
  if (!rows.length) return null;
  const whole = Math.max(item.seconds ?? 0, ...rows.map((row) => row.start + row.seconds));
  const isPlaced = Object.keys(starts).length > 0;
  return h("section", { class: "card", id: "stages" }, h("h2", {}, "Stages"),
    h("p", { class: "small muted" }, `${seconds(whole)} in all${item.cost_usd ? ` and ${dollars(item.cost_usd)}` : ""}. `,
      isPlaced ? "Stages may overlap: pages are described while later ones are read, and embedded while the description is written." : "An older version processed it, which kept how long each stage took, not when it began."),
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Stages" }, table([
      { label: "Stage", cell: (row) => NAMES.get(row.stage) ?? row.stage },
      { label: "When", cell: (row) => bar(row, whole) },
      { label: "From", number: true, cell: (row) => (isPlaced ? `${row.start.toFixed(1)} s` : "–") },
      { label: "Took", number: true, cell: (row) => (row.seconds < 0.05 ? "< 0.1 s" : seconds(row.seconds)) },
      { label: "Cost", number: true, cell: (row) => (row.cost === null ? "–" : dollars(row.cost)) },
    ], rows, { caption: "Stages of the last complete attempt", cards: false })));
}

/** The figures stand beside it, so that a screen reader leaves it out. */
function bar({ start, seconds: value, cost }, whole) {
  const scale = whole ? WIDTH / whole : 0;
  const width = Math.max(LEAST_WIDTH, value * scale);
  const plot = document.createElementNS(SVG, "svg");
  for (const [name, given] of Object.entries({ class: "stage", viewBox: `0 0 ${WIDTH} 10`, preserveAspectRatio: "none", "aria-hidden": "true" })) plot.setAttribute(name, given);
  const rect = document.createElementNS(SVG, "rect");
  for (const [name, given] of Object.entries({ x: Math.min(start * scale, WIDTH - width), y: 0, width, height: 10, class: cost ? "bar kind-1" : "bar kind-0" })) rect.setAttribute(name, given);
  plot.append(rect);
  return plot;
}
