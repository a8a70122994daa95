import type { Image } from "./image.ts";

/** How far training images are varied; what is left out is left alone. */
export interface Augmentation {
  /** Mirrored left to right, half of the time. */
  readonly flip?: boolean;
  /** Enlarged or reduced by up to this factor, 1 or more; the size of the image stays. */
  readonly scale?: number;
  /** Turned by up to so many degrees either way. */
  readonly rotation?: number;
  /** Slanted by up to so many degrees either way. */
  readonly shear?: number;
  /** Moved by up to this share of width and height. */
  readonly shift?: number;
  /** Brightness, contrast and saturation changed by up to this share, 0…1. */
  readonly color?: number;
  /** Cut down to so many pixels on a side, anywhere; an image that is smaller stays whole on that side. */
  readonly crop?: number;
}

/** A photograph and its ground truth, of one size. */
export interface LabeledImage {
  readonly image: Image;
  /** `[height, width]`; 255 = ignore. */
  readonly labels: Uint8Array<ArrayBuffer>;
}
