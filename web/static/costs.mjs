// What models cost, by day, model, document and run.

import { fault, get } from "./api.mjs";
import { dollars, empty, fill, find, h, number, ready, table } from "./dom.mjs";
import { bars, csv } from "./plot.mjs";

const counted = [
  { label: "Tokens in", number: true, cell: (row) => number(row.tokens_in) },
  { label: "Tokens out", number: true, cell: (row) => number(row.tokens_out) },
  { label: "Cost", number: true, cell: (row) => dollars(row.cost_usd) },
];
const lead = (label, cell) => ({ label, lead: true, cell });

function put(target, columns, rows, what) {
  fill(find(target), rows.length ? table([...columns, ...counted], rows, { caption: what }) : empty("Nothing yet.", `No ${what} that cost anything.`));
}

async function load() {
  try {
    const costs = await get("/api/admin/api-costs", { days: find("#days").value });
    const tile = (count, label) => h("div", { class: "tile" }, h("b", {}, count), h("span", {}, label));
    fill(find("#tiles"), tile(dollars(costs.total.cost_usd), "in all"), tile(dollars(costs.days[0].total.cost_usd), "today (UTC)"),
      tile(number(costs.total.tokens_in), "tokens in"), tile(number(costs.total.tokens_out), "tokens out"),
      tile(number(costs.total.documents), "documents described"), tile(number(costs.total.questions), "questions answered"));
    drawPlot(costs);
    put("#by-day", [lead("Day", (row) => row.day)], costs.days.filter((day) => day.models.length).map((day) => ({ day: day.day, ...day.total })), "days");
    put("#by-model", [lead("Model", (row) => row.model)], costs.models, "models");
    put("#by-document", [lead("Document", (row) => h("a", { class: "name", href: `/documents/${row.document_id}` }, row.s3_key.split("/").pop()))], costs.documents, "documents");
    const { runs } = await get("/api/admin/history");
    const dear = runs.filter((run) => run.cost_usd || run.tokens_in);
    put("#by-run", [lead("Run", (row) => h("a", { class: "name mono", href: `/runs/${row.run_id}` }, row.run_id))], dear, "runs");
    // Four times that there is nothing says no more than once.
    find(".columns").hidden = !costs.models.length && !costs.documents.length && !dear.length;
    if (find(".columns").hidden) fill(find("#plot"), empty("Nothing cost anything in these days.", "What describing documents, embedding them and answering questions costs is shown here."));
  } catch (error) {
    fill(find("#tiles"), fault(error));
  }
}

/** The dearest model at the bottom; four have colours of their own, the rest share one. */
function drawPlot(costs) {
  const order = costs.models.map((row) => row.model);
  const kindOf = (model) => `kind-${Math.min(order.indexOf(model), 4)}`;
  const days = [...costs.days].reverse();
  fill(find("#plot"), bars(days.map(({ day, models, total }) => ({
    label: day.slice(5),
    title: `${day}: ${dollars(total.cost_usd)}${models.map((row) => `\n${row.model} ${dollars(row.cost_usd)}`).join("")}`,
    parts: [...models].sort((one, other) => order.indexOf(one.model) - order.indexOf(other.model)).map((row) => ({ kind: kindOf(row.model), value: row.cost_usd })),
  })), { format: dollars, name: `Costs of ${days.length} days by model`, isWide: true }),
    h("p", { class: "legend small" }, order.map((model) => h("span", {}, h("i", { class: `swatch ${kindOf(model)}` }), model))));
  const rows = costs.days.flatMap(({ day, models }) => models.map((row) => [day, row.model, row.tokens_in, row.tokens_out, row.cost_usd, row.documents, row.questions]));
  find("#csv").onclick = () => {
    const address = URL.createObjectURL(csv(["day", "model", "tokens_in", "tokens_out", "cost_usd", "documents", "questions"], rows));
    h("a", { href: address, download: "costs.csv" }).click();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
  };
}

const given = new URLSearchParams(location.search).get("days");
if ([...find("#days").options].some((option) => option.value === given)) find("#days").value = given;
find("#days").addEventListener("change", () => { history.replaceState(null, "", `?days=${find("#days").value}`); load(); });
await load();
ready();
