import { compatibilityMatrix, stacked, weightMatrix } from "../../src/crf/parameters.ts";
import { type CrfRnnError, ShapeError, ValueError } from "../../src/errors.ts";
import { type Case, check, rejects, same } from "../suite.ts";

export const cases: Case[] = [
  {
    name: "a weight is one number, one for each class, or a matrix",
    async run() {
      same(weightMatrix("test", "weight", 3, 2), [3, 0, 0, 3], "one number");
      same(weightMatrix("test", "weight", [3, 4], 2), [3, 0, 0, 4], "one for each class");
      same(weightMatrix("test", "weight", [1, 2, 3, 4], 2), [1, 2, 3, 4], "a matrix, row by row");
      same(weightMatrix("test", "weight", [7], 1), [7], "one class");
    },
  },
  {
    name: "a compatibility is Potts, which is −I, or a matrix",
    async run() {
      same(compatibilityMatrix("test", "potts", 2), [-1, 0, 0, -1], "Potts");
      same(compatibilityMatrix("test", [1, 2, 3, 4], 2), [1, 2, 3, 4], "a matrix, row by row");
    },
  },
  {
    name: "what is of a wrong size or not finite is told by name and by index",
    async run() {
      // It has as many letters as a matrix of two classes has values.
      const potts = "blue" as "potts";
      const wrong: readonly (readonly [() => unknown, typeof ShapeError | typeof ValueError, string])[] = [
        [
          () => weightMatrix("x", "weight", [1, 2, 3], 2),
          ShapeError,
          "x: expected weight: a number, 2 values or 2×2, got 3 values",
        ],
        [() => weightMatrix("x", "weight", NaN, 2), ValueError, "x: expected a finite weight, got NaN at 0"],
        [
          () => weightMatrix("x", "weight", [1, Infinity], 2),
          ValueError,
          "x: expected a finite weight, got Infinity at 3",
        ],
        [
          () => compatibilityMatrix("x", [1, 2], 2),
          ShapeError,
          "x: expected compatibility: potts or 2×2 values, got 2 values",
        ],
        [
          () => compatibilityMatrix("x", potts, 2),
          ShapeError,
          "x: expected compatibility: potts or 2×2 values, got blue",
        ],
        [
          () => compatibilityMatrix("x", [1, 2, NaN, 4], 2),
          ValueError,
          "x: expected a finite compatibility, got NaN at 2",
        ],
      ];
      for (const [call, kind, text] of wrong) {
        const { message } = await rejects<CrfRnnError>(call, kind, text);
        check(message.startsWith(text), `expected "${text}", got "${message}"`);
      }
    },
  },
  {
    name: "copies of a matrix for every iteration stand one below the other",
    async run(device) {
      using tensor = stacked(device, Float32Array.of(1, 2, 3, 4), 2, 3);
      check(tensor.shape.join() === "6,2", `shape ${tensor.shape.join()}`);
      same(await tensor.read(), [1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4], "three copies");
    },
  },
];
