import type { LabeledImage } from "../data/labeledImage.ts";
import type { Color } from "../data/palette.ts";
import { randomBits, randomNumbers } from "../shared/random.ts";

/** Names and colors of the classes; the ground is the first. */
export const shapeClasses: readonly { readonly name: string; readonly rgb: Color }[] = [
  { name: "ground", rgb: [24, 26, 32] },
  { name: "disk", rgb: [240, 176, 40] },
  { name: "triangle", rgb: [62, 142, 208] },
  { name: "square", rgb: [206, 84, 120] },
];

/** A share 0…1 of the second color of a texture at a pixel. */
type Texture = (x: number, y: number) => number;

/** Pixels over which a shape's color fades into the ground's, and by which its outline wavers. */
const [softness, waver] = [2.5, 3];
/** Standard deviation of the noise on every pixel, of 255. */
const grain = 14;

/**
 * A picture of textured shapes on a textured ground, with soft, noisy outlines, and its labels: where a shape covers more
 * than half of a pixel. The same numbers give the same picture.
 */
export function drawShapes(seed: number, index: number, size: number): LabeledImage {
  const random = randomNumbers(seed, index);
  const within = (least: number, most: number): number => least + (most - least) * random();
  const ground = { colors: twoColors(0, within), texture: texture(0, within, seed) };
  const values = new Float32Array(size * size * 3);
  const labels = new Uint8Array(size * size);
  const layers = Array.from({ length: 2 + Math.floor(within(0, 3)) }, () => {
    const label = 1 + Math.floor(within(0, shapeClasses.length - 1));
    return {
      label,
      distance: outline(label, within, size),
      colors: twoColors(label, within, ground.colors[0]),
      texture: texture(label, within, seed),
    };
  });
  const noiseSeed = randomBits(seed, index, 1);
  for (let pixel = 0; pixel < labels.length; pixel++) {
    const [x, y] = [pixel % size, Math.floor(pixel / size)];
    let color = blend(ground.colors[0], ground.colors[1], ground.texture(x, y));
    const offset = waver * (2 * smoothNoise(noiseSeed, x / 6, y / 6) - 1);
    for (const layer of layers) {
      const covered = clamp(0.5 - (layer.distance(x, y) + offset) / (2 * softness));
      if (covered > 0.5) labels[pixel] = layer.label;
      if (covered > 0) color = blend(color, blend(layer.colors[0], layer.colors[1], layer.texture(x, y)), covered);
    }
    for (let k = 0; k < 3; k++) {
      // The sum of three uniform numbers, near enough to a normal one.
      const noise = random() + random() + random() - 1.5;
      values[pixel * 3 + k] = Math.round(Math.min(Math.max(color[k]! + 2 * grain * noise, 0), 255));
    }
  }
  return { image: { height: size, width: size, values }, labels };
}

/** Colors that shapes vary about; the ground is any gray with a tint. */
const usual: readonly Color[] = [
  [0, 0, 0],
  [214, 150, 62],
  [70, 130, 204],
  [192, 78, 122],
];

/** Two shades of a color that is usual for a label, at some distance from `other`. */
function twoColors(
  label: number,
  within: (least: number, most: number) => number,
  other?: Color,
): readonly [Color, Color] {
  let color: Color;
  do {
    const gray = label === 0 ? within(60, 190) : 0;
    const spread = label === 0 ? 22 : 38;
    const [red, green, blue] = usual[label]!;
    color = [red, green, blue].map((value) => gray + value + within(-spread, spread)) as unknown as Color;
  } while (other && Math.hypot(...color.map((value, k) => value - other[k]!)) < 60);
  const shade = within(16, 30);
  const lighter = (by: number): Color => color.map((value) => value + by) as unknown as Color;
  return [lighter(-shade), lighter(shade)];
}

/** The ground is cloudy, disks are striped, triangles dotted, squares checkered. */
function texture(label: number, within: (least: number, most: number) => number, seed: number): Texture {
  const angle = within(0, Math.PI);
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
  const along = (x: number, y: number): number => cosine * x + sine * y;
  const across = (x: number, y: number): number => cosine * y - sine * x;
  const wave = (2 * Math.PI) / within(5, 8);
  const clouds = randomBits(seed, Math.floor(within(0, 2 ** 31)));
  const textures: readonly Texture[] = [
    (x, y) => smoothNoise(clouds, x / 9, y / 9),
    (x, y) => 0.5 + 0.5 * Math.sin(wave * along(x, y)),
    (x, y) => (Math.cos(wave * along(x, y)) + Math.cos(wave * across(x, y)) > 0.9 ? 1 : 0),
    (x, y) => (Math.sin(wave * along(x, y)) * Math.sin(wave * across(x, y)) > 0 ? 1 : 0),
  ];
  return textures[label]!;
}

/** The signed distance from a shape's outline, in pixels, below 0 inside. */
function outline(label: number, within: (least: number, most: number) => number, size: number): Texture {
  const radius = within(0.13, 0.26) * size;
  const [centerX, centerY, turn] = [within(0.2, 0.8) * size, within(0.2, 0.8) * size, within(0, 2 * Math.PI)];
  if (label === 1) return (x, y) => Math.hypot(x - centerX, y - centerY) - radius;
  const sides = label === 2 ? 3 : 4;
  return (x, y) => {
    const distances = Array.from({ length: sides }, (_, side) => {
      const angle = turn + (2 * Math.PI * side) / sides;
      return (x - centerX) * Math.cos(angle) + (y - centerY) * Math.sin(angle) - radius * Math.cos(Math.PI / sides);
    });
    return Math.max(...distances);
  };
}

/** Random numbers 0…1 at whole places, joined smoothly between them (value noise). */
function smoothNoise(seed: number, x: number, y: number): number {
  const [column, row] = [Math.floor(x), Math.floor(y)];
  const ease = (t: number): number => t * t * (3 - 2 * t);
  const at = (dx: number, dy: number): number => randomBits(seed, column + dx, row + dy) / 2 ** 32;
  const [right, down] = [ease(x - column), ease(y - row)];
  const upper = at(0, 0) + (at(1, 0) - at(0, 0)) * right;
  const lower = at(0, 1) + (at(1, 1) - at(0, 1)) * right;
  return upper + (lower - upper) * down;
}

const clamp = (share: number): number => Math.min(Math.max(share, 0), 1);

const blend = (a: Color, b: Color, share: number): Color => [
  a[0] + (b[0] - a[0]) * share,
  a[1] + (b[1] - a[1]) * share,
  a[2] + (b[2] - a[2]) * share,
];
