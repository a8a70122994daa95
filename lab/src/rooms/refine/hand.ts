import { batch } from "@preact/signals";
import { nothing, type Point } from "./drawing.ts";
import { brush, change, chosen, drawing, painting, picture, tolerance, tool, touch, undo } from "./state.ts";
import { cross, panBy, pen, pointAt, zoom, zoomBy } from "./view.ts";

/** The stroke that is being drawn: by which pointer, or by keys, and how far it came. */
let stroke: { readonly pointer: number | "keys"; last: Point } | undefined;
/** The pointers that are down, by their ids. */
const down = new Map<number, PointerEvent>();
let panning: number | undefined;

export const label = (): number => (tool.peek() === "eraser" ? nothing : chosen.peek());

/** The radius of the pen; a pen that tells how hard it is pressed draws by that. */
const radiusOf = ({ pointerType, pressure }: { readonly pointerType?: string; readonly pressure?: number }): number =>
  (brush.peek() / 2) * (pointerType === "pen" && pressure ? 2 * pressure : 1);

/** Begins a stroke, or fills. */
export function press(at: Point, by: number | "keys", event: Partial<PointerEvent> = {}): void {
  const shown = picture.peek();
  if (!shown) return;
  if (tool.peek() === "fill") return change((all) => all.fillRegion(at, label()));
  if (tool.peek() === "wand") return change((all) => all.fillColor(at, label(), shown.pixels, tolerance.peek()));
  stroke = { pointer: by, last: at };
  drawing.peek().begin();
  batch(() => {
    painting.value = true;
    touch(drawing.peek().stroke(at, at, radiusOf(event), label()));
  });
}

/** Goes on with the stroke. */
export function drag(at: Point, event: Partial<PointerEvent> = {}): void {
  if (!stroke) return;
  touch(drawing.peek().stroke(stroke.last, at, radiusOf(event), label()));
  stroke.last = at;
}

export function lift(): void {
  if (!stroke) return;
  stroke = undefined;
  drawing.peek().end();
  batch(() => {
    painting.value = false;
    // What may be undone changed.
    touch({ x: 0, y: 0, width: 1, height: 1 });
  });
}

const isDrawing = (by: number | "keys"): boolean => stroke?.pointer === by;

/** What pointers do on the picture: a mouse, fingers, a pen. Two fingers move and enlarge it, and so does the middle button. */
export const hand = {
  onPointerDown(event: PointerEvent): void {
    const box = event.currentTarget as HTMLElement;
    if ((event.target as HTMLElement).closest(".refine-wipe")) return;
    box.focus({ preventScroll: true });
    event.preventDefault();
    cross.value = undefined;
    box.setPointerCapture(event.pointerId);
    if (event.pointerType === "touch") down.set(event.pointerId, event);
    if (down.size > 1) {
      // The first finger only seemed to draw.
      if (stroke) {
        lift();
        undo();
      }
      return;
    }
    if (event.button === 1) panning = event.pointerId;
    if (event.button === 0) press(pointAt(event), event.pointerId, event);
  },
  onPointerMove(event: PointerEvent): void {
    pen.value = event.pointerType === "touch" ? undefined : pointAt(event);
    if (cross.peek() && event.pointerType === "mouse" && (event.movementX !== 0 || event.movementY !== 0)) {
      cross.value = undefined;
    }
    if (down.size > 1) return pinch(event);
    if (panning === event.pointerId) return panBy(event.movementX, event.movementY);
    if (!isDrawing(event.pointerId)) return;
    const all = event.getCoalescedEvents?.() ?? [];
    for (const each of all.length > 0 ? all : [event]) drag(pointAt(each), each);
  },
  onPointerUp(event: PointerEvent): void {
    down.delete(event.pointerId);
    if (panning === event.pointerId) panning = undefined;
    if (isDrawing(event.pointerId)) lift();
  },
  onPointerCancel(event: PointerEvent): void {
    hand.onPointerUp(event);
  },
  onPointerLeave(): void {
    pen.value = undefined;
  },
  onWheel(event: WheelEvent): void {
    if (event.ctrlKey) zoomBy(Math.exp(-event.deltaY / 200), event);
    else if (zoom.peek().factor > 1) panBy(-event.deltaX, -event.deltaY);
    else return;
    event.preventDefault();
  },
  onBlur(): void {
    if (isDrawing("keys")) lift();
    cross.value = undefined;
  },
  onKeyDown(event: KeyboardEvent): void {
    const shown = picture.peek();
    if (!shown || event.target !== event.currentTarget || event.ctrlKey || event.metaKey) return;
    const way = ways[event.key];
    if (way) {
      const step = event.altKey ? 1 : event.shiftKey ? 24 : 6;
      const from = cross.peek() ?? pen.peek() ?? { x: shown.width / 2, y: shown.height / 2 };
      const within = (value: number, most: number): number => Math.min(Math.max(value, 0.5), most - 0.5);
      cross.value = {
        x: within(from.x + way[0] * step, shown.width),
        y: within(from.y + way[1] * step, shown.height),
      };
      if (isDrawing("keys")) drag(cross.value);
    } else if (event.key === " ") {
      cross.value ??= { x: shown.width / 2, y: shown.height / 2 };
      if (!event.repeat) press(cross.value, "keys");
    } else return;
    event.preventDefault();
  },
  onKeyUp(event: KeyboardEvent): void {
    if (event.key === " " && isDrawing("keys")) lift();
  },
};

const ways: Readonly<Record<string, readonly [x: number, y: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** Two fingers: what is between them stays between them. */
function pinch(event: PointerEvent): void {
  const before = down.get(event.pointerId);
  const other = [...down.values()].find(({ pointerId }) => pointerId !== event.pointerId);
  if (!before || !other) return;
  const distance = (one: PointerEvent): number =>
    Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY) || 1;
  panBy((event.clientX - before.clientX) / 2, (event.clientY - before.clientY) / 2);
  zoomBy(distance(event) / distance(before), {
    clientX: (event.clientX + other.clientX) / 2,
    clientY: (event.clientY + other.clientY) / 2,
  });
  down.set(event.pointerId, event);
}
