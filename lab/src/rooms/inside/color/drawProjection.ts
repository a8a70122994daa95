import { cssColor } from "../../../style/classes.ts";
import type { Size } from "../Drawing.tsx";
import { palette } from "../palette.ts";
import { luminance } from "../picture.ts";
import { chosen, footprint, parameters, picture } from "../state.ts";
import { brightest } from "./figures.ts";

/**
 * The features of one row of the picture, seen from the side: position across, brightness upwards, each divided by its bandwidth.
 * Brightness is a mixture of red, green and blue, so the vertices' places are projected by the same mixture.
 */
export function drawProjection(context: CanvasRenderingContext2D, { width, height }: Size): void {
  const shown = picture.value;
  const now = footprint.value;
  if (!shown || !now || now.dimensions !== 5 || now.shares.length !== shown.width * shown.height) return;
  const { alpha, beta } = parameters.value;
  const colors = palette.value;
  const { y } = chosen.value;
  const first = y * shown.width;
  const row = Array.from({ length: shown.width }, (_, x) => ({
    pixel: first + x,
    place: [x / alpha, luminance(shown.pixels, first + x) / beta] as const,
  }));
  const project = (places: Float32Array): (readonly [number, number])[] =>
    Array.from({ length: places.length / 5 }, (_, i) => {
      const [x = 0, , red = 0, green = 0, blue = 0] = places.subarray(5 * i, 5 * i + 5);
      return [x, 0.299 * red + 0.587 * green + 0.114 * blue];
    });
  const vertices = project(now.places);
  const corners = project(now.cornerPlaces);
  const all = [...row.map(({ place }) => place), ...corners];
  const [least, most] = [0, 1].map((i) => [
    Math.min(...all.map((one) => one[i]!)),
    Math.max(...all.map((one) => one[i]!)),
  ]) as [[number, number], [number, number]];
  const [edgeX, edgeY] = [10, 10];
  const toPage = ([u, v]: readonly [number, number]): [number, number] => [
    edgeX + ((u - least[0]) / (least[1] - least[0] || 1)) * (width - 2 * edgeX),
    height - edgeY - ((v - most[0]) / (most[1] - most[0] || 1)) * (height - 2 * edgeY),
  ];
  const dot = ([px, py]: readonly [number, number], radius: number): void => {
    context.beginPath();
    context.arc(px, py, radius, 0, 7);
  };
  context.fillStyle = cssColor(colors.line, 0.5);
  for (const vertex of vertices) {
    dot(toPage(vertex), 1.3);
    context.fill();
  }
  for (const { pixel, place } of row) {
    const strength = Math.sqrt(Math.min(now.shares[pixel]! / brightest.value, 1));
    dot(toPage(place), 3.4);
    context.fillStyle = cssColor(colors.face);
    context.fill();
    context.fillStyle = cssColor(colors.accent, strength);
    context.fill();
    context.strokeStyle = cssColor(strength > 0.05 ? colors.accent : colors.line, 0.9);
    context.lineWidth = 1;
    context.stroke();
  }
  const own = toPage(row[chosen.value.x]?.place ?? [0, 0]);
  now.corners.forEach(({ weight }, r) => {
    const at = toPage(corners[r]!);
    context.beginPath();
    context.moveTo(...own);
    context.lineTo(...at);
    context.strokeStyle = cssColor(colors.warm, 0.8);
    context.lineWidth = 0.75 + 4 * weight;
    context.stroke();
    dot(at, 2.5 + 7 * Math.sqrt(weight));
    context.fillStyle = cssColor(colors.warm);
    context.fill();
  });
  dot(own, 5.5);
  context.fillStyle = cssColor(colors.face);
  context.fill();
  context.strokeStyle = cssColor(colors.warm);
  context.lineWidth = 3;
  context.stroke();
}
