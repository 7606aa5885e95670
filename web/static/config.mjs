// Settings of documents and answers: edited over the version that was read; a second editor sees that beside the button.

import { fault, get, post, toast, trying } from "./api.mjs";
import { empty, fill, find, h, localTime, ready } from "./dom.mjs";
import { controlFor, isWide, kindOf } from "./settings_fields.mjs";

const form = find("#form");
let current = null;
let controls = new Map();
const goingBack = new Set();

// When a change is noticed, by the group of the setting; some settings of a group differ.
const WITH_QUESTIONS = "Takes effect with the next question.";
const WITH_DOCUMENTS = "For documents that are processed from now on. Run the others again to change them.";
const EFFECTS = { "Search and answers": WITH_QUESTIONS, "Reading and cutting": WITH_DOCUMENTS, Vocabulary: WITH_DOCUMENTS, Prompts: WITH_DOCUMENTS, Profile: "For all settings that are not changed here." };
const OWN_EFFECTS = { system_prompt: WITH_QUESTIONS, prices: "For costs from now on.", enrichment_input_tokens: WITH_DOCUMENTS };
const BOTH = "Takes effect with the next question and the next document.";

function draw(config) {
  current = config;
  controls = new Map();
  goingBack.clear();
  const groups = new Map();
  for (const [name, spec] of Object.entries(config.fields)) {
    const title = spec.group ?? "More";
    groups.set(title, [...(groups.get(title) ?? []), name]);
  }
  fill(form, [...groups].map(([title, names]) => h("fieldset", {}, h("h2", {}, title), h("div", { class: "form-grid" }, names.map(field)))),
    h("div", { class: "sticky" }, h("div", { id: "conflict" }),
      h("div", { class: "row end" }, h("span", { class: "muted small grow", id: "dirty", role: "status" }, ""),
        h("button", { type: "button", onclick: load }, "Discard"), h("button", { type: "submit" }, "Save"))));
  form.removeAttribute("aria-busy");
}

function field(name) {
  const spec = current.fields[name];
  const kind = kindOf(name, spec);
  const bounds = [spec.minimum !== undefined ? `from ${spec.minimum}` : "", spec.maximum !== undefined ? `to ${spec.maximum}` : ""].filter(Boolean).join(" ");
  const isOwn = name in current.overrides;
  const shared = { id: name, name, "aria-describedby": `${name}-help ${name}-fault` };
  const control = controlFor(kind, spec, shared, name === "profile" ? current.profiles : spec.enum, noticed);
  control.reset(current.values[name]);
  control.before = JSON.stringify(current.values[name] ?? null);
  controls.set(name, control);
  const label = ["prices", "colors"].includes(kind) ? h("span", { class: "label", id: `${name}-label` }, spec.title) : h("label", { for: name }, spec.title);
  return h("div", { class: `field${isWide(kind) ? " wide" : ""}` }, label, control.element,
    h("div", { class: "small muted", id: `${name}-help` }, [spec.description, bounds].filter(Boolean).join(" · "),
      h("span", { class: "effect" }, OWN_EFFECTS[name] ?? EFFECTS[spec.group] ?? BOTH),
      h("span", { class: "effect" }, isOwn ? "changed here" : "from the profile", isOwn && name !== "profile" ? [" · ", resetOf(name, control)] : null)),
    h("div", { class: "small fault", id: `${name}-fault` }));
}

/** Saved as null, which takes the key out of the file. What the profile says is seen afterwards. */
function resetOf(name, control) {
  return h("button", { type: "button", class: "link", onclick: ({ target }) => {
    if (goingBack.has(name)) goingBack.delete(name); else goingBack.add(name);
    control.element.toggleAttribute("inert", goingBack.has(name));
    target.textContent = goingBack.has(name) ? "keep my value" : "back to the profile";
    noticed();
  } }, "back to the profile");
}

function changes() {
  const found = {};
  for (const [name, control] of controls) {
    if (goingBack.has(name)) { found[name] = null; continue; }
    let value;
    try { value = control.read(); } catch (error) { throw Object.assign(error, { field: name }); }
    if (JSON.stringify(value ?? null) !== control.before) found[name] = value;
  }
  return found;
}

function count() {
  if (!current) return 0;
  try { return Object.keys(changes()).length; } catch { return 1; }
}

function noticed() {
  const changed = count();
  find("#dirty").textContent = changed ? `${changed} changed, not saved` : "";
}

form.addEventListener("input", noticed);
addEventListener("beforeunload", (event) => { if (count()) event.preventDefault(); });

form.addEventListener("submit", (event) => {
  event.preventDefault();
  for (const note of form.querySelectorAll(".field .fault")) note.textContent = "";
  for (const control of form.querySelectorAll("[aria-invalid]")) control.removeAttribute("aria-invalid");
  fill(find("#conflict"));
  let changed;
  try { changed = changes(); } catch (error) { tell(error.field, error.message); return; }
  if (!Object.keys(changed).length) { find("#dirty").textContent = "Nothing was changed."; return; }
  trying(form.querySelector('[type="submit"]'), async () => {
    try {
      draw(await post("/api/admin/config", changed, { "If-Match": `"${current.version}"` }));
      toast("Saved. Workers notice within half a minute.");
      await history();
    } catch (error) {
      if (error.code === "changed_meanwhile") fill(find("#conflict"), fault(error, h("button", { type: "button", onclick: load }, "Load what is saved now")));
      else if (error.status === 422) tell(Object.keys(changed).find((name) => error.message.includes(name)), error.message);
      else fill(find("#conflict"), fault(error));
    }
  });
});

/** At the setting, and beside the button, which may be far from it. */
function tell(name, message) {
  const note = find(`#${name}-fault`);
  const text = message.replace("config/app_config.json: ", "");
  if (!note) { fill(find("#conflict"), fault({ message: text })); return; }
  note.textContent = text;
  fill(find("#conflict"), fault({ message: `${current.fields[name].title}: see what is wrong there. Nothing was saved.` }));
  const control = controls.get(name).element;
  control.setAttribute("aria-invalid", "true");
  control.focus({ preventScroll: true });
  control.scrollIntoView({ block: "center" }); // not below the bar with the buttons
}

async function load() {
  try {
    draw(await get("/api/admin/config"));
  } catch (error) {
    fill(form, fault(error, h("button", { type: "button", onclick: load }, "Load again")));
  }
}

async function history() {
  const { changes: past } = await get("/api/admin/config/history");
  const short = (value) => { const text = typeof value === "string" ? value : JSON.stringify(value); return text?.length > 160 ? `${text.slice(0, 160)} …` : String(text); };
  const titled = (name) => current?.fields[name]?.title ?? name;
  fill(find("#changes"), past.length ? past.map((change) => h("details", {},
    h("summary", {}, `${localTime(change.changed_at)}: ${Object.keys(change.changes).map(titled).join(", ")}`),
    h("dl", { class: "facts" }, Object.entries(change.changes).map(([name, { before, after }]) => [h("dt", {}, titled(name)), h("dd", {}, short(before), " → ", short(after))]))))
    : empty("Nothing was changed yet.", "All values come from the profile."));
}

await load();
await history().catch((error) => fill(find("#changes"), fault(error)));
ready();
