import { cssColor } from "../../../style/classes.ts";
import { colorBitmap, gray, grayBitmap, veil } from "../bitmaps.ts";
import { type Fit, fit, type Size } from "../Drawing.tsx";
import { type Palette, palette } from "../palette.ts";
import { chosen, parameters, picture, plane, pointPixels } from "../state.ts";
import type { Plane } from "./plane.ts";
import { moment } from "./player.ts";

type Place = readonly [x: number, y: number];

/** How much of a simplex's colors its parts have, by the remainder of the vertex across from which they lie. */
const shades = [0.62, 0.36, 0.16];

export const margin = 20;

export const placeOf = ({ places }: Plane, vertex: number): Place => [places[2 * vertex]!, places[2 * vertex + 1]!];

/** The edges of the lattice between vertices that exist, axis by axis, in pixels of the picture. */
const edges = new WeakMap<Plane, readonly Path2D[]>();
function edgesOf(now: Plane): readonly Path2D[] {
  const known = edges.get(now);
  if (known) return known;
  const vertices = now.places.length / 2;
  const made = [0, 1, 2].map((axis) => {
    const path = new Path2D();
    for (let vertex = 0; vertex < vertices; vertex++) {
      const other = now.neighbors[2 * (axis * vertices + vertex)]!;
      if (other === vertices) continue;
      path.moveTo(...placeOf(now, vertex));
      path.lineTo(...placeOf(now, other));
    }
    return path;
  });
  edges.set(now, made);
  return made;
}

/** The picture of the result: gray values as gray, points as a veil. */
let made: { readonly plane: Plane; readonly key: string; readonly picture: OffscreenCanvas } | undefined;
function resultOf(now: Plane, colors: Palette): OffscreenCanvas {
  const { normalized, signal } = parameters.value;
  const key = [normalized, signal, colors.accent.join()].join();
  if (made?.plane === now && made.key === key) return made.picture;
  const values = normalized ? now.normalized : now.plain;
  const most = signal === "gray" && normalized ? 1 : largest(values);
  const { width, height } = now;
  const drawn =
    signal === "gray"
      ? gray(width, height, (pixel) => values[pixel]! / most)
      : veil(width, height, colors.accent, (pixel) => values[pixel]! / most);
  made = { plane: now, key, picture: drawn };
  return drawn;
}

function largest(values: ArrayLike<number>): number {
  let most = 1e-30;
  for (let i = 0; i < values.length; i++) most = Math.max(most, values[i]!);
  return most;
}

/** What the vertices hold at the moment, between two steps what lies between them, and the value that the largest disk stands for. */
function heldAt(now: Plane, at: number): { readonly value: (vertex: number) => number; readonly unit: number } {
  const [before, after] = [Math.floor(at), Math.min(Math.floor(at) + 1, 4)];
  const share = at - before;
  const of = (step: number) => (step === 0 ? undefined : now.held[Math.min(step, 4) - 1]);
  const [a, b] = [of(before), of(after)];
  const scale =
    parameters.value.signal === "points" ? 1.6 : (1 - share) * largest(a ?? b ?? []) + share * largest(b ?? []);
  return { value: (vertex) => (1 - share) * (a?.[vertex] ?? 0) + share * (b?.[vertex] ?? 0), unit: scale };
}

/** Draws the picture, the lattice over it, and what is in both at the moment. */
export function drawPlane(context: CanvasRenderingContext2D, size: Size): void {
  const shown = picture.value;
  if (!shown) return;
  const colors = palette.value;
  const at = moment.value;
  const place = fit(shown, size, margin);
  const { left, top, scale } = place;
  const now = plane.value;
  const isGray = parameters.value.signal === "gray";
  const sliced = Math.max(at - 4, 0);

  const frame = [left, top, shown.width * scale, shown.height * scale] as const;
  context.imageSmoothingEnabled = false;
  const bitmap = isGray ? grayBitmap.value! : colorBitmap.value!;
  context.globalAlpha = 1;
  context.fillStyle = cssColor(colors.stage);
  context.fillRect(...frame);
  context.globalAlpha = at === 0 ? 0.82 : isGray ? Math.max(0.82 - at, 0.18) : Math.max(0.82 - 0.4 * at, 0.4);
  context.drawImage(bitmap, ...frame);
  if (now && sliced > 0) {
    context.globalAlpha = sliced;
    if (!isGray) {
      context.fillStyle = cssColor(colors.stage, 0.55);
      context.fillRect(...frame);
    }
    context.drawImage(resultOf(now, colors), ...frame);
  }
  context.globalAlpha = 1;
  if (!now || now.width !== shown.width || now.height !== shown.height) return;

  const side = now.bandwidth * scale;
  drawEdges(context, now, place, colors, at, sliced);
  if (at > 0) drawDisks(context, now, place, colors, at, sliced);
  if (!isGray) drawPoints(context, now, place, colors, at);
  drawChosen(context, now, place, colors, at, side);
}

