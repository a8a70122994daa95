/** A picture that is drawn, not photographed: in color, and with the class of every pixel, which no photograph tells. */
export interface DrawnPicture {
  readonly width: number;
  readonly height: number;
  /** Red, green, blue and alpha of every pixel, as canvas has them. */
  readonly pixels: Uint8ClampedArray<ArrayBuffer>;
  readonly labels: Uint8Array<ArrayBuffer>;
}

/** A maker of pictures. The same numbers make the same picture. */
export interface Maker {
  readonly name: string;
  readonly title: string;
  /** The names of the classes, by label. */
  readonly classes: readonly string[];
  readonly draw: (width: number, height: number, seed: number) => DrawnPicture;
}

/** Light of a color, 0…1 and above, before it is seen. */
export type Light = readonly [red: number, green: number, blue: number];

/** Draws a picture pixel by pixel: `at` tells the light and the class there. */
export function drawn(
  width: number,
  height: number,
  at: (x: number, y: number) => { readonly light: Light; readonly label: number },
): DrawnPicture {
  const pixels = new Uint8ClampedArray(width * height * 4);
  const labels = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const pixel = y * width + x;
      const { light, label } = at(x, y);
      for (let k = 0; k < 3; k++) pixels[pixel * 4 + k] = 255 * seen(light[k]!);
      pixels[pixel * 4 + 3] = 255;
      labels[pixel] = label;
    }
  }
  return { width, height, pixels, labels };
}

/** Brightness as it is stored: what is too bright bends down to white, and dark tones take more of the range. */
function seen(light: number): number {
  const bent = light < 0.7 ? light : 1 - 0.09 / (light - 0.4);
  return Math.max(bent, 0) ** (1 / 2.2);
}

export const mix = (one: Light, other: Light, share: number): Light => [
  one[0] + (other[0] - one[0]) * share,
  one[1] + (other[1] - one[1]) * share,
  one[2] + (other[2] - one[2]) * share,
];

export const dim = ([red, green, blue]: Light, by: number): Light => [red * by, green * by, blue * by];

/** 0 below `from`, 1 above `to`, and smooth between them. */
export function smoothStep(from: number, to: number, value: number): number {
  const share = Math.min(Math.max((value - from) / (to - from), 0), 1);
  return share * share * (3 - 2 * share);
}
