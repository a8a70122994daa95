import { ValueError } from "../../src/errors.ts";
import { multiplierOf } from "../../src/optim/multipliers.ts";
import { cosine, fixed, polynomial, stepped, warmUp } from "../../src/optim/schedules.ts";
import { type Case, check, close, rejects } from "../suite.ts";

const steps = [0, 1, 9, 10, 19, 20, 25];

export const cases: Case[] = [
  {
    name: "fixed, step and polynomial rates",
    async run() {
      close(steps.map(fixed(0.3)), [0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3], {}, "fixed");
      const halved = stepped(8, { every: 10, factor: 0.5 });
      close(steps.map(halved), [8, 8, 8, 4, 4, 2, 2], {}, "step");
      const squared = polynomial(4, { steps: 20, power: 2 });
      close(steps.map(squared), [4, 3.61, 1.21, 1, 0.01, 0, 0], { absolute: 1e-12 }, "polynomial");
      // cos 0, π/4, π/2, 3π/4: 1, 1/√2, 0, −1/√2.
      const wave = cosine(2, { steps: 8 });
      close(
        [0, 2, 4, 6, 8, 9].map(wave),
        [2, 1 + Math.SQRT1_2, 1, 1 - Math.SQRT1_2, 0, 0],
        { absolute: 1e-12 },
        "cosine",
      );
      const warmed = warmUp(stepped(8, { every: 4, factor: 0.5 }), { steps: 4 });
      close([0, 1, 2, 3, 4, 8].map(warmed), [2, 4, 6, 8, 4, 2], { absolute: 1e-12 }, "warm-up");
    },
  },
  {
    name: "rates and powers below 0, and no steps, are refused; the smallest of each are not",
    async run() {
      for (const wrong of [-1, NaN, Infinity]) {
        await rejects(() => fixed(wrong), ValueError);
        await rejects(() => stepped(wrong, { every: 1, factor: 1 }), ValueError);
        await rejects(() => stepped(1, { every: 1, factor: wrong }), ValueError);
        await rejects(() => polynomial(wrong, { steps: 1, power: 1 }), ValueError);
        await rejects(() => cosine(wrong, { steps: 1 }), ValueError);
        await rejects(() => polynomial(1, { steps: 1, power: wrong }), ValueError);
      }
      const warmed = (rate: number, options: { readonly steps: number }) => warmUp(fixed(rate), options);
      for (const schedule of [stepped, polynomial, cosine, warmed]) {
        await rejects(() => schedule(1, undefined as never), ValueError);
        const misspelled = { steps: 1, every: 1, powr: 1 } as never;
        const { message } = await rejects(() => schedule(1, misspelled), ValueError);
        check(/"(powr|steps|every)"/.test(message), message);
      }
      for (const wrong of [0, -1, 1.5, NaN]) {
        await rejects(() => stepped(1, { every: wrong, factor: 0.5 }), ValueError);
        await rejects(() => polynomial(1, { steps: wrong, power: 1 }), ValueError);
        await rejects(() => cosine(1, { steps: wrong }), ValueError);
        await rejects(() => warmUp(fixed(1), { steps: wrong }), ValueError);
      }
      await rejects(() => warmUp(1 as never, { steps: 1 }), ValueError);
      const smallest = [fixed(0), stepped(0, { every: 1, factor: 0 }), polynomial(0, { steps: 1, power: 0 })];
      close(
        [...smallest, cosine(0, { steps: 1 })].map((schedule) => schedule(0)),
        [0, 0, 0, 0],
        {},
        "0",
      );
    },
  },
  {
    name: "multipliers by name and pattern, the last that matches counting",
    async run() {
      const table = { "*.bias": { rate: 2, decay: 0 }, "upscore*": { rate: 0 }, "upscore2.weight": { rate: 1 } };
      const found = (name: string): string => JSON.stringify(multiplierOf(name, table));
      check(found("fc6.weight") === '{"rate":1,"decay":1}', found("fc6.weight"));
      check(found("fc6.bias") === '{"rate":2,"decay":0}', found("fc6.bias"));
      check(found("upscore8.weight") === '{"rate":0,"decay":1}', found("upscore8.weight"));
      check(found("upscore2.weight") === '{"rate":1,"decay":1}', found("upscore2.weight"));
      check(found("upscore2xbias") === '{"rate":0,"decay":1}', found("upscore2xbias"));
      check(multiplierOf("fc6xbias", { "fc6.bias": { rate: 3 } }).rate === 1, "a dot is a dot");
    },
  },
];