/** The center of a pixel stands at its column and row, the corner of the picture half a pixel before them. */
export const toPage = ({ left, top, scale }: Fit, [x, y]: Place): Place => [
  left + (x + 0.5) * scale,
  top + (y + 0.5) * scale,
];

function drawEdges(
  context: CanvasRenderingContext2D,
  now: Plane,
  place: Fit,
  colors: Palette,
  at: number,
  sliced: number,
): void {
  const { left, top, scale } = place;
  const axis = Math.ceil(at) - 2;
  const side = now.bandwidth * scale;
  context.save();
  context.translate(left + scale / 2, top + scale / 2);
  context.scale(scale, scale);
  edgesOf(now).forEach((path, own) => {
    const along = own === axis && at > 1 && at <= 4;
    context.strokeStyle = cssColor(
      along ? colors.warm : colors.accent,
      along ? 0.75 : side < 14 ? 0.4 : 0.62 - 0.3 * sliced,
    );
    context.lineWidth = (along ? 1.6 : 1) / scale;
    context.stroke(path);
  });
  context.restore();
}

/** How many tones of gray are told apart. */
const tones = 24;

/** Disks have the area of what a vertex holds, or, of gray values, its tone. */
function drawDisks(
  context: CanvasRenderingContext2D,
  now: Plane,
  place: Fit,
  colors: Palette,
  at: number,
  sliced: number,
): void {
  const { value, unit } = heldAt(now, at);
  const isGray = parameters.value.signal === "gray";
  const most = 0.43 * now.bandwidth * place.scale;
  const paths = new Map<number, Path2D>();
  const vertices = now.places.length / 2;
  for (let vertex = 0; vertex < vertices; vertex++) {
    const held = value(vertex) / unit;
    if (held < 5e-4) continue;
    const tone = isGray ? Math.round(Math.min(held, 1) * tones) : tones;
    const path = paths.get(tone) ?? new Path2D();
    paths.set(tone, path);
    const [x, y] = toPage(place, placeOf(now, vertex));
    const radius = Math.max(most * (isGray ? Math.min(at, 1) : Math.sqrt(Math.min(held, 1.35))), 1);
    path.moveTo(x + radius, y);
    path.arc(x, y, radius, 0, 7);
  }
  for (const [tone, path] of paths) {
    const level = (255 * tone) / tones;
    context.fillStyle = cssColor(
      isGray ? [level, level, level] : colors.accent,
      (isGray ? 1 : 0.88) * (1 - 0.75 * sliced),
    );
    context.fill(path);
  }
}

/** Pixels that carry something, and in the splat what they give. */
function drawPoints(context: CanvasRenderingContext2D, now: Plane, place: Fit, colors: Palette, at: number): void {
  const { width, bandwidth } = now;
  const given = at > 0 && at <= 1 ? at : at > 1 && at < 2 ? 2 - at : 0;
  context.lineCap = "round";
  for (const pixel of pointPixels.value) {
    const from = toPage(place, [pixel % width, Math.floor(pixel / width)]);
    if (given > 0) {
      for (let r = 0; r < 3; r++) {
        const to = toPage(place, placeOf(now, now.simplices[3 * pixel + r]!));
        context.beginPath();
        context.moveTo(...from);
        context.lineTo(
          from[0] + (to[0] - from[0]) * Math.min(given, 1),
          from[1] + (to[1] - from[1]) * Math.min(given, 1),
        );
        context.strokeStyle = cssColor(colors.warm, 0.7);
        context.lineWidth = 1 + 0.09 * now.weights[3 * pixel + r]! * bandwidth * place.scale;
        context.stroke();
      }
    }
    context.beginPath();
    context.arc(...from, Math.max(4, Math.min(0.075 * bandwidth * place.scale, 9)), 0, 7);
    context.fillStyle = cssColor(colors.warm);
    context.strokeStyle = cssColor(colors.face);
    context.lineWidth = 1.5;
    context.fill();
    context.stroke();
  }
}

function trace(context: CanvasRenderingContext2D, ...places: readonly Place[]): void {
  context.beginPath();
  places.forEach((place, i) => (i === 0 ? context.moveTo(...place) : context.lineTo(...place)));
  context.closePath();
}

