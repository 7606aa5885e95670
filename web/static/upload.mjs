// Uploads PDFs: to S3 with a presigned form where the bucket lets this page, through the panel where it doesn't.

import { Refused, csrfToken, post } from "./api.mjs";
import { bytes, confirmed, find, h } from "./dom.mjs";

const AT_ONCE = 3;
const SIGNATURE_BYTES = 1024;

/** Take files from the drop zone and the chooser; `uploaded(key)` is called for each that arrived. */
export function takeUploads(uploaded) {
  const drop = find("#drop");
  const chooser = find("#files");
  const maxBytes = Number(drop.dataset.maxBytes);
  const waiting = [];
  let running = 0;

  find("#choose").addEventListener("click", () => chooser.click());
  chooser.addEventListener("change", () => { take([...chooser.files]); chooser.value = ""; });
  // Anywhere on the page: a file that misses the zone must not replace the page.
  addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
  addEventListener("dragleave", (event) => { if (!event.relatedTarget) drop.classList.remove("over"); });
  addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    take([...(event.dataTransfer?.files ?? [])]);
  });

  // An upload ends with its page.
  addEventListener("beforeunload", (event) => { if (running || waiting.length) event.preventDefault(); });

  function take(files) {
    for (const file of files) {
      const note = h("span", { class: "muted small" }, "waiting");
      const bar = h("progress", { max: 1, value: 0, "aria-label": `Upload of ${file.name}` });
      const line = h("li", {}, h("span", {}, file.name, " ", h("span", { class: "muted small" }, bytes(file.size))), note, bar);
      find("#uploads").append(line);
      waiting.push({ file, note, bar, line });
    }
    next();
  }

  async function next() {
    if (running >= AT_ONCE || !waiting.length) return;
    running += 1;
    const { file, note, bar, line } = waiting.shift();
    next();
    try {
      note.textContent = "uploading";
      const key = await upload(file, maxBytes, (share) => { bar.value = share; });
      bar.value = 1;
      note.textContent = "uploaded; a worker takes it from here";
      uploaded(key);
      setTimeout(() => line.remove(), 8000);
    } catch (error) {
      note.className = "fault small";
      note.textContent = error.message;
      bar.remove();
      line.append(h("button", { type: "button", class: "quiet", onclick: () => line.remove() }, "Dismiss"));
    } finally {
      running -= 1;
      next();
    }
  }
}

async function upload(file, maxBytes, progress) {
  if (file.size > maxBytes) throw new Error(`larger than the limit of ${bytes(maxBytes)}`);
  if (!file.size) throw new Error("the file is empty");
  if (!(await looksLikePdf(file))) throw new Error("this is not a PDF, whatever its name says");
  const folder = find("#folder").value;
  const place = await post("/api/admin/upload", { filename: file.name, size_bytes: file.size, folder });
  if (place.exists && !(await confirmed("Replace this document?", `${place.s3_key} is there already. It stays searchable until the new one has been processed, and is gone then.`, "Replace")))
    throw new Error("not uploaded: the one that is there was kept");
  if (place.mode !== "app") {
    const form = new FormData();
    for (const [name, value] of Object.entries(place.fields)) form.append(name, value);
    form.append("file", file);
    const status = await send(place.url, form, {}, progress);
    if (status.ok) return (await post("/api/admin/uploaded", { s3_key: place.s3_key })).s3_key;
    // 0: the bucket's CORS rules keep the answer from us. The preflight failed, so nothing was sent.
    if (status.code || place.mode === "direct")
      throw new Error(status.code === 400 ? "S3 refused it: too large, or the form is too old" : "S3 did not take it");
  }
  const form = new FormData();
  form.append("folder", folder);
  form.append("file", file);
  const status = await send("/api/admin/upload", form, { "X-CSRFToken": csrfToken() }, progress);
  if (!status.ok) throw new Refused(status.code, JSON.parse(status.text || "{}").error);
  return JSON.parse(status.text).s3_key;
}

async function looksLikePdf(file) {
  const start = await file.slice(0, SIGNATURE_BYTES).text();
  return start.includes("%PDF-");
}

function send(url, form, headers, progress) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", (event) => { if (event.lengthComputable) progress(event.loaded / event.total); });
    request.addEventListener("load", () => resolve({ ok: request.status < 300, code: request.status, text: request.responseText }));
    request.addEventListener("error", () => resolve({ ok: false, code: 0, text: "" }));
    request.send(form);
  });
}
