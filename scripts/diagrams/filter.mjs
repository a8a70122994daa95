// Splat, blur and slice of the same values, one figure each.
import { axes, clipped, edges, isSeen, keysWithin, placeOf, view } from "./plane.mjs";
import { alpha, exact, filtered, lattice, pixelAt, pixels, stages } from "./scene.mjs";
import { arrow, circle, figure, lines, path, rect, shown, text, through } from "./svg.mjs";

const carrying = pixels.filter(({ value }) => value > 0).map(({ x, y }) => pixelAt(x, y));

/** A disk for a value, by its area. */
const radiusOf = (value, unit) => unit * 0.25 * Math.sqrt(value);

const numberOf = new Map(lattice.keys.map((key, number) => [key.join(), number]));

const panel = ({ x, y, width, height }) => rect(x, y, width, height, "f-face s-line", { rx: 10, "stroke-width": 1 });

const dots = (seen, radius) =>
  pixels
    .filter(({ place }) => isSeen(seen, place))
    .map(({ place }) => circle(seen.toPage(place), radius, "f-soft", { "fill-opacity": 0.5 }));

/** Vertices of a view as disks, by their values. */
function disks({ region: [left, top, right, bottom], toPage, unit }, vertexValues) {
  return keysWithin([left - 0.4, top - 0.4, right + 0.4, bottom + 0.4]).map((key) => {
    const value = vertexValues[numberOf.get(key.join())] ?? 0;
    const place = toPage(placeOf(key));
    if (value < 5e-4) return circle(place, Math.max(1.6, unit * 0.02), "f-line");
    return circle(place, Math.max(2, radiusOf(value, unit)), "f-accent");
  });
}

/** The vertex to which most pixels give something, with what each of them gives. */
function busiest() {
  const gifts = new Map();
  for (const pixel of carrying)
    pixel.vertices.forEach((vertex, r) =>
      gifts.set(vertex, [...(gifts.get(vertex) ?? []), { value: pixel.value, weight: pixel.weights[r] }]),
    );
  return [...gifts].sort(([, a], [, b]) => b.length - a.length)[0];
}

export function splatting() {
  const seen = view({ at: [1, 1], from: [1.72, 1.62], width: 518, height: 300, unit: 108 });
  const { toPage } = seen;
  const threads = carrying.flatMap(({ place, keys, weights, value }) =>
    keys.map((key, r) =>
      path(through([toPage(place), toPage(placeOf(key))]), "none s-warm", {
        "stroke-width": 1 + 9 * weights[r] * value,
        "stroke-opacity": 0.55,
        "stroke-linecap": "round",
      }),
    ),
  );
  const [vertex, gifts] = busiest();
  const [x, y] = toPage(placeOf(lattice.keys[vertex]));
  const sum = gifts.map(({ value, weight }) => `${shown(value, 1)} · ${shown(weight, 3)}`).join(" + ");
  return figure(
    {
      width: 520,
      height: 376,
      title: "Splat: pixels give their values to vertices",
      description:
        `Five pixels of a picture carry a value: ${carrying.map(({ value }) => shown(value, 1)).join(", ")}. Each gives it to the three vertices of its triangle, in ` +
        `proportion to its barycentric weights. A vertex gets the sum, shown as the area of a disk: at one of them ${sum} = ${shown(stages[0][vertex])}.`,
    },
    panel(seen.frame),
    clipped("plane", seen, [
      edges(seen, 1.2),
      dots(seen, 2),
      disks(seen, stages[0]),
      threads,
      ...carrying.map(({ place, value }) => [
        circle(toPage(place), 12.5, "f-blush s-warm", { "stroke-width": 1.6 }),
        text(toPage(place)[0], toPage(place)[1] + 4.4, shown(value, 1), { size: 12, anchor: "middle", kind: "bold" }),
      ]),
      circle([x, y], radiusOf(stages[0][vertex], seen.unit) + 5, "none s-ink", { "stroke-width": 1.4 }),
    ]),
    text(2, 328, `The ringed vertex: ${sum} = ${shown(stages[0][vertex])}`, { size: 14.5 }),
    lines(2, 351, ["Disks have the area of what a vertex holds, lines the width of", "what a pixel gives."], {
      size: 14,
      kind: "soft",
      leading: 19,
    }),
  );
}

