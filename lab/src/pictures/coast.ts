import { dim, drawn, type Light, type Maker, mix, smoothStep } from "./drawn.ts";
import { fractalNoise, smoothNoise } from "./noise.ts";

/** Heights at which one class ends and the next begins, of 1. */
const [shore, green, bare] = [0.5, 0.53, 0.665];

const deep: Light = [0.012, 0.07, 0.16];
const shallow: Light = [0.05, 0.42, 0.45];
const sand: Light = [0.78, 0.65, 0.42];
const meadow: Light = [0.2, 0.3, 0.06];
const forest: Light = [0.03, 0.105, 0.03];
const rock: Light = [0.3, 0.24, 0.19];
const snow: Light = [0.9, 0.93, 0.98];

/** An island's coast from above, in the light of the morning: large areas with ragged borders, and colors that vary within each. */
export const coast: Maker = {
  name: "coast",
  title: "Coast from above",
  classes: ["sea", "beach", "green", "rock"],
  draw: (width, height, seed) => {
    const scale = 3.2 / Math.min(width, height);
    const ground = (x: number, y: number): number => {
      const [u, v] = [x * scale, y * scale];
      // The land lies to the upper right.
      const slope = 0.11 * (u * (height / width) - v + 0.2);
      return 0.18 + 0.64 * fractalNoise(seed, u, v, 7) + slope;
    };
    return drawn(width, height, (x, y) => {
      const here = ground(x, y);
      const [u, v] = [x * scale, y * scale];
      if (here < shore) return { label: 0, light: water(here, seed, u, v) };
      const lit = 1 + 26 * (here - ground(x - 1, y - 1)) * (scale < 0.02 ? 0.011 / scale : 1);
      const wood = smoothStep(0.42, 0.56, fractalNoise(seed + 50, 2.5 * u, 2.5 * v, 5));
      const leaves = 0.75 + 0.5 * smoothNoise(seed + 60, 60 * u, 60 * v);
      const plants = dim(mix(meadow, forest, wood), wood > 0.5 ? leaves : 1);
      const stone = mix(
        dim(rock, 0.7 + 0.6 * smoothNoise(seed + 70, 25 * u, 25 * v)),
        snow,
        smoothStep(0.72, 0.77, here),
      );
      const border = here + 0.03 * (fractalNoise(seed + 80, 9 * u, 9 * v, 3) - 0.5);
      const [label, light] = border < green ? [1, sand] : border < bare ? [2, plants] : [3, stone];
      return { label, light: dim(light, Math.min(Math.max(lit, 0.35), 1.7)) };
    });
  },
};

/** Water is lighter where it is shallow, with foam at the shore and ripples everywhere. */
function water(here: number, seed: number, u: number, v: number): Light {
  const depth = smoothStep(0.03, 0.2, shore - here);
  const ripples = 0.88 + 0.24 * smoothNoise(seed + 90, 18 * u + 9 * v, 60 * v);
  const foam = smoothStep(0.006, 0, shore - here) * smoothStep(0.35, 0.6, smoothNoise(seed + 95, 14 * u, 14 * v));
  return mix(dim(mix(shallow, deep, depth), ripples), [0.9, 0.95, 0.95], 0.8 * foam);
}
