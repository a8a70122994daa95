// A pixel in its simplex, with its barycentric weights.
import { clipped, edges, isSeen, keysWithin, placeOf, remainderOf, view } from "./plane.mjs";
import { bandwidth, pixelAt, pixels } from "./scene.mjs";
import { circle, figure, lines, path, rect, shown, text, through } from "./svg.mjs";

const chosen = pixelAt(10, 10);
/** How each remainder is drawn: its ground and its number's color. */
const grounds = ["f-accent", "f-tint s-accent", "f-face s-soft"];

const vertex = (place, remainder, radius = 10) => [
  circle(place, radius, grounds[remainder], { "stroke-width": 1.4 }),
  text(place[0], place[1] + radius * 0.42, String(remainder), {
    size: radius * 1.15,
    anchor: "middle",
    kind: remainder === 0 ? "face" : undefined,
  }),
];

const area = ([ax, ay], [bx, by], [cx, cy]) => Math.abs((bx - ax) * (cy - ay) - (cx - ax) * (by - ay)) / 2;

/** The plane, and the pixels of the picture in it. */
function plane() {
  const seen = view({ at: [1, 1], from: [0.46, 1.62], width: 518, height: 284, unit: 106 });
  const { toPage, region, frame } = seen;
  const [left, top, right, bottom] = region;
  const corners = chosen.keys.map((key) => toPage(placeOf(key)));
  const all = keysWithin([left - 0.1, top - 0.1, right + 0.1, bottom + 0.1]);
  return [
    rect(frame.x, frame.y, frame.width, frame.height, "f-face s-line", { rx: 10, "stroke-width": 1 }),
    clipped("plane", seen, [
      path(through(corners, true), "f-tint"),
      edges(seen, 1.2),
      ...pixels.filter(({ place }) => isSeen(seen, place)).map(({ place }) => circle(toPage(place), 2, "f-soft")),
      ...all.map((key) => vertex(toPage(placeOf(key)), remainderOf(key))),
      circle(toPage(chosen.place), 5, "f-warm"),
    ]),
  ];
}

/** The simplex alone: each weight is the share of the triangle that lies across from its vertex. */
function enlarged() {
  const places = chosen.keys.map(placeOf);
  const low = [0, 1].map((i) => Math.min(...places.map((place) => place[i])));
  const { toPage } = view({ at: [36, 320], from: low, width: 240, height: 240, unit: 196 });
  const corners = places.map(toPage);
  const point = toPage(chosen.place);
  const whole = area(...corners);
  const shades = [0.5, 0.28, 0.12];
  const parts = corners.map((_, r) => {
    const others = corners.filter((_, i) => i !== r);
    const share = area(point, ...others) / whole;
    if (Math.abs(share - chosen.weights[r]) > 1e-9) throw new Error(`weight ${r} is not an area`);
    return path(through([point, ...others], true), "f-accent", { "fill-opacity": shades[r] });
  });
  const middle = (r) => {
    const three = [point, ...corners.filter((_, i) => i !== r)];
    return [0, 1].map((i) => three.reduce((sum, place) => sum + place[i], 0) / 3);
  };
  return [
    ...parts,
    path(through(corners, true), "none s-accent", { "stroke-width": 1.6 }),
    ...corners.map((corner) => path(through([point, corner]), "none s-accent", { "stroke-width": 1 })),
    ...corners.map((corner, r) => vertex(corner, r, 13)),
    ...corners.map((_, r) => {
      const [x, y] = middle(r).map((place, i) => (r === 0 && i === 0 ? place + 3 : place));
      return lines(x, y - 2, [`*b*_{${r}}`, shown(chosen.weights[r])], {
        size: 14,
        anchor: "middle",
        kind: "bold",
        leading: 16,
      });
    }),
    circle(point, 6, "f-warm"),
  ];
}

export const simplex = () =>
  figure(
    {
      width: 520,
      height: 534,
      title: "A pixel in the lattice of two dimensions",
      description:
        `The plane of features under the spatial filter with θγ = ${bandwidth}: pixels are dots, 1/θγ of a unit apart. The lattice divides the ` +
        `plane into triangles with sides of one unit; every vertex has a remainder, 0, 1 or 2, and every triangle one vertex of each. One pixel ` +
        `is marked, at column ${chosen.x} and row ${chosen.y}. Its triangle is shown again, enlarged. The lines from the pixel to the vertices divide it into three ` +
        `parts, and each vertex has the share of the part across from it as its barycentric weight: ${chosen.weights.map((b) => shown(b)).join(", ")}.`,
    },
    plane(),
    enlarged(),
    text(262, 346, `The pixel (${chosen.x}, ${chosen.y})`, { size: 16, kind: "bold" }),
    lines(
      262,
      378,
      [
        "in its triangle. Each weight is the",
        "share of the triangle that lies",
        "across from its vertex. The three",
        "weights add up to 1.",
      ],
      { size: 14.5, kind: "soft", leading: 22 },
    ),
  );
