// One control for each kind of setting. Each has {element, read(), reset(value)}; read() throws with a sentence for a person.

import { h } from "./dom.mjs";

/** How a setting is edited, by its name and schema. */
export function kindOf(name, spec) {
  if (name.endsWith("_prompt")) return "text";
  if (name === "categories") return "lines";
  if (name === "prices") return "prices";
  if (name === "link_colors") return "colors";
  if (spec.type === "boolean") return "switch";
  if (name === "profile" || spec.enum) return "choice";
  if (spec.type === "object") return "json";
  return ["integer", "number"].includes(spec.type) ? "number" : "word";
}

export const isWide = (kind) => ["text", "lines", "json", "prices", "colors"].includes(kind);

/** `shared` are attributes of the control itself; `choices` for a choice; `changed()` is called when a row comes or goes. */
export function controlFor(kind, spec, shared, choices, changed) {
  if (kind === "choice") return simple(h("select", shared, choices.map((choice) => h("option", {}, choice))), String);
  if (kind === "switch") return toggle(shared);
  if (kind === "text") return simple(h("textarea", { ...shared, rows: 7 }), (text) => text || null);
  if (kind === "lines") return simple(h("textarea", { ...shared, rows: 6 }), lines, (value) => (value ?? []).join("\n"));
  if (kind === "json") return simple(h("textarea", { ...shared, rows: 6, class: "mono" }), json, (value) => JSON.stringify(value, null, 1));
  if (kind === "prices") return rows(shared, PRICES, changed);
  if (kind === "colors") return rows(shared, COLORS, changed);
  if (kind === "number") return simple(h("input", { ...shared, type: "number", step: "any", min: spec.minimum ?? null, max: spec.maximum ?? null }), (text) => (text === "" ? null : Number(text)));
  return simple(h("input", { ...shared, type: "text" }), (text) => (text === "" ? null : text));
}

const lines = (text) => text.split("\n").map((line) => line.trim()).filter(Boolean);

function json(text) {
  try { return JSON.parse(text); } catch { throw new Error("This is not JSON."); }
}

function simple(element, parse, show = (value) => value ?? "") {
  return { element, read: () => parse(element.value), reset: (value) => { element.value = show(value); } };
}

function toggle(shared) {
  const box = h("input", { ...shared, type: "checkbox" });
  return { element: box, read: () => box.checked, reset: (value) => { box.checked = Boolean(value); } };
}

// What a table of settings has in its columns, and how its rows become the value.
const PRICES = {
  heads: ["Model", "Input: $ for a million tokens", "Output: $ for a million tokens"],
  add: "Add a model",
  toRows: (value) => Object.entries(value ?? {}).map(([model, price]) => [model, price.input, price.output]),
  toValue: (given) => Object.fromEntries(given.map(([model, input, output]) => {
    if (!model) throw new Error("A price needs the name of its model.");
    if (input === "" || [input, output].some((price) => Number.isNaN(Number(price)))) throw new Error(`${model}: a price is a number.`);
    return [model, { input: Number(input), output: Number(output || 0) }];
  })),
};
const COLORS = {
  heads: ["Category", "Colours, as #rrggbb"],
  add: "Add a category",
  toRows: (value) => Object.entries(value ?? {}).map(([category, colors]) => [category, colors.join(" ")]),
  toValue: (given) => Object.fromEntries(given.map(([category, colors]) => {
    if (!category) throw new Error("Colours need the name of their category.");
    const named = colors.split(/[\s,]+/).filter(Boolean);
    const wrong = named.find((color) => !/^#[0-9a-f]{6}$/i.test(color));
    if (wrong) throw new Error(`${category}: ${wrong} is not a colour like #1f5f6b.`);
    return [category, named];
  })),
};

function rows(shared, { heads, add, toRows, toValue }, changed) {
  const body = h("tbody", {});
  const row = (values) => {
    const line = h("tr", {}, heads.map((head, at) => h("td", {}, h("input", { type: "text", value: values[at] ?? "", "aria-label": head, placeholder: head }))),
      h("td", {}, h("button", { type: "button", class: "quiet", "aria-label": `Remove ${values[0] || "this row"}`, onclick: () => { line.remove(); changed(); plus.focus(); } }, "Remove")));
    return line;
  };
  const plus = h("button", { type: "button", onclick: () => { body.append(row([])); body.lastChild.querySelector("input").focus(); changed(); } }, add);
  const element = h("div", { id: shared.id, class: "rows", role: "group", "aria-labelledby": `${shared.id}-label`, "aria-describedby": shared["aria-describedby"], tabindex: "-1" },
    h("table", {}, h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head)), h("th", {}, h("span", { class: "visually-hidden" }, "Remove")))), body), plus);
  return {
    element,
    read: () => toValue([...body.rows].map((line) => [...line.querySelectorAll("input")].map((input) => input.value.trim())).filter((values) => values.some(Boolean))),
    reset: (value) => body.replaceChildren(...toRows(value).map(row)),
  };
}
