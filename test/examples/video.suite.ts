/** The example of a video labels every frame as one call for it alone does, and makes the spatial lattice once. */
import { madeFrames } from "../../examples/video/madeFrames.ts";
import { labelFrame, orangeLabeler, parts, summary } from "../../examples/video/labelFrame.ts";
import { refine } from "../../src/pictures/refine.ts";
import { imageTensor } from "../../src/pictures/imageTensor.ts";
import { type Case, check, same } from "../suite.ts";

export const cases: Case[] = [
  {
    name: "every frame has the labels and the confidence that a layer of its own gives it",
    async run(device) {
      using labeler = orangeLabeler(device, [24, 20]);
      for (const frame of madeFrames(2, 24, 20)) {
        const { refined } = await labelFrame(labeler, frame);
        using own = orangeLabeler(device, [24, 20]);
        using picture = imageTensor(device, frame);
        using scores = own.scoresOf(picture);
        const alone = await refine(device, picture, scores, { crf: own.crf });
        same(refined.labels, alone.labels, "labels");
        same(refined.confidence, alone.confidence, "confidence");
        check(new Set(refined.labels).size === 2, "one label alone");
      }
    },
  },
  {
    name: "the second of two equal frames does without the kernels that make a spatial lattice, and leaves no memory behind",
    async run(device) {
      using labeler = orangeLabeler(device, [24, 20]);
      const [frame] = madeFrames(1, 24, 20);
      const seen: string[][] = [];
      const bytes: number[] = [];
      for (let i = 0; i < 3; i++) {
        const kernels: string[] = [];
        using _observation = device.observe({ before: ({ kernel }) => void kernels.push(kernel.id) });
        await labelFrame(labeler, frame!);
        seen.push(kernels);
        bytes.push(device.bytes);
      }
      const embeddings = seen.map((kernels) => kernels.filter((id) => /embed/i.test(id)).length);
      check(embeddings.join() === "2,1,1", `lattices made: ${embeddings.join()} of ${[...new Set(seen[0])].join()}`);
      check(bytes[1] === bytes[0] && bytes[2] === bytes[0], bytes.join());
    },
  },
  {
    name: "the times of the parts are those of the whole",
    async run(device) {
      using labeler = orangeLabeler(device, [24, 20]);
      const [frame] = madeFrames(1, 24, 20);
      const began = performance.now();
      const { times } = await labelFrame(labeler, frame!);
      const whole = performance.now() - began;
      const sum = parts.reduce((total, part) => total + times[part], 0);
      check(sum > 0 && sum <= whole + 1e-6, `${sum} of ${whole} ms`);
      const told = summary([{ picture: 1, scores: 2, lattice: 3, iterations: 4, labels: 10 }]);
      const expected =
        "picture 1.0, scores 2.0, lattice 3.0, iterations 4.0, labels 10.0: 20.0 ms a frame, 50.0 frames a second";
      check(told === expected, told);
    },
  },
];
