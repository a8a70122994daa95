import { ShapeError, ValueError } from "../../src/errors.ts";
import { annotationScores } from "../../src/pictures/annotationScores.ts";
import { refine } from "../../src/pictures/refine.ts";
import { type Case, check, close, rejects, same } from "../suite.ts";

const rough = { width: 3, height: 2, labels: [0, 255, 1, 2, 255, 0] };

export const cases: Case[] = [
  {
    name: "each label has the probability that is asked for, the other classes share the rest, and 255 says nothing",
    async run() {
      for (const [confidence, classes] of [
        [0.7, 3],
        [0.9, 5],
      ] as const) {
        const scores = annotationScores(rough, { classes, confidence });
        same(scores.shape, [2, 3, classes], "shape");
        const rows = Array.from({ length: 6 }, (_, i) => scores.data.slice(i * classes, (i + 1) * classes));
        for (const [pixel, row] of rows.entries()) {
          const label = rough.labels[pixel]!;
          const sum = row.reduce((total, logit) => total + Math.exp(logit), 0);
          const shares = Array.from(row, (logit) => Math.exp(logit) / sum);
          const rest = (1 - confidence) / (classes - 1);
          const expected = shares.map((_, c) => (label === 255 ? 1 / classes : c === label ? confidence : rest));
          close(shares, expected, { relative: 1e-6 }, `pixel ${pixel} of ${classes} classes`);
        }
      }
    },
  },
  {
    name: "an alpha of 255 changes nothing, one of 0 says nothing, and half of it lies half way from a guess",
    async run() {
      const options = { classes: 4, confidence: 0.85 };
      const opaque = annotationScores({ ...rough, alpha: new Uint8Array(6).fill(255) }, options);
      same(opaque.data, annotationScores(rough, options).data, "opaque");
      const { data } = annotationScores({ ...rough, alpha: [0, 0, 51, 204, 9, 255] }, options);
      same(data.slice(0, 4), [0, 0, 0, 0], "transparent");
      for (const [pixel, label, alpha] of [
        [2, 1, 51],
        [3, 2, 204],
      ] as const) {
        const powers = Array.from(data.slice(4 * pixel, 4 * pixel + 4), Math.exp);
        const sum = powers.reduce((total, power) => total + power, 0);
        close([powers[label]! / sum], [0.25 + (alpha / 255) * 0.6], { relative: 1e-6 }, `alpha ${alpha}`);
      }
      await rejects(async () => annotationScores({ ...rough, alpha: [1, 2] }), ShapeError);
      await rejects(async () => annotationScores({ ...rough, alpha: [0, 1, 2, 3, 4, 256] }), ValueError);
    },
  },
  {
    name: "classes and confidence have defaults: the highest label and one more, two at least, and 0.7",
    async run() {
      const told = annotationScores(rough, { classes: 3, confidence: 0.7 });
      same(annotationScores(rough).data, told.data, "logits");
      same(annotationScores({ ...rough, labels: new Uint8Array(6) }).shape, [2, 3, 2], "one label");
    },
  },
  {
    name: "refine takes them as they are",
    async run(device) {
      const picture = { data: new Uint8Array(18), width: 3, height: 2 };
      const { labels } = await refine(device, picture, annotationScores(rough), { iterations: 1, warnings: false });
      check(labels.length === 6 && labels[0] === 0 && labels[2] === 1, `labels ${labels.join()}`);
    },
  },
  {
    name: "what is no annotation is refused in one sentence",
    async run() {
      const of = (labels: ArrayLike<number>, options = {}) => annotationScores({ ...rough, labels }, options);
      await rejects(async () => of([0, 1]), ShapeError);
      await rejects(async () => of([0, 1, 2, 3, 4, 0.5]), ValueError);
      await rejects(async () => of([0, 1, 2, 3, 4, -1]), ValueError);
      await rejects(async () => of([0, 1, 2, 3, 4, 5], { classes: 5 }), ValueError);
      await rejects(async () => of(new Uint8Array(6).fill(255)), ValueError);
      await rejects(async () => of("012345" as never), ValueError);
      for (const confidence of [0, 0.5, 1, NaN]) {
        await rejects(async () => of([0, 1, 0, 1, 0, 1], { confidence }), ValueError, String(confidence));
      }
      for (const classes of [1, 2.5, 256]) {
        await rejects(async () => of([0, 0, 0, 0, 0, 0], { classes }), ValueError, String(classes));
      }
      await rejects(async () => annotationScores(undefined as never), ValueError);
      await rejects(async () => of([0, 0, 0, 0, 0, 0], { confidnce: 0.5 }), ValueError);
    },
  },
];
