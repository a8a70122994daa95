/** What browsers draw, in hosts that have it; that it is refused in a sentence in those that do not. */
import type { Device, Drawable } from "../../src/device/device.ts";
import { ValueError } from "../../src/errors.ts";
import { imageTensor } from "../../src/pictures/imageTensor.ts";
import { type Case, check, close, random, rejects, same } from "../suite.ts";

const hasPage = typeof document === "object";

/** The widths are such that rows of a texture are padded, and the upper left differs from all other corners. */
const [width, height] = [21, 10];

/** An opaque picture of flat tiles, or one of all degrees of transparency. */
function pixels(alpha: "opaque" | "partly"): ImageData {
  const numbers = random(alpha === "opaque" ? 1 : 2);
  const data = new Uint8ClampedArray(width * height * 4);
  for (let i = 0; i < data.length; i++) data[i] = i % 4 === 3 && alpha === "opaque" ? 255 : numbers.integer(256);
  return new ImageData(data, width, height);
}

function canvasOf(image: ImageData, colorSpace: PredefinedColorSpace = "srgb"): OffscreenCanvas {
  const canvas = new OffscreenCanvas(image.width, image.height);
  canvas.getContext("2d", { colorSpace })!.putImageData(image, 0, 0);
  return canvas;
}

/** The colors that the browser itself tells. */
function colorsOf(source: Drawable, w = width, h = height): Float32Array {
  const context = new OffscreenCanvas(w, h).getContext("2d")!;
  context.drawImage(source, 0, 0, w, h);
  return rgbOf(context.getImageData(0, 0, w, h).data);
}

const rgbOf = (data: Uint8ClampedArray): Float32Array => Float32Array.from(data.filter((_, i) => i % 4 < 3));

/** How often the host's pixels were read while `work` ran. */
async function readsDuring(work: () => Promise<void>): Promise<number> {
  const { prototype } = OffscreenCanvasRenderingContext2D;

  const { getImageData } = prototype;
  let reads = 0;
  prototype.getImageData = function (...args: Parameters<typeof getImageData>) {
    reads++;
    return getImageData.apply(this, args);
  };
  try {
    await work();
  } finally {
    prototype.getImageData = getImageData;
  }
  return reads;
}

/** In a host without canvases: what looks like a picture to draw is refused, and so is a real one. */
async function refused(device: Device): Promise<void> {
  const source = { width, height, getContext: () => null } as unknown as HTMLCanvasElement;
  const { message } = await rejects(() => imageTensor(device, source), ValueError);
  check(/a canvas that can be drawn on/.test(message), message);
  class ImageBitmapLike {
    readonly width = width;
    readonly height = height;
    readonly [Symbol.toStringTag] = "ImageBitmap";
  }
  const bitmap = new ImageBitmapLike() as unknown as ImageBitmap;
  const error = await rejects(() => imageTensor(device, bitmap), ValueError);
  check(/a host with canvases to draw on, got an ImageBitmap in one without/.test(error.message), error.message);
}

/** A case of hosts with canvases, and, if it needs elements, with a page. */
const drawableCase = (name: string, run: Case["run"]): Case => ({
  name,
  run: (device, fixtures) => (hasPage ? run(device, fixtures) : refused(device)),
});

async function loadedImage(blob: Blob): Promise<HTMLImageElement> {
  const image = new Image();
  image.src = URL.createObjectURL(blob);
  await image.decode();
  URL.revokeObjectURL(image.src);
  return image;
}

/** A video that shows a canvas. */
async function videoOf(canvas: HTMLCanvasElement): Promise<HTMLVideoElement> {
  const video = document.createElement("video");
  video.muted = true;
  video.srcObject = canvas.captureStream();
  await video.play();
  return video;
}

/** A JPEG with an orientation in front of its own segments. */
function oriented(jpeg: Uint8Array, orientation: number): Blob {
  const tiff = [0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0];
  const body = [0x45, 0x78, 0x69, 0x66, 0, 0, ...tiff];
  const segment = Uint8Array.of(0xff, 0xe1, 0, body.length + 2, ...body);
  return new Blob([jpeg.slice(0, 2), segment, jpeg.slice(2)], { type: "image/jpeg" });
}

