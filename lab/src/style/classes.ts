/** One color, red, green and blue, 0…255. */
export type Rgb = readonly [red: number, green: number, blue: number];

/** The look of a class wherever it is drawn: on photographs, in charts, in lists beside its name. */
export interface ClassColor {
  readonly name: string;
  readonly rgb: Rgb;
}

/**
 * Colors of classes, told apart on photographs, in both schemes and by color-blind people (Okabe and Ito's palette, its black and
 * gray taken by the ground). Each class also has its name; there are more classes than colors, and they come again, darker.
 */
const palette: readonly ClassColor[] = [
  { name: "slate", rgb: [106, 110, 130] },
  { name: "orange", rgb: [230, 159, 0] },
  { name: "sky blue", rgb: [86, 180, 233] },
  { name: "green", rgb: [0, 158, 115] },
  { name: "purple", rgb: [204, 121, 167] },
  { name: "yellow", rgb: [240, 228, 66] },
  { name: "vermilion", rgb: [213, 94, 0] },
  { name: "blue", rgb: [0, 114, 178] },
];

/** The color of class `label`, 0 being the ground. */
export function classColor(label: number): ClassColor {
  if (label < palette.length) return palette[label]!;
  const again = label - palette.length;
  const { name, rgb } = palette[1 + (again % (palette.length - 1))]!;
  const shade = 0.72 ** (1 + Math.floor(again / (palette.length - 1)));
  return { name: `dark ${name}`, rgb: rgb.map((value) => Math.round(value * shade)) as unknown as Rgb };
}

/** A color for CSS and for canvas. */
export const cssColor = ([red, green, blue]: Rgb, alpha = 1): string =>
  alpha === 1 ? `rgb(${red} ${green} ${blue})` : `rgb(${red} ${green} ${blue} / ${alpha})`;
