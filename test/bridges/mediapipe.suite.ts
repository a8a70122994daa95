/** Masks of the shape that MediaPipe gives them; mediapipe.slow.ts takes them from MediaPipe. */
import { fromMasks, people } from "../../src/bridges/mediapipe.ts";
import { ShapeError, ValueError } from "../../src/errors.ts";
import { refine } from "../../src/pictures/refine.ts";
import { type Case, check, close, random, rejects, same } from "../suite.ts";

const [height, width] = [5, 7];

const maskOf = (values: Float32Array, size = { height, width }) => ({ ...size, getAsFloat32Array: () => values });

export const cases: Case[] = [
  {
    name: "masks become the logarithms of their probabilities, a single one those of two classes",
    async run(device) {
      const planes = [0, 1, 2].map((seed) => random(seed + 1).array(height * width, 0.01, 0.99));
      using three = fromMasks(
        device,
        planes.map((plane) => maskOf(plane)),
        { temperature: 2 },
      );
      same(three.shape, [height, width, 3], "shape of three");
      const expected = Array.from({ length: 105 }, (_, i) => Math.log(planes[i % 3]![Math.floor(i / 3)]!) / 2);
      close(await three.read(), expected, { absolute: 1e-6 }, "three masks");
      using two = fromMasks(device, [maskOf(planes[0]!)], { size: [height, width] });
      const pair = Array.from({ length: 70 }, (_, i) => {
        const p = planes[0]![i >> 1]!;
        return Math.log(i % 2 === 0 ? 1 - p : p);
      });
      close(await two.read(), pair, { absolute: 2e-6 }, "one mask");
      const picture = { data: Uint8Array.from(random(9).array(height * width * 3, 0, 255)), width, height };
      const { labels } = await refine(device, picture, two, people);
      check(labels.length === height * width && labels.every((label) => label < 2), "labels of two classes");
    },
  },
  {
    name: "what are no masks, or masks of several sizes, are refused",
    async run(device) {
      const error = await rejects(() => fromMasks(device, undefined), ValueError);
      check(error.message.includes("outputConfidenceMasks: true"), error.message);
      await rejects(() => fromMasks(device, []), ValueError);
      const mask = maskOf(new Float32Array(35).fill(0.5));
      await rejects(() => fromMasks(device, mask as never), ValueError);
      const other = maskOf(new Float32Array(12).fill(0.5), { height: 3, width: 4 });
      await rejects(() => fromMasks(device, [mask, other]), ShapeError);
    },
  },
];
