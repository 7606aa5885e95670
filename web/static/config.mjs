// Prompts, vocabulary and tuning: edited over the version that was read; a second editor is told.

import { fault, get, post, toast, trying } from "./api.mjs";
import { empty, fill, find, h, localTime, ready } from "./dom.mjs";

const form = find("#form");
let current = null;

function draw(config) {
  current = config;
  const groups = new Map();
  for (const [name, spec] of Object.entries(config.fields)) {
    const title = spec.group ?? "More";
    groups.set(title, [...(groups.get(title) ?? []), name]);
  }
  fill(form, [...groups].map(([title, names]) => h("fieldset", {}, h("h2", {}, title),
    h("div", { class: "form-grid" }, names.map(field)))),
  h("div", { class: "row end sticky" }, h("span", { class: "muted small grow", id: "dirty" }, ""),
    h("button", { type: "button", onclick: load }, "Discard"), h("button", { type: "submit" }, "Save")));
  form.removeAttribute("aria-busy");
}

function field(name) {
  const spec = current.fields[name];
  const kind = kindOf(name, spec);
  const bounds = [spec.minimum !== undefined ? `from ${spec.minimum}` : "", spec.maximum !== undefined ? `to ${spec.maximum}` : ""].filter(Boolean).join(" ");
  const own = name in current.overrides ? "changed here" : "from the profile";
  const shared = { id: name, name, "aria-describedby": `${name}-help ${name}-fault` };
  let control;
  if (kind === "choice") control = h("select", shared, choices(name, spec).map((choice) => h("option", {}, choice)));
  else if (["text", "lines", "json"].includes(kind)) control = h("textarea", { ...shared, rows: kind === "text" ? 7 : 6, class: kind === "json" ? "mono" : null });
  else control = h("input", { ...shared, type: kind === "number" ? "number" : "text", step: "any", min: spec.minimum ?? null, max: spec.maximum ?? null });
  control.value = toText(kind, current.values[name]);
  return h("div", { class: `field${["text", "lines", "json"].includes(kind) ? " wide" : ""}` },
    h("label", { for: name }, spec.title), control,
    h("div", { class: "small muted", id: `${name}-help` }, [spec.description, bounds, own].filter(Boolean).join(" · "),
      name in current.overrides && name !== "profile" ? [" · ", resetOf(name, control)] : null),
    h("div", { class: "small fault", id: `${name}-fault` }));
}

/** Saved as null, which takes the key out of the file. What the profile says is seen afterwards. */
function resetOf(name, control) {
  return h("button", { type: "button", class: "link", onclick: ({ target }) => {
    control.disabled = !control.disabled;
    target.textContent = control.disabled ? "goes back; keep it after all" : "back to the profile";
    form.dispatchEvent(new Event("input"));
  } }, "back to the profile");
}

function kindOf(name, spec) {
  if (name.endsWith("_prompt")) return "text";
  if (name === "categories") return "lines";
  if (name === "profile" || spec.enum) return "choice";
  if (spec.type === "object") return "json";
  return ["integer", "number"].includes(spec.type) ? "number" : "word";
}

const choices = (name, spec) => (name === "profile" ? current.profiles : spec.enum);

function toText(kind, value) {
  if (kind === "json") return JSON.stringify(value, null, 1);
  if (kind === "lines") return (value ?? []).join("\n");
  return value ?? "";
}

function fromText(kind, text) {
  if (kind === "json") return JSON.parse(text);
  if (kind === "lines") return text.split("\n").map((line) => line.trim()).filter(Boolean);
  if (kind === "number") return text === "" ? null : Number(text);
  return text === "" ? null : text;
}

function changes() {
  const found = {};
  for (const control of form.elements) {
    if (!control.name) continue;
    if (control.disabled) { found[control.name] = null; continue; }
    const kind = kindOf(control.name, current.fields[control.name]);
    const before = toText(kind, current.values[control.name]);
    if (String(before) === control.value) continue;
    try {
      found[control.name] = fromText(kind, control.value);
    } catch {
      throw Object.assign(new Error(`${control.name}: this is not JSON.`), { field: control.name });
    }
  }
  return found;
}

form.addEventListener("input", () => {
  let count = 0;
  try { count = Object.keys(changes()).length; } catch { count = 1; }
  find("#dirty").textContent = count ? `${count} changed, not saved` : "";
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  for (const note of form.querySelectorAll(".fault")) note.textContent = "";
  for (const control of form.querySelectorAll("[aria-invalid]")) control.removeAttribute("aria-invalid");
  let changed;
  try { changed = changes(); } catch (error) { tell(error.field, error.message); return; }
  if (!Object.keys(changed).length) { toast("Nothing was changed."); return; }
  trying(form.querySelector('[type="submit"]'), async () => {
    try {
      draw(await post("/api/admin/config", changed, { "If-Match": `"${current.version}"` }));
      toast("Saved. Workers notice within half a minute.");
      await history();
    } catch (error) {
      if (error.code === "changed_meanwhile") fill(find("#conflict"), conflict(error));
      else if (error.status === 422) tell(Object.keys(changed).find((name) => error.message.includes(name)), error.message);
      else throw error;
    }
  });
});

function tell(name, message) {
  const note = find(`#${name}-fault`);
  if (!note) { toast(message); return; }
  note.textContent = message.replace("config/app_config.json: ", "");
  find(`#${name}`).setAttribute("aria-invalid", "true");
  find(`#${name}`).focus();
}

function conflict(error) {
  return h("div", { class: "notice fault", role: "alert" }, h("p", {}, error.message),
    h("button", { type: "button", onclick: () => { fill(find("#conflict")); load(); } }, "Load what is saved now"));
}

async function load() {
  try {
    draw(await get("/api/admin/config"));
  } catch (error) {
    fill(form, fault(error));
  }
}

async function history() {
  const { changes: past } = await get("/api/admin/config/history");
  const short = (value) => { const text = typeof value === "string" ? value : JSON.stringify(value); return text?.length > 160 ? `${text.slice(0, 160)} …` : String(text); };
  fill(find("#changes"), past.length ? past.map((change) => h("details", {},
    h("summary", {}, `${localTime(change.changed_at)}: ${Object.keys(change.changes).join(", ")}`),
    h("dl", { class: "facts" }, Object.entries(change.changes).map(([name, { before, after }]) => [h("dt", {}, name), h("dd", {}, short(before), " → ", short(after))]))))
    : empty("Nothing was changed yet.", "What is in force comes from the profile."));
}

await load();
await history().catch((error) => fill(find("#changes"), fault(error)));
ready();
