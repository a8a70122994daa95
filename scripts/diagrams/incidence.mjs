// The incidence list of a vertex, and why its sum has the same bits in every run.
import { clipped, edges, embedPoint, isSeen, placeOf, view } from "./plane.mjs";
import { arrow, box, circle, figure, lines, path, rect, shown, text, through } from "./svg.mjs";

/** The vertex that gathers. */
const key = [9, -3];
const place = placeOf(key);

/** Points around it, in no order of space: a sequence of little discrepancy, and some that lie elsewhere. */
const points = Array.from({ length: 16 }, (_, i) => {
  const [u, v] = [(0.5 + (i + 1) * 0.7548776662466927) % 1, (0.5 + (i + 1) * 0.5698402909980532) % 1];
  const point = [place[0] + (u - 0.5) * 3.6, place[1] + (v - 0.5) * 2.2];
  const { keys, weights } = embedPoint(point);
  const r = keys.findIndex((one) => one.slice(0, 2).join() === key.join());
  return { number: i, place: point, weight: r < 0 ? undefined : weights[r] };
});
const list = points.filter(({ weight }) => weight !== undefined);

export function incidence() {
  const seen = view({ at: [1, 1], from: [place[0] - 2.46, place[1] - 1.33], width: 518, height: 280, unit: 105 });
  const { toPage, frame } = seen;
  const center = toPage(place);
  const corners = [[2, -1], [1, 1], [-1, 2], [-2, 1], [-1, -1], [1, -2]].map(([a, b]) => toPage(placeOf([key[0] + a, key[1] + b]))); // prettier-ignore
  const step = 518 / list.length;
  const cells = list.map(({ number, weight }, i) => {
    const x = 1 + i * step;
    return [
      rect(x, 348, step - 5, 52, "f-tint s-accent", { rx: 7, "stroke-width": 1.2 }),
      text(x + (step - 5) / 2, 370, `*p*_{${number}}`, { size: 16, anchor: "middle" }),
      text(x + (step - 5) / 2, 391, shown(weight), { size: 13.5, anchor: "middle", kind: "soft" }),
      i === 0
        ? []
        : arrow([x - 7.5, 414], [x + (step - 5) / 2, 414], "accent", {
            width: 1.4,
            head: 6,
            gap: [-(step - 5) / 2, 3],
          }),
      circle([x + (step - 5) / 2, 414], 2.6, "f-accent"),
    ];
  });
  const terms = list.slice(0, 4).map(({ number, weight }) => `${shown(weight)}·*v*_{${number}}`);
  return figure(
    {
      width: 520,
      height: 532,
      title: "A vertex gathers along its incidence list",
      description:
        `A vertex and the six triangles around it. ${list.length} of ${points.length} numbered points lie in these triangles. They make the vertex's incidence list, in the order of their numbers, ` +
        `each with its weight: ${list.map(({ number, weight }) => `point ${number} with ${shown(weight)}`).join(", ")}. One invocation adds them up in this order, so that the sum has the same bits in every run.`,
    },
    rect(frame.x, frame.y, frame.width, frame.height, "f-face s-line", { rx: 10, "stroke-width": 1 }),
    clipped("plane", seen, [
      path(through(corners, true), "f-tint"),
      edges(seen, 1.1),
      list.map(({ place: at, weight }) =>
        path(through([toPage(at), center]), "none s-warm", {
          "stroke-width": 1 + 6 * weight,
          "stroke-opacity": 0.5,
          "stroke-linecap": "round",
        }),
      ),
      circle(center, 13, "f-accent"),
      points
        .filter(({ place: at }) => isSeen(seen, at, 0.2))
        .map(({ number, place: at, weight }) => [
          circle(toPage(at), 10.5, weight === undefined ? "f-face s-soft" : "f-blush s-warm", { "stroke-width": 1.4 }),
          text(toPage(at)[0], toPage(at)[1] + 4.2, String(number), {
            size: 12,
            anchor: "middle",
            kind: weight === undefined ? "soft" : "bold",
          }),
        ]),
    ]),
    text(2, 312, "The vertex’s incidence list", { size: 16, kind: "bold" }),
    text(2, 334, "points in the order of their numbers, with their weights", { size: 14, kind: "soft" }),
    cells,
    box(
      { x: 1, y: 430, width: 513, height: 42 },
      [`sum = ${terms.join(" + ")}${list.length > terms.length ? " + …" : ""}`],
      { size: 15 },
    ),
    lines(
      2,
      496,
      [
        "One invocation gathers for one vertex, in this order. Atomic",
        "additions would come in the order that a scheduler picks.",
      ],
      { size: 14, kind: "soft", leading: 20 },
    ),
  );
}
