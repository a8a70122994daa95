import type { Drawable } from "../device/device.ts";
import { ShapeError, ValueError } from "../errors.ts";
import { kindOf, remedyFor } from "../values.ts";

/**
 * The pixels of a picture on the host, row by row from the upper left, 0…255: an ImageData, what sharp gives
 * (`{ data, ...info }`), a RawImage of transformers.js, what jpeg-js or fast-png decode.
 */
export interface PixelData {
  readonly data: ArrayLike<number>;
  readonly width: number;
  readonly height: number;
  /** 1 is gray, 2 gray and alpha, 3 red, green and blue, 4 the same and alpha. Default: as many as `data` has. */
  readonly channels?: number;
}

/** A picture, wherever it comes from. */
export type ImageSource = PixelData | Drawable;

/** The tag of an object's class. Classes themselves are missing in some hosts, and there is one of them in each frame of a page. */
const tagOf = (value: object): string => Object.prototype.toString.call(value).slice(8, -1);

const drawableTags = /^(ImageBitmap|HTMLCanvasElement|OffscreenCanvas|HTMLImageElement|HTMLVideoElement|VideoFrame)$/;

/** Recognizes what can be drawn on a canvas. Canvases of packages for Node have classes of their own. */
export const isDrawable = (source: ImageSource): source is Drawable =>
  drawableTags.test(tagOf(source)) || typeof (source as Partial<HTMLCanvasElement>).getContext === "function";

/** Whether `copyExternalImageToTexture` may take it: video fails on some adapters, after the call has returned. */
export const isStill = (source: Drawable): boolean => !/Video/.test(tagOf(source)) && drawableTags.test(tagOf(source));

/** @throws ValueError for what is no picture, or one that is not loaded, or closed */
export function requireSource(where: string, source: unknown): asserts source is ImageSource {
  const object = typeof source === "object" && source !== null ? (source as Partial<PixelData>) : undefined;
  if (!object || "then" in object || !(isDrawable(object as ImageSource) || "data" in object)) {
    throw new ValueError({
      where,
      expected:
        "a picture: ImageData, ImageBitmap, a canvas, an image, a video, a VideoFrame or { data, width, height }",
      got: kindOf(source),
      remedy: remedyFor(source, "decode it first, for example with createImageBitmap() or sharp"),
    });
  }
  const { width, height } = sizeOf(object as ImageSource);
  if (Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0) return;
  const remedy = /Image|Video/.test(tagOf(object)) ? "wait until it is loaded, and do not close it before" : undefined;
  throw new ValueError({
    where,
    expected: "a picture with a width and a height in whole pixels",
    got: `${kindOf(object)} of ${String(width)}×${String(height)}`,
    remedy: remedy ?? "pass its size in pixels",
  });
}

/** The sizes that sources have by other names: those of the picture, not those at which a page shows it. */
interface Sizes {
  readonly displayWidth?: number;
  readonly displayHeight?: number;
  readonly videoWidth?: number;
  readonly videoHeight?: number;
  readonly naturalWidth?: number;
  readonly naturalHeight?: number;
  readonly width?: number;
  readonly height?: number;
}

/** The picture's own size in pixels. */
export function sizeOf(source: ImageSource): { readonly width: number; readonly height: number } {
  const sizes = source as Sizes;
  return {
    width: (sizes.displayWidth ?? sizes.videoWidth ?? sizes.naturalWidth ?? sizes.width)!,
    height: (sizes.displayHeight ?? sizes.videoHeight ?? sizes.naturalHeight ?? sizes.height)!,
  };
}

/**
 * The pixels on the host and the number of their channels.
 * @throws ShapeError for another number of values than the size asks for
 */
export function channelsOf(where: string, { data, width, height, channels }: PixelData): number {
  const length = typeof data === "object" && data !== null ? data.length : undefined;
  const found = channels ?? (length ?? NaN) / (width * height);
  if ([1, 2, 3, 4].includes(found) && length === found * width * height) return found;
  throw new ShapeError({
    where,
    expected: `${height}×${width} pixels of ${channels ?? "1 to 4"} channels`,
    got: length === undefined ? kindOf(data) : `${length} values`,
    remedy: "pass the picture's own size, and channels where it has 1 (gray), 2, 3 (rgb) or 4 (rgba)",
  });
}

/**
 * Looks at values that are no bytes.
 * @throws ValueError for what is not between 0 and 255
 */
export function requireColors(where: string, data: ArrayLike<number>): void {
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    if (value >= 0 && value <= 255) continue;
    throw new ValueError({
      where,
      expected: "colors from 0 to 255",
      got: `${String(value)} at index ${i}`,
      remedy:
        value > 255 ? "divide 16-bit samples by 257" : "undo what normalized them: options mean and scale do it here",
    });
  }
}

export type Context2d = OffscreenCanvasRenderingContext2D | CanvasRenderingContext2D;

/** Makes a canvas to draw on, or nothing where the host has none: Deno's have no context for it. */
function makeContext(width: number, height: number, options?: CanvasRenderingContext2DSettings): Context2d | undefined {
  const offscreen =
    typeof OffscreenCanvas === "function" ? new OffscreenCanvas(width, height).getContext("2d", options) : null;
  if (offscreen || typeof document !== "object") return offscreen ?? undefined;
  return Object.assign(document.createElement("canvas"), { width, height }).getContext("2d", options) ?? undefined;
}

/** The context of a canvas. @throws ValueError where it has one of another kind */
export function contextOf(
  where: string,
  canvas: OffscreenCanvas | HTMLCanvasElement,
  options?: CanvasRenderingContext2DSettings,
): Context2d {
  const context = canvas.getContext("2d", options);
  if (context) return context;
  throw new ValueError({
    where,
    expected: "a canvas that can be drawn on",
    got: "one without a 2d context",
    remedy: "pass a canvas that has no other context",
  });
}

/** Draws a picture on a canvas of its own, in a host that has any. */
export function drawn(source: Drawable): OffscreenCanvas | HTMLCanvasElement | undefined {
  const { width, height } = sizeOf(source);
  const context = makeContext(width, height);
  context?.drawImage(source, 0, 0, width, height);
  return context?.canvas;
}

/**
 * Reads the pixels of what can be drawn, red, green, blue and alpha.
 * @throws ValueError for pictures of other origins, and in a host that cannot read them
 */
export function readPixels(where: string, source: Drawable): PixelData {
  const { width, height } = sizeOf(source);
  const options = { willReadFrequently: true };
  const made = makeContext(width, height, options);
  if (!made && !("getContext" in source)) {
    throw new ValueError({
      where,
      expected: "a host with canvases to draw on",
      got: `${kindOf(source)} in one without`,
      remedy: "decode the picture to { data, width, height }",
    });
  }
  // Where the host has no canvases, the one that was given comes from a package and can be read itself.
  const context = made ?? contextOf(where, source as HTMLCanvasElement, options);
  try {
    made?.drawImage(source, 0, 0, width, height);
    const { data } = context.getImageData(0, 0, width, height);
    return { data, width, height, channels: 4 };
  } catch (cause) {
    if ((cause as Error).name !== "SecurityError") throw cause;
    const remedy = 'load it with crossOrigin = "anonymous" from a server that allows it';
    const got = `${kindOf(source)} of another origin`;
    throw new ValueError({ where, expected: "a picture that the page may read", got, remedy }, { cause });
  }
}
