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
  const seen = view({ at: [x, 34], from: [source[0] - 2.9, source[1] - 2.525], width: 354, height: 308, unit: 61 });
  const { toPage, frame } = seen;
  const valueAt = spread(source);
  const center = toPage(source);
  const { keys, weights } = embedPoint(source);
  const most = weights.reduce((sum, weight, r) => sum + weight * valueAt(keys[r]), 0);
  return {
    most,
    drawn: [
      text(x + 177, 20, title, { size: 15, anchor: "middle", kind: "bold" }),
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
    panel(365, [(placeOf([0, 0])[0] + placeOf([2, -1])[0] + placeOf([1, 1])[0]) / 3, (placeOf([0, 0])[1] + placeOf([2, -1])[1] + placeOf([1, 1])[1]) / 3], "from the middle of a triangle"),
  ]; // prettier-ignore
  return figure(
    {
      width: 720,
      height: 392,
      title: "What one pixel spreads, by the lattice and by the Gaussian",
      description:
        `Lines of equal value around one point, at ${levels.join(", ")}, in ${dimensions} dimensions. Those of the Gaussian are circles, dashed. Those of the lattice are polygons, ` +
        `since it is linear in each triangle: nearly round, of nearly the same size, flatter in the middle. The lattice's middle value is ${shown(onVertex.most)} from a vertex and ` +
        `${shown(between.most)} from the middle of a triangle, the Gaussian's is 1.`,
    },
    onVertex.drawn,
    between.drawn,
    path(`M2 364H34`, "none s-accent", { "stroke-width": 1.8 }),
    text(42, 369, `lattice, ${shown(onVertex.most)} and ${shown(between.most)} in the middle`, {
      size: 13.5,
      kind: "soft",
    }),
    path(`M366 364H398`, "none s-warm", { "stroke-width": 1.4, "stroke-dasharray": "4 4" }),
    text(406, 369, "Gaussian, 1 in the middle", { size: 13.5, kind: "soft" }),
    text(2, 388, `Lines of equal value: ${levels.map((level) => String(level)).join(", ")}`, {
      size: 13,
      kind: "soft",
    }),
  );
}
