import type { ComponentChildren, JSX } from "preact";
import { useId, useRef } from "preact/hooks";
import type { Fit, Size } from "./Drawing.tsx";
import { choosePixel, chosen, picture } from "./state.ts";

interface PickableProps {
  /** What is on view, to screen readers. */
  readonly label: string;
  /** What the keys do, in a sentence. */
  readonly keys: string;
  /** What is to be said of the chosen pixel, to screen readers, whenever it has changed. */
  readonly status: string;
  /** Where the picture stands in this place; in several places, the one that was hit. */
  readonly place: (size: Size, x: number, y: number) => Fit | undefined;
  /** What a press does there. Default: it chooses the pixel, also while it is dragged. */
  readonly onPress?: (x: number, y: number) => void;
  /** What Enter and the space bar do with the chosen pixel. */
  readonly onEnter?: (x: number, y: number) => void;
  /** The pixel under the pointer, and nothing when it leaves. */
  readonly onHover?: (at: { readonly x: number; readonly y: number } | undefined) => void;
  readonly children: ComponentChildren;
}

/** A picture whose pixels are chosen by the pointer, or by arrow keys once it has the focus. */
export function Pickable({
  label,
  keys,
  status,
  place,
  onPress,
  onEnter,
  onHover,
  children,
}: PickableProps): JSX.Element {
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  const find = (event: PointerEvent): { x: number; y: number } | undefined => {
    const { left, top, width, height } = box.current!.getBoundingClientRect();
    const [px, py] = [event.clientX - left, event.clientY - top];
    const now = picture.peek();
    const fit = place({ width, height }, px, py);
    if (!now || !fit) return undefined;
    const [x, y] = [Math.floor((px - fit.left) / fit.scale), Math.floor((py - fit.top) / fit.scale)];
    return x >= 0 && y >= 0 && x < now.width && y < now.height ? { x, y } : undefined;
  };
  const press = (event: PointerEvent): void => {
    const at = event.button === 0 ? find(event) : undefined;
    if (!at) return;
    (onPress ?? choosePixel)(at.x, at.y);
  };
  const move = (event: PointerEvent): void => {
    const at = find(event);
    onHover?.(at);
    // A finger that moves scrolls the page.
    if (at && !onPress && event.buttons === 1 && event.pointerType !== "touch") choosePixel(at.x, at.y);
  };
  const key = (event: KeyboardEvent): void => {
    const { x, y } = chosen.peek();
    const far = event.shiftKey ? 10 : 1;
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (way) choosePixel(x + way[0]! * far, y + way[1]! * far);
    else if (onEnter && (event.key === "Enter" || event.key === " ")) onEnter(x, y);
    else return;
    event.preventDefault();
  };
  return (
    <div
      ref={box}
      class="inside-pick"
      role="application"
      tabIndex={0}
      aria-label={label}
      aria-describedby={id}
      onPointerDown={press}
      onPointerMove={move}
      onPointerLeave={() => onHover?.(undefined)}
      onKeyDown={key}
    >
      {children}
      <p class="unseen" id={id}>
        {keys}
      </p>
      <p class="unseen" role="status">
        {status}
      </p>
    </div>
  );
}
