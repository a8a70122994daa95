/** One color, red, green and blue, 0…255. */
export type Color = readonly [red: number, green: number, blue: number];

/**
 * The 256 colors of the PASCAL VOC palette: color `i` belongs to class `i`, and 255 (void) is beige.
 * Bit k of each group of three bits of the class goes to bit 7−k of red, green and blue (VOC development kit, VOClabelcolormap).
 */
export function vocPalette(): Color[] {
  return Array.from({ length: 256 }, (_, label) => {
    const color = [0, 0, 0];
    for (let bit = 0; bit < 8; bit++) {
      for (let channel = 0; channel < 3; channel++)
        color[channel]! |= ((label >> (3 * bit + channel)) & 1) << (7 - bit);
    }
    return color as unknown as Color;
  });
}
