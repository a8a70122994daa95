// What one pixel spreads: the lattice's filter, which is linear within each triangle, against the Gaussian.
import { alpha, axes, clipped, dimensions, edges, embedPoint, isSeen, keysWithin, placeOf, view } from "./plane.mjs";
import { circle, figure, path, rect, shown, text, through } from "./svg.mjs";

const levels = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7];

/** What all vertices hold after one point has given 1: weights of its simplex, blurred along the axes. All vertices are there. */
function spread(place) {
  const { keys, weights } = embedPoint(place);
  let values = new Map(keys.map((key, r) => [key.slice(0, 2).join(), weights[r]]));
  for (const [first, second] of axes) {
    const next = new Map();
    const add = (key, value) => next.set(key, (next.get(key) ?? 0) + value);
    for (const [name, value] of values) {
      const [a, b] = name.split(",").map(Number);
      add(name, value);
      add(`${a + first},${b + second}`, value / 2);
      add(`${a - first},${b - second}`, value / 2);
    }
    values = next;
  }
  return (key) => alpha * (values.get(key.join()) ?? 0);
}

/** Both triangles above and below each edge along the first axis. */
const triangles = (region) =>
  keysWithin(region).flatMap(([a, b]) => [
    [[a, b], [a + 2, b - 1], [a + 1, b + 1]],
    [[a, b], [a + 2, b - 1], [a + 1, b - 2]],
  ]); // prettier-ignore

/** Where a function that is linear in a triangle has a level: a piece of line, or nothing. */
function crossing(corners, values, level) {
  const ends = [];
  for (const [i, j] of [[0, 1], [1, 2], [2, 0]]) {
    const [low, high] = [values[i] - level, values[j] - level];
    if (low < 0 === high < 0) continue;
    const t = low / (low - high);
    ends.push([0, 1].map((k) => corners[i][k] + (corners[j][k] - corners[i][k]) * t));
  }
  return ends.length === 2 ? ends : undefined;
} // prettier-ignore

function contours(seen, valueAt, level) {
  const [left, top, right, bottom] = seen.region;
  const pieces = triangles([left - 1, top - 1, right + 1, bottom + 1])
    .map((keys) => crossing(keys.map(placeOf), keys.map(valueAt), level))
    .filter((ends) => ends && ends.some((end) => isSeen(seen, end)))
    .map((ends) => through(ends.map(seen.toPage)));
  return path(pieces.join(""), "none s-accent", { "stroke-width": 1.8, "stroke-linecap": "round" });
}

function panel(x, source, title) {
  const seen = view({ at: [x, 32], from: [source[0] - 2.94, source[1] - 2.65], width: 253, height: 228, unit: 43 });
  const { toPage, frame } = seen;
  const valueAt = spread(source);
  const center = toPage(source);
  const { keys, weights } = embedPoint(source);
  const most = weights.reduce((sum, weight, r) => sum + weight * valueAt(keys[r]), 0);
  return {
    most,
    drawn: [
      text(x + 126, 20, title, { size: 15, anchor: "middle", kind: "bold" }),
      rect(frame.x, frame.y, frame.width, frame.height, "f-face s-line", { rx: 10, "stroke-width": 1 }),
      clipped(`plane${Math.round(x)}`, seen, [
        edges(seen, 0.9),
        levels
          .filter((level) => level < 1)
          .map((level) =>
            circle(center, seen.unit * Math.sqrt(-2 * Math.log(level)), "none s-warm", {
              "stroke-width": 1.1,
              "stroke-dasharray": "4 4",
            }),
          ),
        levels.map((level) => contours(seen, valueAt, level)),
        circle(center, 4.5, "f-ink"),
      ]),
    ],
  };
}

export function footprint() {
  const [onVertex, between] = [
    panel(1, placeOf([0, 0]), "from a vertex"),
    panel(266, [(placeOf([0, 0])[0] + placeOf([2, -1])[0] + placeOf([1, 1])[0]) / 3, (placeOf([0, 0])[1] + placeOf([2, -1])[1] + placeOf([1, 1])[1]) / 3], "from the middle of a triangle"),
  ]; // prettier-ignore
  return figure(
    {
      width: 520,
      height: 340,
      title: "What one pixel spreads, by the lattice and by the Gaussian",
      description:
        `Lines of equal value around one point, at ${levels.join(", ")}, in ${dimensions} dimensions. Those of the Gaussian are circles, dashed. Those of the lattice are polygons, ` +
        `since it is linear in each triangle: nearly round, of nearly the same size, flatter in the middle. The lattice's middle value is ${shown(onVertex.most)} from a vertex and ` +
        `${shown(between.most)} from the middle of a triangle, the Gaussian's is 1.`,
    },
    onVertex.drawn,
    between.drawn,
    path("M2 283H34", "none s-accent", { "stroke-width": 1.8 }),
    text(42, 288, `lattice, ${shown(onVertex.most)} and ${shown(between.most)} in the middle`, {
      size: 14,
      kind: "soft",
    }),
    path("M2 307H34", "none s-warm", { "stroke-width": 1.4, "stroke-dasharray": "4 4" }),
    text(42, 312, "Gaussian, 1 in the middle", { size: 14, kind: "soft" }),
    text(2, 336, `Lines of equal value: ${levels.join(", ")}`, { size: 14, kind: "soft" }),
  );
}
