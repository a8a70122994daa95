/** An image `[height, width, 3]`: red, green and blue, 0…255. */
export interface Image {
  readonly height: number;
  readonly width: number;
  readonly values: Float32Array<ArrayBuffer>;
}
