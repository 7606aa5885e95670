// A list of any length of which only the rows in sight are in the page. Rows have one height.

import { h } from "./dom.mjs";

const ROWS_AROUND = 8;

/**
 * Show `items` in `box`, which scrolls. `row(item, index)` makes the content of a row of `height` pixels.
 * Returns {show(items), reveal(index), refresh()}.
 */
export function windowList(box, height, row) {
  let items = [];
  let first = -1;
  let last = -1;
  const list = h("ul", {});
  const space = h("div", { class: "space" }, list);
  box.append(space);

  function draw(force = false) {
    const from = Math.max(0, Math.floor(box.scrollTop / height) - ROWS_AROUND);
    const to = Math.min(items.length, Math.ceil((box.scrollTop + (box.clientHeight || 400)) / height) + ROWS_AROUND);
    if (!force && from === first && to === last) return;
    // What has the focus stays where it is: a row that is redrawn would lose it.
    const focused = document.activeElement;
    const kept = list.contains(focused) ? focused.closest("li") : null;
    const keptIndex = kept ? Number(kept.dataset.index) : -1;
    const keptName = kept ? focused.dataset.part : "";
    [first, last] = [from, to];
    list.replaceChildren(...items.slice(from, to).map((item, at) =>
      h("li", { "data-index": from + at, "aria-setsize": items.length, "aria-posinset": from + at + 1 }, row(item, from + at))));
    list.style.transform = `translateY(${from * height}px)`;
    if (keptIndex >= from && keptIndex < to) list.querySelector(`[data-index="${keptIndex}"] [data-part="${keptName}"]`)?.focus({ preventScroll: true });
  }

  box.addEventListener("scroll", () => draw(), { passive: true });
  new ResizeObserver(() => draw()).observe(box);
  return {
    show(next) {
      items = next;
      space.style.height = `${items.length * height}px`;
      draw(true);
    },
    reveal(index) {
      if (index < 0) return;
      const top = index * height;
      if (top < box.scrollTop || top + height > box.scrollTop + box.clientHeight) box.scrollTop = Math.max(0, top - box.clientHeight / 3);
      draw(true);
    },
    refresh: () => draw(true),
  };
}