export function blurring() {
  const [width, height, row] = [253, 192, 236];
  const titles = ["after the splat", "along axis 0", "then axis 1", "then axis 2"];
  const panels = stages.map((values, i) => {
    const at = [1 + (i % 2) * (width + 12), 30 + Math.floor(i / 2) * row];
    const seen = view({ at, from: [0.98, 0.52], width, height, unit: 40.5 });
    const [x, y] = at;
    const count = [...values].filter((value) => value > 0).length;
    const center = [x + 126, y - 15];
    const [fx, fy] = placeOf(axes[Math.max(i - 1, 0)]).map((step) => step * 13);
    const tip = { gap: [2, 0], head: 6, width: 1.8 };
    return [
      text(x + 2, y - 10, titles[i], { size: 14.5, kind: "bold" }),
      panel(seen.frame),
      clipped(`plane${i}`, seen, [edges(seen, 0.9), disks(seen, values)]),
      i === 0
        ? []
        : [
            arrow(center, [center[0] + fx, center[1] + fy], "warm", tip),
            arrow(center, [center[0] - fx, center[1] - fy], "warm", tip),
            circle(center, 2.6, "f-warm"),
          ],
      text(x + width - 2, y - 10, `${count} vertices`, { size: 14, anchor: "end", kind: "soft" }),
    ];
  });
  return figure(
    {
      width: 520,
      height: 494,
      title: "Blur: vertices exchange values along one axis after the other",
      description:
        "The values of the vertices in four panels: after the splat, and after the blur along each of the three axes in turn. Along an axis every vertex keeps " +
        "its value and adds half of what its two neighbors hold. The number of vertices that hold a value grows from panel to panel: " +
        `${stages.map((values) => [...values].filter((value) => value > 0).length).join(", ")}.`,
    },
    panels,
    text(260, 484, "Along an axis:  new = own + ½ · (one neighbor + the other)", { size: 15, anchor: "middle" }),
  );
}

export function slicing() {
  const chosen = pixelAt(14, 11);
  const seen = view({ at: [1, 1], from: [2.68, 2.2], width: 518, height: 300, unit: 190 });
  const { toPage } = seen;
  const blurred = stages.at(-1);
  const corners = chosen.keys.map((key) => toPage(placeOf(key)));
  const point = toPage(chosen.place);
  const own = chosen.vertices.map((vertex) => blurred[vertex]);
  const terms = chosen.weights.map((weight, r) => `${shown(weight)} · ${shown(own[r])}`);
  const inner = chosen.weights.reduce((sum, weight, r) => sum + weight * own[r], 0);
  const gap = (r) => radiusOf(own[r], 84) + 3;
  const names = [0, 1, 2].map((r) => {
    const [cx, cy] = corners[r];
    return [
      circle([cx, cy], radiusOf(own[r], 84), "f-accent"),
      text(cx, cy + 5, shown(own[r]), { size: 14, anchor: "middle", kind: "face bold" }),
    ];
  });
  // Beside the arrows, on the side that turns away from the middle of the triangle.
  const labels = corners.map((corner, r) => {
    const [dx, dy] = [point[0] - corner[0], point[1] - corner[1]];
    const length = Math.hypot(dx, dy);
    const side = r === 1 ? -1 : 1;
    const at = [corner[0] + dx * 0.58 - (side * dy * 22) / length, corner[1] + dy * 0.58 + (side * dx * 22) / length];
    return text(at[0], at[1] + 5, shown(chosen.weights[r]), { size: 14, anchor: "middle", kind: "warm bold" });
  });
  const result = filtered[chosen.number];
  return figure(
    {
      width: 520,
      height: 442,
      title: "Slice: a pixel collects from the vertices of its triangle",
      description:
        `The pixel at column ${chosen.x} and row ${chosen.y} itself carried 0. It takes from each vertex of its triangle the blurred value times its barycentric weight: ${terms.join(" + ")} = ${shown(inner)}, ` +
        `times α = ${alpha.toFixed(1)}, which is ${shown(result)}. The exact sum of Gaussians is ${shown(exact(chosen.number))}.`,
    },
    panel(seen.frame),
    clipped("plane", seen, [
      edges(seen, 1.2),
      dots(seen, 2.4),
      corners.map((corner, r) =>
        arrow(corner, point, "warm", { gap: [gap(r), 10], width: 1 + 5 * chosen.weights[r], head: 11 }),
      ),
      labels,
      names,
      circle(point, 8, "f-blush s-warm", { "stroke-width": 2 }),
    ]),
    text(2, 330, `What the pixel (${chosen.x}, ${chosen.y}) gets`, { size: 16, kind: "bold" }),
    lines(2, 360, [terms[0], `+ ${terms[1]}`, `+ ${terms[2]}`, `= ${shown(inner)}`], { size: 15, leading: 24 }),
    text(178, 360, "times α = 1/(1 + 2^{−2}) = 0.8", { size: 15 }),
    text(178, 384, `= ${shown(result)}`, { size: 15, kind: "bold" }),
    lines(
      178,
      412,
      [`The exact sum of Gaussians is ${shown(exact(chosen.number))}.`, "Normalization makes up for that."],
      {
        size: 14,
        kind: "soft",
        leading: 20,
      },
    ),
  );
}
