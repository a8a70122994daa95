import { brush, chosen, classes, redo, tool, undo } from "./state.ts";
import { zoomBy } from "./view.ts";

const step = 1.25;
const letters = { b: "brush", e: "eraser", f: "fill", s: "wand" } as const;

/** Keys of the whole room. In fields that text is written into, they write. */
export function pressKey(event: KeyboardEvent): void {
  const { key, target } = event;
  const field =
    target instanceof HTMLElement &&
    target.closest("input:not([type=range], [type=radio], [type=checkbox]), select, textarea");
  if (field || event.altKey) return;
  if (event.ctrlKey || event.metaKey) {
    const again = (key.toLowerCase() === "z" && event.shiftKey) || key.toLowerCase() === "y";
    if (again) redo();
    else if (key.toLowerCase() === "z") undo();
    else return;
  } else if (/^[0-9]$/.test(key)) {
    const label = key === "0" ? 9 : Number(key) - 1;
    if (label >= classes.peek().length) return;
    chosen.value = label;
    if (tool.peek() === "eraser") tool.value = "brush";
  } else if (key === "[" || key === "]") {
    const size = brush.peek() * (key === "]" ? step : 1 / step);
    const moved = key === "]" ? Math.ceil(size) : Math.floor(size);
    brush.value = Math.min(Math.max(moved, 1), 160);
  } else if (key === "+" || key === "=" || key === "-") zoomBy(key === "-" ? 1 / step : step);
  else if (key in letters) tool.value = letters[key as keyof typeof letters];
  else return;
  event.preventDefault();
}
