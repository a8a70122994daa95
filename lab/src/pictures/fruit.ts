import { dim, drawn, type Light, type Maker, mix, smoothStep } from "./drawn.ts";
import { fractalNoise, smoothNoise } from "./noise.ts";

type Vector = readonly [x: number, y: number, z: number];

const add = (a: Vector, b: Vector, by = 1): Vector => [a[0] + b[0] * by, a[1] + b[1] * by, a[2] + b[2] * by];
const dot = (a: Vector, b: Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const unit = (a: Vector): Vector => add([0, 0, 0], a, 1 / Math.sqrt(dot(a, a)));

interface Fruit {
  readonly label: number;
  readonly center: Vector;
  readonly radius: number;
}

const oranges = 1;
const limes = 2;
const plums = 3;

/** Fruits on the cloth, which is the plane y = 0. */
const arrangement: readonly Fruit[] = [
  { label: oranges, center: [-1.15, 0.78, 0.15], radius: 0.78 },
  { label: oranges, center: [0.35, 0.8, 0.95], radius: 0.8 },
  { label: limes, center: [0.55, 0.5, -0.55], radius: 0.5 },
  { label: limes, center: [-2.35, 0.5, -0.35], radius: 0.5 },
  { label: plums, center: [-0.3, 0.4, -0.95], radius: 0.4 },
  { label: plums, center: [1.75, 0.42, 0.2], radius: 0.42 },
  { label: plums, center: [1.45, 0.38, -0.85], radius: 0.38 },
];

const sun = unit([-0.62, 0.82, -0.42]);
const sunlight: Light = [1.35, 1.22, 1.02];
const sky: Light = [0.3, 0.34, 0.42];
const eye: Vector = [-0.25, 2.7, -5.6];
const ahead = unit(add([-0.25, 0.42, 0], eye, -1));

/** Where a ray first meets a fruit; undefined where it meets none. */
function meet(from: Vector, ray: Vector, fruits: readonly Fruit[]): { fruit: Fruit; distance: number } | undefined {
  let [nearest, least] = [undefined as Fruit | undefined, Infinity];
  for (const fruit of fruits) {
    const { center, radius } = fruit;
    const [x, y, z] = [center[0] - from[0], center[1] - from[1], center[2] - from[2]];
    const along = x * ray[0] + y * ray[1] + z * ray[2];
    const inside = along * along - (x * x + y * y + z * z) + radius * radius;
    const distance = inside < 0 ? Infinity : along - Math.sqrt(inside);
    if (distance < least) [nearest, least] = [fruit, distance];
  }
  return nearest && { fruit: nearest, distance: least };
}

/**
 * The shares of the sun and of the sky that a point sees past the fruits: shadows with soft edges, softer farther away, and less
 * light in the corners between fruits.
 */
function seenAt(point: Vector, normal: Vector, fruits: readonly Fruit[], own: Fruit | undefined): [number, number] {
  let [ofSun, ofSky] = [1, 1];
  for (const fruit of fruits) {
    if (fruit === own) continue;
    const { center, radius } = fruit;
    const [x, y, z] = [center[0] - point[0], center[1] - point[1], center[2] - point[2]];
    const square = x * x + y * y + z * z;
    const along = x * sun[0] + y * sun[1] + z * sun[2];
    if (along > 0) {
      const past = Math.sqrt(Math.max(square - along * along, 0));
      ofSun *= smoothStep(-0.09 * along, 0.09 * along, past - radius);
    }
    const facing = (x * normal[0] + y * normal[1] + z * normal[2]) / Math.sqrt(square);
    ofSky *= 1 - Math.max(facing, 0) * Math.min((radius * radius) / square, 1);
  }
  return [ofSun, ofSky];
}

/** The color of a peel, and the way that its surface faces, roughened. */
function peel({ label, center, radius }: Fruit, point: Vector, seed: number): { color: Light; normal: Vector } {
  const out = unit(add(point, center, -1));
  const [u, v] = [Math.atan2(out[0], -out[2]) * 2, out[1] * 2.4];
  const spot = seed + Math.round(center[0] * 100);
  const uneven = fractalNoise(spot, u, v, 4);
  const rough = label === plums ? 0 : label === oranges ? 0.16 : 0.1;
  const dents = (shift: number): number => rough * (smoothNoise(spot + shift, 26 * u * radius, 26 * v * radius) - 0.5);
  const normal = unit(add(out, [dents(1), dents(2), dents(3)]));
  if (label === oranges) return { color: mix([0.86, 0.27, 0.012], [0.93, 0.4, 0.03], uneven), normal };
  if (label === limes) return { color: mix([0.16, 0.36, 0.02], [0.42, 0.52, 0.06], uneven), normal };
  // The bloom of a plum is on its upper side.
  const bloom = smoothStep(0.35, 0.8, uneven) * smoothStep(-0.2, 0.9, out[1]);
  return { color: mix([0.07, 0.012, 0.06], [0.24, 0.2, 0.36], bloom), normal };
}

/** Linen with two stripes. */
function cloth([x, , z]: Vector, seed: number): Light {
  const threads = 0.93 + 0.07 * Math.sin(70 * x) * Math.sin(70 * z) + 0.05 * (smoothNoise(seed, 40 * x, 6 * z) - 0.5);
  const folds = 0.9 + 0.2 * fractalNoise(seed + 5, 0.5 * x + 0.2 * z, 0.7 * z, 3);
  const across = z + 0.25 * x;
  const stripe = [-1.75, 2.3].some((at) => Math.abs(across - at) < 0.16) ? 1 : 0;
  return dim(mix([0.62, 0.6, 0.55], [0.12, 0.2, 0.36], 0.85 * stripe), threads * folds);
}

/** Where a pixel is looked at, for smooth outlines. */
const looks = [
  [0.25, 0.25],
  [0.75, 0.75],
] as const;

/** Fruits on a cloth in the sun: round things with shadows, highlights, and stripes that run behind them. */
export const fruit: Maker = {
  name: "fruit",
  title: "Fruit on a cloth",
  classes: ["cloth", "orange", "lime", "plum"],
  draw: (width, height, seed) => {
    // Seeds move the fruits a little.
    const fruits = arrangement.map((one, i) => ({
      ...one,
      center: add(one.center, [0.3 * smoothNoise(seed, i, 0.5) - 0.15, 0, 0.2 * smoothNoise(seed, i, 9.5) - 0.1]),
    }));
    const right = unit([ahead[2], 0, -ahead[0]]);
    const up: Vector = [
      ahead[1] * right[2] - ahead[2] * right[1],
      ahead[2] * right[0] - ahead[0] * right[2],
      ahead[0] * right[1] - ahead[1] * right[0],
    ];
    const zoom = 0.62 / Math.min(width * 0.72, height);

    const rayTo = (x: number, y: number): Vector =>
      unit(add(add(ahead, right, (x - width / 2) * zoom), up, (height / 2 - y) * zoom));
    const look = (x: number, y: number): Light => {
      const ray = rayTo(x, y);
      const met = meet(eye, ray, fruits);
      const distance = met?.distance ?? -eye[1] / ray[1];
      const point = add(eye, ray, distance);
      const surface = met ? peel(met.fruit, point, seed) : { color: cloth(point, seed), normal: [0, 1, 0] as Vector };
      const { color, normal } = surface;
      const [ofSun, ofSky] = seenAt(point, normal, fruits, met?.fruit);
      const facing = Math.max(dot(normal, sun), 0) * ofSun;
      const above = (0.55 + 0.45 * normal[1]) * ofSky;
      // What the cloth throws back from below.
      const below = met ? 0.16 * (1 - normal[1]) : 0;
      const halfway = unit(add(sun, ray, -1));
      const shine = met ? 0.5 * facing * Math.max(dot(normal, halfway), 0) ** 60 : 0;
      const light = color.map((part, k) => part * (sunlight[k]! * facing + sky[k]! * above + below) + shine);
      return light as unknown as Light;
    };

    return drawn(width, height, (x, y) => {
      // The class of a pixel is what is in its middle.
      const lights = looks.map(([dx, dy]) => look(x + dx, y + dy));
      const light = lights.reduce((sum, one) => add(sum, one));
      const middle = meet(eye, rayTo(x + 0.5, y + 0.5), fruits);
      return { light: dim(light, 1 / looks.length), label: middle?.fruit.label ?? 0 };
    });
  },
};
