// Bars over time, as SVG that any theme colours; each bar says its numbers. A table beside it has them for everyone.

const SVG = "http://www.w3.org/2000/svg";
// Drawn about as large as it is shown, so that its words have the size of others.
const isNarrow = matchMedia("(max-width: 46rem)").matches;
const WIDTH = isNarrow ? 330 : 600;
const MOST_LABELS = isNarrow ? 5 : 8;
const HEIGHT = 160;
const BOTTOM = 22;
const TOP = 18;

function s(tag, attributes, text) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

/**
 * `columns` are {label, title, parts: [{kind, value}]} from left to right; parts are stacked, `kind` is a class for the colour.
 * `format` writes the largest value at the top; `name` is what a screen reader says of the whole; `isWide` takes the width of the page.
 */
export function bars(columns, { format, name, isWide = false }) {
  const width = isWide && !isNarrow ? 2 * WIDTH : WIDTH;
  const sums = columns.map((column) => column.parts.reduce((sum, part) => sum + part.value, 0));
  const most = Math.max(...sums, 0);
  const plot = s("svg", { class: isWide ? "plot wide" : "plot", viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": name });
  const step = width / Math.max(columns.length, 1);
  const scale = most ? (HEIGHT - BOTTOM - TOP) / most : 0;
  plot.append(s("line", { x1: 0, x2: width, y1: HEIGHT - BOTTOM, y2: HEIGHT - BOTTOM, class: "axis" }));
  plot.append(s("text", { x: 0, y: 12 }, most ? format(most) : "nothing yet"));
  const every = Math.ceil(columns.length / MOST_LABELS);
  columns.forEach((column, at) => {
    let y = HEIGHT - BOTTOM;
    const group = s("g", {});
    group.append(s("title", {}, column.title), s("rect", { x: at * step, y: 0, width: step, height: HEIGHT - BOTTOM, class: "hover" }));
    for (const part of column.parts) {
      const height = part.value * scale;
      y -= height;
      if (height > 0) group.append(s("rect", { x: at * step + step * 0.12, y, width: step * 0.76, height, class: `bar ${part.kind}` }));
    }
    plot.append(group);
    if (at % every === 0) plot.append(s("text", { x: at * step + 2, y: HEIGHT - 6 }, column.label));
  });
  return plot;
}

/** Rows as a CSV file to save. Texts that a spreadsheet would compute are kept as texts. */
export function csv(heads, rows) {
  const cell = (value) => {
    const text = String(value ?? "");
    const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return new Blob([[heads, ...rows].map((row) => row.map(cell).join(",")).join("\r\n")], { type: "text/csv" });
}
