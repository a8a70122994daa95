/** A pixel of the scene, with its simplex. */
export interface ScenePixel {
  readonly number: number;
  readonly place: readonly [number, number];
  readonly weights: readonly number[];
}

export const pixels: readonly { readonly place: readonly [number, number]; readonly value: number }[];
/** What every pixel gets. */
export const filtered: ArrayLike<number>;
export const lattice: { readonly keys: readonly unknown[] };
export function pixelAt(x: number, y: number): ScenePixel;
