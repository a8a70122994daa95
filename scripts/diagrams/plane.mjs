// The lattice of two dimensions, which is a plane of triangles: its geometry, and how it is drawn.
import { Buffer } from "node:buffer";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { path, tenth, through } from "./svg.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");

/** The lattice in float64 that tests hold all kernels against: figures show its numbers. */
async function loadReference() {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ["test/reference/lattice.ts"],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    logLevel: "error",
  });
  return await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
}

export const { blurAxis, embedPoint, referenceFilter, referenceLattice, slice, splat } = await loadReference();

/** d = 2. */
export const dimensions = 2;

/** α, which undoes the gain of the blur. */
export const alpha = 1 / (1 + 2 ** -dimensions);

/** Where the vertex of a key lies among the features: the inverse of the elevation, for which e_0 + e_1 = 2·f_1 and e_0 − e_1 = 2·√3·f_0. */
export const placeOf = ([first, second]) => [(first - second) / (2 * Math.sqrt(3)), (first + second) / 2];

/** The steps from a vertex to its neighbor on each of the three axes. */
export const axes = [
  [2, -1],
  [-1, 2],
  [-1, -1],
];

/** The remainder of a vertex. */
export const remainderOf = ([first]) => ((first % 3) + 3) % 3;

/** The keys of all vertices in a rectangle of features. */
export function keysWithin([left, top, right, bottom]) {
  const keys = [];
  const most = Math.ceil(Math.max(...[left, top, right, bottom].map(Math.abs)) * 4) + 6;
  for (let first = -most; first <= most; first++) {
    for (let second = -most; second <= most; second++) {
      const [x, y] = placeOf([first, second]);
      const isVertex = (first - second) % 3 === 0;
      if (isVertex && x >= left && x <= right && y >= top && y <= bottom) keys.push([first, second]);
    }
  }
  return keys;
}

/** A window on the features: `unit` pixels a bandwidth, the corner `from` at `at`. */
export function view({ at: [x, y], from: [left, top], width, height, unit }) {
  const toPage = ([f0, f1]) => [x + (f0 - left) * unit, y + (f1 - top) * unit];
  const region = [left, top, left + width / unit, top + height / unit];
  return { toPage, region, unit, frame: { x, y, width, height } };
}

/** Every point of the features that a frame covers, cut at its border. */
export const clipped = (name, { frame: { x, y, width, height } }, content) => [
  `<clipPath id="${name}"><rect x="${tenth(x)}" y="${tenth(y)}" width="${tenth(width)}" height="${tenth(height)}" rx="10"/></clipPath>`,
  `<g clip-path="url(#${name})">`,
  ...content.flat(Infinity),
  "</g>",
];

/** Whether a place is in a view, or within a margin around it. */
export const isSeen = ({ region: [left, top, right, bottom] }, [x, y], margin = 0.05) =>
  x > left - margin && x < right + margin && y > top - margin && y < bottom + margin;

/** The edges of the lattice in a view, each once. */
export function edges(seen, width = 1) {
  const [left, top, right, bottom] = seen.region;
  const d = keysWithin([left - 1.1, top - 1.1, right + 1.1, bottom + 1.1]).flatMap((key) =>
    axes
      .map(([first, second]) => [placeOf(key), placeOf([key[0] + first, key[1] + second])])
      .filter(([from, to]) =>
        [0, 0.25, 0.5, 0.75, 1].some((t) =>
          isSeen(
            seen,
            [0, 1].map((i) => from[i] + (to[i] - from[i]) * t),
            0,
          ),
        ),
      ) // prettier-ignore
      .map((ends) => through(ends.map(seen.toPage))),
  );
  return path(d.join(""), "none s-line", { "stroke-width": width });
}
