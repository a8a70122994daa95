import { ValueError } from "../../src/errors.ts";
import { type Refined, refinedOf } from "../../src/pictures/refined.ts";
import type { ImageSource } from "../../src/pictures/source.ts";
import { type Case, check, rejects, same } from "../suite.ts";

const [width, height] = [3, 2];
const labels = Uint8Array.of(0, 1, 2, 2, 0, 15);
const classes = 21;

const resultOf = (source?: ImageSource): Refined =>
  refinedOf({ width, height, classes, labels, confidence: new Float32Array(6), iterations: 5 }, source);

/** A canvas for hosts without any: it keeps pixels, and draws nothing but other such canvases. */
function standIn(w: number, h: number) {
  const canvas = {
    width: w,
    height: h,
    data: new Uint8ClampedArray(w * h * 4),
    getContext: () => ({
      getImageData: () => ({ data: canvas.data.slice(), width: canvas.width, height: canvas.height }),
      putImageData: ({ data }: ImageData) => (canvas.data = data.slice()),
      drawImage: (other: { data?: Uint8ClampedArray; closed?: boolean }) => {
        if (other.closed) throw new DOMException("It is closed.", "InvalidStateError");
        canvas.data = other.data!.slice();
      },
    }),
  };
  return canvas;
}

const hasCanvas = typeof document === "object";

/** A canvas of the host, or one in its place. */
const makeCanvas = (w: number, h: number): OffscreenCanvas =>
  hasCanvas ? new OffscreenCanvas(w, h) : (standIn(w, h) as unknown as OffscreenCanvas);

const shownBy = (canvas: OffscreenCanvas): number[] =>
  Array.from(canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height).data);

/** Fills a canvas with one color. */
function filled(w: number, h: number, color: readonly number[]): OffscreenCanvas {
  const canvas = makeCanvas(w, h);
  const data = Uint8ClampedArray.from({ length: w * h * 4 }, (_, i) => color[i % 4]!);
  const image = hasCanvas ? new ImageData(data, w, h) : ({ data, width: w, height: h } as ImageData);
  canvas.getContext("2d")!.putImageData(image, 0, 0);
  return canvas;
}

export const cases: Case[] = [
  {
    name: "labels have the colors of VOC or of a palette, which begins anew at its end",
    async run() {
      const voc = resultOf().toImageData();
      same([voc.width, voc.height], [width, height], "size");
      check(voc.colorSpace === "srgb" && voc.data instanceof Uint8ClampedArray, "an ImageData");
      same(voc.data.slice(0, 12), [0, 0, 0, 255, 128, 0, 0, 255, 0, 128, 0, 255], "VOC");
      same(voc.data.slice(20), [192, 128, 128, 255], "a person");
      const own = resultOf().toImageData([
        [1, 2, 3],
        [4, 5, 6],
      ]);
      same(own.data.slice(0, 12), [1, 2, 3, 255, 4, 5, 6, 255, 1, 2, 3, 255], "a palette of two");
      const wrong = resultOf().toImageData as (palette: unknown) => unknown;
      for (const palette of ["red", [], [[1, 2]], [[1, 2, 300]], [1, 2, 3]]) {
        const { message } = await rejects(() => wrong(palette), ValueError);
        check(/toImageData: expected a palette/.test(message), message);
      }
    },
  },
  {
    name: "a mask is opaque where a label is",
    async run() {
      const { data } = resultOf().mask(2);
      same(data.slice(0, 8), new Uint8Array(8), "elsewhere");
      same(data.slice(8, 16), new Uint8Array(8).fill(255), "the label");
      same(data.slice(16), new Uint8Array(8), "elsewhere");
      same(resultOf().mask(20).data, new Uint8Array(24), "a class that no pixel has");
      for (const label of [-1, 21, 0.5, "person"]) {
        const { message } = await rejects(() => resultOf().mask(label as number), ValueError);
        check(/mask: expected a label from 0 to 20/.test(message), message);
      }
    },
  },
  {
    name: "a picture of numbers is drawn under its labels, and the background is left as it is",
    async run() {
      const gray = Uint8Array.of(10, 20, 30, 40, 50, 60);
      const canvas = makeCanvas(300, 150);
      resultOf({ data: gray, width, height, channels: 1 }).draw(canvas);
      same([canvas.width, canvas.height], [width, height], "the canvas has the picture's size");
      const half = shownBy(canvas);
      same(half.slice(0, 4), [10, 10, 10, 255], "background");
      same(half.slice(4, 8), [74, 10, 10, 255], "half gray, half red");
      resultOf({ data: gray, width, height, channels: 1 }).draw(canvas, { overlay: 1 });
      same(shownBy(canvas).slice(4, 8), [128, 0, 0, 255], "labels alone");
      resultOf({ data: gray, width, height, channels: 1 }).draw(canvas, { overlay: 0 });
      same(shownBy(canvas).slice(4, 8), [20, 20, 20, 255], "the picture alone");
      const palette = [[110, 0, 0]] as const;
      resultOf({ data: gray, width, height, channels: 1 }).draw(canvas, { palette });
      same(shownBy(canvas).slice(0, 4), [60, 5, 5, 255], "a palette of one's own colors the background, too");
    },
  },
  {
    name: "what can be drawn is drawn; without it, or once it is closed, labels lie over what the canvas shows",
    async run() {
      const source = filled(width, height, [100, 100, 100, 255]);
      const canvas = filled(width, height, [200, 200, 200, 255]);
      resultOf(source).draw(canvas);
      same(shownBy(canvas).slice(0, 8), [100, 100, 100, 255, 114, 50, 50, 255], "over the picture");
      // The picture is the canvas itself.
      resultOf(source).draw(source);
      same(shownBy(source).slice(0, 8), [100, 100, 100, 255, 114, 50, 50, 255], "in place");
      const shown = filled(width, height, [200, 200, 200, 255]);
      resultOf().draw(shown, { overlay: 0.25 });
      same(shownBy(shown).slice(0, 8), [200, 200, 200, 255, 182, 150, 150, 255], "over the canvas");
      const closed = hasCanvas ? await closedBitmap() : Object.assign(standIn(3, 2), { closed: true });
      resultOf(closed).draw(shown, { overlay: 0 });
      same(shownBy(shown).slice(0, 4), [200, 200, 200, 255], "of what is closed nothing is drawn");
    },
  },
  {
    name: "what is no canvas to draw on is refused",
    async run() {
      const wrong = resultOf().draw as (canvas: unknown, options?: unknown) => void;
      for (const [canvas, options, says] of [
        [undefined, {}, /draw: expected a canvas, got nothing/],
        [{ width: 1, height: 1 }, {}, /draw: expected a canvas, got a plain object/],
        [
          { width: 3, height: 2, getContext: () => null },
          {},
          /a canvas that can be drawn on, got one without a 2d context/,
        ],
        [makeCanvas(1, 1), { opacity: 1 }, /got "opacity"/],
        [makeCanvas(1, 1), { overlay: 2 }, /overlay from 0 to 1, got 2/],
        [makeCanvas(1, 1), { overlay: "x" }, /overlay/],
      ] as const) {
        const { message } = await rejects(() => wrong(canvas, options), ValueError);
        check(says.test(message), `expected ${says}, got ${message}`);
      }
    },
  },
];

async function closedBitmap(): Promise<ImageBitmap> {
  const bitmap = await createImageBitmap(new ImageData(3, 2));
  bitmap.close();
  return bitmap;
}