function arrow(
  context: CanvasRenderingContext2D,
  from: Place,
  to: Place,
  width: number,
  gaps: readonly [number, number],
): void {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const length = Math.hypot(dx, dy);
  const head = Math.min(5 + 1.6 * width, 0.4 * length);
  if (length < gaps[0] + gaps[1] + head) return;
  const [ux, uy] = [dx / length, dy / length];
  const along = (by: number, across = 0): Place => [from[0] + ux * by - uy * across, from[1] + uy * by + ux * across];
  const end = length - gaps[1];
  context.lineWidth = width;
  context.beginPath();
  context.moveTo(...along(gaps[0]));
  context.lineTo(...along(end - 0.8 * head));
  context.stroke();
  trace(context, along(end), along(end - head, 0.45 * head), along(end - head, -0.45 * head));
  context.fill();
}

/** The chosen pixel and its simplex: at first with the parts that the weights stand for, then with what flows. */
function drawChosen(
  context: CanvasRenderingContext2D,
  now: Plane,
  place: Fit,
  colors: Palette,
  at: number,
  side: number,
): void {
  const { x, y, pixel } = chosen.value;
  const point = toPage(place, [x, y]);
  const vertices = [0, 1, 2].map((r) => now.simplices[3 * pixel + r]!);
  const corners = vertices.map((vertex) => toPage(place, placeOf(now, vertex)));
  const across = (r: number): readonly Place[] => corners.filter((_, other) => other !== r);
  const parts = Math.max(1 - at, 0);
  if (parts > 0) {
    for (let r = 0; r < 3; r++) {
      trace(context, point, ...across(r));
      context.fillStyle = cssColor(colors.accent, shades[r]! * parts);
      context.fill();
    }
    context.strokeStyle = cssColor(colors.face, 0.9 * parts);
    context.lineWidth = 1;
    context.beginPath();
    for (const corner of corners) {
      context.moveTo(...point);
      context.lineTo(...corner);
    }
    context.stroke();
  }
  trace(context, ...corners);
  context.lineJoin = "round";
  context.strokeStyle = cssColor(colors.face, 0.85);
  context.lineWidth = 5;
  context.stroke();
  context.strokeStyle = cssColor(colors.accent);
  context.lineWidth = 2.25;
  context.stroke();

  const count = now.places.length / 2;
  const axis = Math.ceil(at) - 2;
  context.strokeStyle = context.fillStyle = cssColor(colors.warm);
  if (axis >= 0 && axis < 3 && side > 16) {
    for (const [r, vertex] of vertices.entries()) {
      for (const beside of [0, 1]) {
        const other = now.neighbors[2 * (axis * count + vertex) + beside]!;
        if (other < count) arrow(context, toPage(place, placeOf(now, other)), corners[r]!, 3.5, [4, 5]);
      }
    }
  }
  if (at > 4 && side > 16) {
    for (const [r, corner] of corners.entries()) {
      arrow(context, corner, point, 1 + 5 * now.weights[3 * pixel + r]!, [10, 6]);
    }
  }
  drawMarks(context, corners, colors, side);
  context.beginPath();
  context.arc(...point, 5.5, 0, 7);
  context.fillStyle = cssColor(colors.face);
  context.strokeStyle = cssColor(colors.warm);
  context.lineWidth = 3;
  context.fill();
  context.stroke();
}

/** The remainders of the simplex's vertices, beside them, away from its middle. */
function drawMarks(context: CanvasRenderingContext2D, corners: readonly Place[], colors: Palette, side: number): void {
  const middle: Place = [0, 1].map((i) => corners.reduce((sum, corner) => sum + corner[i]!, 0) / 3) as unknown as Place;
  const radius = side > 36 ? 11 : 8;
  context.font = `600 ${radius * 1.2}px system-ui, sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  corners.forEach(([x, y], r) => {
    const [dx, dy] = [x - middle[0], y - middle[1]];
    const away = (radius + 5) / Math.hypot(dx, dy);
    const [cx, cy] = [x + dx * away, y + dy * away];
    // A rim, since what the vertex holds may lie behind it.
    context.beginPath();
    context.arc(cx, cy, radius + 2.5, 0, 7);
    context.fillStyle = cssColor(colors.face);
    context.fill();
    context.beginPath();
    context.arc(cx, cy, radius, 0, 7);
    context.fillStyle = cssColor([colors.accent, colors.tint, colors.face][r]!);
    context.strokeStyle = cssColor(r === 2 ? colors.soft : colors.accent);
    context.lineWidth = 1.5;
    context.fill();
    context.stroke();
    context.fillStyle = cssColor(r === 0 ? colors.face : colors.ink);
    context.fillText(String(r), cx, cy + 0.5);
  });
}
