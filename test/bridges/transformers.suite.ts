/** Pipelines of the shape that transformers.js gives them, with every kind of output; transformers.slow.ts runs real ones. */
import { refined } from "../../src/bridges/transformers.ts";
import { ValueError } from "../../src/errors.ts";
import { refine } from "../../src/pictures/refine.ts";
import { type Case, check, close, rejects, same } from "../suite.ts";
import { channelsFirst, runColors } from "./colorNetwork.ts";
import { makePipeline, Numbers, picture, Raw } from "./pipelines.ts";

const { width, height } = picture;
const options = { bilateral: { position: 20, color: 20 }, iterations: 3 };

/** The color network's scores [1, 3, 8, 12] of the picture. */
const scores = runColors(
  channelsFirst(
    Float32Array.from(picture.data, (color) => color / 64 - 2),
    3,
  ),
);

export const cases: Case[] = [
  {
    name: "scores of every pixel are refined before the pipeline sees them",
    async run(device) {
      const output = new Numbers("float32", scores, [1, 3, 8, 12]);
      const pipeline = makePipeline("logits", output, (logits, words) => ({ logits, words }));
      const segment = refined(pipeline, device, options);
      const before = device.bytes;
      const { logits, words } = (await segment("a.jpg", { threshold: 0.5 })) as { logits: Numbers; words: unknown[] };
      check(device.bytes === before, "memory is kept");
      same(logits.dims, [1, 3, height, width], "size");
      check(logits instanceof Numbers && output.disposed, "a tensor of the same class in place of the output");
      check(words[0] === "a.jpg" && segment.task === "image-segmentation", "the same call and the same members");
      const own = { data: scores, shape: [1, 3, 8, 12], layout: "nchw" } as const;
      const { labels } = await refine(device, picture, own, options);
      const best = Array.from({ length: height * width }, (_, pixel) => {
        const row = [0, 1, 2].map((c) => logits.data[c * height * width + pixel]!);
        return row.indexOf(Math.max(...row));
      });
      same(best, labels, "labels");
    },
  },
  {
    name: "scores of one channel become probabilities, whether a sigmoid is missing or not",
    async run(device) {
      const logit = scores.slice(96, 192);
      const probability = logit.map((value) => 1 / (1 + Math.exp(-value)));
      const shape = [1, 1, 8, 12];
      const data = { data: probability, shape, layout: "nchw", meaning: "probabilities" } as const;
      const { marginals } = await refine(device, picture, data, { ...options, marginals: true });
      const expected = marginals!.filter((_, i) => i % 2 === 1);
      const pipelineOf = (values: Float32Array) =>
        makePipeline("alphas", new Numbers("float32", values, shape), (output) => output);
      const refinedOf = async (values: Float32Array): Promise<Numbers> =>
        (await refined(pipelineOf(values), device, options)()) as Numbers;
      const output = await refinedOf(probability);
      same(output.dims, [1, 1, height, width], "size");
      close(output.data, expected, { absolute: 1e-6 }, "probabilities");
      check(
        (await refinedOf(logit)).data.every((value) => value >= 0 && value <= 1),
        "a sigmoid's",
      );
    },
  },
  {
    name: "masks are refined where there are no scores of pixels",
    async run(device) {
      const own = { data: scores, shape: [1, 3, 8, 12], layout: "nchw" } as const;
      const { labels: truth } = await refine(device, picture, own, options);
      // Two segments with holes; what is bluish belongs to none.
      const masks = [0, 1].map((label) =>
        Uint8ClampedArray.from(truth, (one, pixel) => (one === label && pixel % 7 > 0 ? 255 : 0)),
      );
      const segments = masks.map((data, i) => ({
        label: ["red", "green"][i],
        score: 0.9,
        mask: new Raw(data, width, height, 1),
      }));
      const queries = new Numbers("float32", new Float32Array(12), [1, 3, 4]);
      const pipeline = makePipeline("class_queries_logits", queries, () => segments);
      Object.assign(pipeline.processor.image_processor, { post_process_panoptic_segmentation: () => segments });
      const result = (await refined(pipeline, device, options)()) as typeof segments;
      check(!queries.disposed, "what is not used stays");
      same(
        result.map(({ score }) => score),
        [0.9, 0.9],
        "scores",
      );
      result.forEach(({ label, mask }, i) => {
        check(label === segments[i]!.label && mask instanceof Raw && mask.channels === 1, "a segment of the same kind");
        const wrong = mask.data.reduce(
          (sum, value, pixel) => sum + Number((value === 255) !== (truth[pixel] === i)),
          0,
        );
        check(wrong < 0.03 * height * width, `${label}: holes are left in ${wrong} pixels`);
      });
      const nothing = makePipeline("class_queries_logits", queries, () => []);
      Object.assign(nothing.processor.image_processor, { post_process_panoptic_segmentation: () => [] });
      same((await refined(nothing, device)()) as number[], [], "no segments");
    },
  },
  {
    name: "what is no pipeline, and options that do not exist, are refused",
    async run(device) {
      const pipeline = makePipeline("logits", new Numbers("float32", scores, [1, 3, 8, 12]), (output) => output);
      const error = await rejects(() => refined(Promise.resolve(pipeline) as never, device), ValueError);
      check(error.message.includes("await it first"), error.message);
      await rejects(() => refined((() => {}) as never, device), ValueError);
      await rejects(() => refined(pipeline, device, { marginals: true } as never), ValueError);
      await rejects(() => refined(pipeline, device, { temperature: 0 }), ValueError);
      await rejects(() => refined(pipeline, device, { confidence: 0.2 }), ValueError);
    },
  },
];
