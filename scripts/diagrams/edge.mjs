// The bilateral filter of one row of pixels: position and gray make a plane, in which an edge of the picture is a gap.
import {
  axes,
  clipped,
  dimensions,
  edges,
  isSeen,
  placeOf,
  referenceFilter,
  referenceLattice,
  view,
} from "./plane.mjs";
import { arrow, circle, figure, path, rect, tenth, text, through } from "./svg.mjs";

const [alphaBandwidth, betaBandwidth] = [6.2, 28];
const count = 54;
const chosen = 22;
/** The last pixel before the edge. */
const last = 25;

/** Grays of a row: a dark thing, an edge, a light ground, with a texture that repeats. */
const grays = Array.from({ length: count }, (_, x) => {
  const texture = 9 * Math.sin(x * 1.9) + 6 * Math.sin(x * 0.73 + 1);
  return (x <= last ? 70 + x * 0.5 : 178 - (x - last) * 0.4) + texture;
});

const places = grays.map((gray, x) => [x / alphaBandwidth, (255 - gray) / betaBandwidth]);
const lattice = referenceLattice(Float64Array.from(places.flat()), dimensions);

/** What the chosen pixel receives from each: a row of K, which is Kᵀ of the pixel alone. */
function received(points, d) {
  const alone = Float64Array.from({ length: count }, (_, x) => (x === chosen ? 1 : 0));
  return referenceFilter(referenceLattice(points, d), alone, 1, { transpose: true });
}
const bilateral = received(Float64Array.from(places.flat()), 2);
const spatial = received(
  Float64Array.from({ length: count }, (_, x) => x / alphaBandwidth),
  1,
);

const seen = view({ at: [42, 30], from: [-0.16, 1.74], width: 476, height: 300, unit: 51 });

function plane() {
  const { toPage, frame } = seen;
  const most = Math.max(...bilateral);
  const touched = lattice.keys.map((key) => placeOf(key)).filter((place) => isSeen(seen, place, 0.2));
  const lit = new Map(lattice.keys.map((key) => [key.slice(0, 2).join(), true]));
  const own = lattice.keys.flatMap(([a, b]) =>
    axes.filter(([first, second]) => lit.has(`${a + first},${b + second}`)).map(([first, second]) => through([placeOf([a, b]), placeOf([a + first, b + second])].map(toPage))),
  ); // prettier-ignore
  return [
    rect(frame.x, frame.y, frame.width, frame.height, "f-face s-line", { rx: 10, "stroke-width": 1 }),
    clipped("plane", seen, [
      `<g opacity="0.5">${edges(seen, 0.8)}</g>`,
      path(own.join(""), "none s-soft", { "stroke-width": 1, "stroke-opacity": 0.7 }),
      touched.map((place) => circle(toPage(place), 2.6, "f-soft")),
      places.map((place, x) =>
        circle(toPage(place), 4.4, bilateral[x] > 1e-9 ? "f-accent" : "f-face s-soft", {
          "stroke-width": 1.2,
          "fill-opacity": bilateral[x] > 1e-9 ? (0.25 + (0.75 * bilateral[x]) / most).toFixed(2) : undefined,
        }),
      ),
      circle(toPage(places[chosen]), 7.5, "none s-warm", { "stroke-width": 2.4 }),
    ]),
    arrow([42, 342], [518, 342], "soft", { width: 1, head: 6 }),
    text(280, 362, "position of the pixel, *x*/θα", { size: 14, anchor: "middle", kind: "soft" }),
    arrow([30, 330], [30, 30], "soft", { width: 1, head: 6 }),
    `<g transform="rotate(-90 18 180)">${text(18, 180, "gray / θβ", { size: 14, anchor: "middle", kind: "soft" })}</g>`,
  ];
}

/** What comes from where, as bars, a pixel wide. */
function bars([x, y], height, values, title) {
  const unit = 4.5;
  const most = Math.max(...values);
  const drawn = [...values].map((value, i) => {
    const tall = (height * value) / most;
    return tall < 0.4
      ? ""
      : `M${tenth(x + i * unit)} ${tenth(y + height)}v${tenth(-tall)}h${tenth(unit - 0.8)}v${tenth(tall)}z`;
  });
  const middle = x + (chosen + 0.5) * unit - 0.4;
  const border = x + (last + 1) * unit - 0.4;
  return [
    text(x, y - 14, title, { size: 15, kind: "bold" }),
    path(`M${tenth(border)} ${y - 4}v${height + 10}`, "none s-soft", { "stroke-width": 1, "stroke-dasharray": "3 3" }),
    path(drawn.join(""), "f-accent"),
    path(`M${x} ${y + height}h${tenth(count * unit)}`, "none s-soft", { "stroke-width": 1 }),
    path(through([[middle, y + height + 3], [middle - 5, y + height + 11], [middle + 5, y + height + 11]], true), "f-warm"),
    text(border + 6, y + 8, "edge", { size: 13.5, kind: "soft" }),
  ]; // prettier-ignore
}

export function edge() {
  const beyond = [...bilateral].slice(last + 1).reduce((sum, value) => sum + value, 0);
  const whole = [...bilateral].reduce((sum, value) => sum + value, 0);
  if (beyond / whole > 1e-3) throw new Error(`the edge lets ${beyond / whole} through`);
  return figure(
    {
      width: 520,
      height: 540,
      title: "Why the bilateral filter stops at edges",
      description:
        "One row of pixels of a picture, dark up to an edge and light behind it. Each pixel is a point of a plane, its position across and its gray upwards, both divided by their bandwidths. " +
        `Dark and light pixels lie in two bands, and only the ${lattice.keys.length} vertices that a pixel touches exist. One dark pixel near the edge is marked. Two rows of bars show what it receives from every pixel: ` +
        "by position alone from both sides of the edge, by position and gray from its own side only.",
    },
    text(2, 18, "A row of pixels as points of a plane", { size: 16, kind: "bold" }),
    plane(),
    bars([4, 418], 82, spatial, "By position alone"),
    bars([272, 418], 82, bilateral, "By position and gray"),
    text(4, 534, "What the marked pixel receives from each pixel of the row", { size: 14, kind: "soft" }),
  );
}
