import { signal } from "@preact/signals";
import type { Point } from "./drawing.ts";
import { picture } from "./state.ts";

/** The element that the picture is in. */
export const place: { box: HTMLElement | undefined } = { box: undefined };

/** How much the picture is enlarged, and how far it is moved, in pixels of the screen. */
export const zoom = signal({ factor: 1, x: 0, y: 0 });
/** Where the pointer is over the picture, in its pixels. */
export const pen = signal<Point | undefined>(undefined);
/** Where the crosshair is that keys move; undefined while nobody uses keys. */
export const cross = signal<Point | undefined>(undefined);

export const mostZoom = 12;

export const reset = (): void => {
  zoom.value = { factor: 1, x: 0, y: 0 };
};

/** The place of the picture under a point of the screen. */
export function pointAt({ clientX, clientY }: { readonly clientX: number; readonly clientY: number }): Point {
  const { left, top, width, height } = place.box!.getBoundingClientRect();
  const shown = picture.peek()!;
  return { x: ((clientX - left) / width) * shown.width, y: ((clientY - top) / height) * shown.height };
}

/** Enlarges the picture by a factor, and keeps the point of the screen where it is. */
export function zoomBy(by: number, about?: { readonly clientX: number; readonly clientY: number }): void {
  if (!place.box) return;
  const { factor, x, y } = zoom.peek();
  const to = Math.min(Math.max(factor * by, 1), mostZoom);
  const { left, top, width, height } = place.box.getBoundingClientRect();
  // From the middle of the picture as it is now.
  const [dx, dy] = about ? [about.clientX - left - width / 2, about.clientY - top - height / 2] : [0, 0];
  const share = 1 - to / factor;
  moveTo(to, x + dx * share, y + dy * share);
}

export const panBy = (dx: number, dy: number): void => {
  const { factor, x, y } = zoom.peek();
  moveTo(factor, x + dx, y + dy);
};

/** Moves the picture, but not away from its place. */
function moveTo(factor: number, x: number, y: number): void {
  const { offsetWidth, offsetHeight } = place.box!;
  const [across, down] = [((factor - 1) * offsetWidth) / 2, ((factor - 1) * offsetHeight) / 2];
  const within = (value: number, most: number): number => Math.min(Math.max(value, -most), most);
  zoom.value = { factor, x: within(x, across), y: within(y, down) };
}