export const cases: Case[] = [
  drawableCase(
    "canvases, bitmaps and images are what they show, the first row first, and stay on the GPU",
    async (device) => {
      const image = pixels("opaque");
      const canvas = canvasOf(image);
      const element = document.createElement("canvas");
      Object.assign(element, { width, height }).getContext("2d")!.putImageData(image, 0, 0);
      const sources: Record<string, Drawable> = {
        OffscreenCanvas: canvas,
        HTMLCanvasElement: element,
        ImageBitmap: await createImageBitmap(image),
        HTMLImageElement: await loadedImage(await canvas.convertToBlob()),
      };
      for (const [name, source] of Object.entries(sources)) {
        const reads = await readsDuring(async () => {
          using guide = imageTensor(device, source);
          same(guide.shape, [height, width, 3], name);
          same(await guide.read(), rgbOf(image.data), name);
          using bgr = imageTensor(device, source, { order: "bgr", mean: [1, 2, 3] });
          const [blue, green, red] = await bgr.read();
          same([red! + 3, green! + 2, blue! + 1], image.data.slice(0, 3), `${name}, blue first`);
        });
        check(reads === (device.kind === "wasm" ? 2 : 0), `${name} was read back ${reads} times`);
      }
    },
  ),
  drawableCase("an ImageData is taken byte by byte, and its alpha dropped", async (device) => {
    const image = pixels("partly");
    using guide = imageTensor(device, image);
    same(await guide.read(), rgbOf(image.data), "ImageData");
  }),
  drawableCase("colors of transparent pixels are not premultiplied", async (device) => {
    const canvas = canvasOf(pixels("partly"));
    const expected = colorsOf(canvas);
    const alphas = canvas
      .getContext("2d")!
      .getImageData(0, 0, width, height)
      .data.filter((_, i) => i % 4 === 3);
    using guide = imageTensor(device, canvas);
    const actual = await guide.read();
    // A canvas holds color·alpha in bytes, so that dividing gives 255/alpha levels of freedom to each host's rounding.
    for (const [pixel, alpha] of alphas.entries()) {
      const at = pixel * 3;
      const absolute = alpha === 0 ? 255 : 1 + 255 / alpha;
      close(actual.slice(at, at + 3), expected.slice(at, at + 3), { absolute }, `pixel ${pixel} of alpha ${alpha}`);
    }
  }),
  drawableCase("another color space becomes sRGB", async (device) => {
    const canvas = canvasOf(pixels("opaque"), "display-p3");
    using guide = imageTensor(device, canvas);
    // One level for the rounding of the conversion.
    close(await guide.read(), colorsOf(canvas), { absolute: 1 }, "display-p3");
  }),
  drawableCase("photographs are turned as their orientation says", async (device) => {
    const flat = pixels("opaque");
    // Flat quarters survive the compression.
    for (let i = 0; i < flat.data.length; i += 4) {
      const [x, y] = [(i / 4) % width, Math.floor(i / 4 / width)];
      flat.data.set([x < 8 ? 250 : 10, y < 8 ? 240 : 20, 100], i);
    }
    const jpeg = new Uint8Array(
      await (await canvasOf(flat).convertToBlob({ type: "image/jpeg", quality: 1 })).arrayBuffer(),
    );
    const source = await loadedImage(oriented(jpeg, 6));
    using guide = imageTensor(device, source);
    same(guide.shape, [width, height, 3], "turned");
    close(await guide.read(), colorsOf(source, height, width), { absolute: 2 }, "turned");
    // Turned clockwise by a quarter: what was on the lower left is on the upper left, so green is low there.
    const [red, green] = await guide.read();
    check(red! > 200 && green! < 60, `the upper left is ${red}, ${green}`);
  }),
  drawableCase("frames and videos are what they show", async (device) => {
    const canvas = document.createElement("canvas");
    const context = Object.assign(canvas, { width: 32, height: 16 }).getContext("2d")!;
    for (const [color, x, y] of [
      ["#c81e0a", 0, 0],
      ["#14a03c", 16, 0],
      ["#1e28b4", 0, 8],
      ["#e6e6e6", 16, 8],
    ] as const) {
      context.fillStyle = color;
      context.fillRect(x, y, 16, 8);
    }
    const frame = new VideoFrame(canvas, { timestamp: 0 });
    const video = await videoOf(canvas);
    for (const [name, source] of Object.entries({ VideoFrame: frame, HTMLVideoElement: video })) {
      using guide = imageTensor(device, source);
      same(guide.shape, [16, 32, 3], name);
      // Frames may be kept as brightness and two differences of color.
      close(await guide.read(), colorsOf(canvas, 32, 16), { absolute: 4 }, name);
    }
    frame.close();
    video.pause();
    const { message } = await rejects(() => imageTensor(device, frame), ValueError);
    check(/a VideoFrame of 0×0 — wait until it is loaded/.test(message), message);
    const empty = await rejects(() => imageTensor(device, new Image()), ValueError);
    check(/HTMLImageElement of 0×0/.test(empty.message), empty.message);
  }),
  drawableCase("a picture that is wider than a texture may be, and one of another origin", async (device) => {
    const wide = new OffscreenCanvas(20000, 1);
    const context = wide.getContext("2d")!;
    context.fillStyle = "#204060";
    context.fillRect(0, 0, 20000, 1);
    using guide = imageTensor(device, wide);
    same((await guide.read()).slice(-3), [0x20, 0x40, 0x60], "the last pixel");
    const tainted = new OffscreenCanvas(20000, 1);
    // Browsers refuse to tell pixels that came from elsewhere; no second origin is at hand here.
    Object.defineProperty(tainted, Symbol.toStringTag, { value: "HTMLImageElement" });
    const { prototype } = OffscreenCanvasRenderingContext2D;
    const { getImageData } = prototype;
    prototype.getImageData = () => {
      throw new DOMException("The canvas has been tainted by cross-origin data.", "SecurityError");
    };
    try {
      const { message } = await rejects(() => imageTensor(device, tainted), ValueError);
      check(/may read, got .* of another origin — load it with crossOrigin/.test(message), message);
    } finally {
      prototype.getImageData = getImageData;
    }
  }),
  drawableCase("a canvas that WebGL drew is read like any other", async (device) => {
    const canvas = new OffscreenCanvas(4, 4);
    const gl = canvas.getContext("webgl", { preserveDrawingBuffer: true });
    if (gl) {
      gl.clearColor(1, 0.6, 0.2, 1);
      gl.clear(gl.COLOR_BUFFER_BIT);
    } else canvas.getContext("2d")!.fillRect(0, 0, 4, 4);
    using guide = imageTensor(device, canvas);
    same(await guide.read(), colorsOf(canvas, 4, 4), "WebGL");
  }),
];
