import { crfRnn } from "../../src/crf/crfRnn.ts";
import { presets } from "../../src/crf/presets.ts";
import { DisposedError, ShapeError, ValueError } from "../../src/errors.ts";
import { adam } from "../../src/optim/adam.ts";
import { Tape } from "../../src/tape.ts";
import { type Case, check, random, rejects, same } from "../suite.ts";

const classes = 3;

export const cases: Case[] = [
  {
    name: "what a layer has learned goes to another by state and load",
    async run(device) {
      using scope = device.scope();
      const unary = scope.tensor([4, 5, classes], random(1).array(60, -2, 2));
      const guide = scope.tensor([4, 5, 3], random(2).array(60, 0, 255));
      const learned = scope.add(crfRnn(device, { classes, iterations: 2, tied: false, learn: { bandwidths: true } }));
      const step = scope.add(adam(learned.parameters, { rate: 0.1 }));
      const tape = new Tape(Object.values(learned.parameters));
      const gradients = await tape.gradients(await learned(unary, guide), unary);
      step(gradients);
      const state = await learned.state();
      check(Object.keys(state).join() === "spatialWeight,bilateralWeight,compatibility,bandwidths", "names");
      same(state.compatibility.shape, [2 * classes, classes], "one set for each iteration");
      const other = scope.add(crfRnn(device, { classes, iterations: 2, tied: false }));
      const before = await (await other(unary, guide)).read();
      await other.load(state);
      const expected = await (await learned(unary, guide)).read();
      same(await (await other(unary, guide)).read(), expected, "the same logits");
      check(
        before.some((value, i) => value !== expected[i]),
        "something was learned",
      );
      for (const gradient of gradients.values()) gradient.dispose();
    },
  },
  {
    name: "what does not fit is named, and nothing is changed; bandwidths may be missing",
    async run(device) {
      using crf = crfRnn(device, { classes });
      const state = await crf.state();
      const wrong = {
        ...state,
        spatialWeight: { shape: [2, 2], values: [9, 9, 9, 9] },
        temperature: { shape: [1], values: [1] },
      };
      const { message } = await rejects(crf.load(wrong), ShapeError);
      check(
        /crfRnn: load: .*temperature is unknown, spatialWeight is \[2, 2\] instead of \[3, 3\]/.test(message),
        message,
      );
      same((await crf.state()).spatialWeight.values, state.spatialWeight.values, "unchanged");
      const { bandwidths: _, ...matrices } = state;
      await crf.load({ ...matrices, spatialWeight: { shape: [3, 3], values: new Float32Array(9).fill(2) } });
      same((await crf.state()).spatialWeight.values, new Float32Array(9).fill(2), "replaced");
      same((await crf.state()).bandwidths.values, [160, 3, 3], "bandwidths stay");
      for (const nothing of [new Map(), Promise.resolve(state), undefined]) {
        const error = await rejects(crf.load(nothing as unknown as typeof state), ValueError);
        check(/crfRnn: load: expected an object of tensors by name/.test(error.message), error.message);
      }
      crf.dispose();
      await rejects(crf.state(), DisposedError);
      await rejects(crf.load(state), DisposedError);
    },
  },
  {
    name: "presets are options of a layer; the paper's are the defaults",
    async run(device) {
      using scope = device.scope();
      const unary = scope.tensor([4, 5, classes], random(1).array(60, -2, 2));
      const guide = scope.tensor([4, 5, 3], random(2).array(60, 0, 255));
      const logits = async (options: object): Promise<Float32Array> =>
        await (await scope.add(crfRnn(device, { classes, ...options }))(unary, guide)).read();
      same(await logits(presets.crfAsRnn), await logits({}), "crfAsRnn");
      const written = Object.values(presets).map((preset) => JSON.stringify(Object.values(preset)).replaceAll('"', ""));
      const [paper, chen] = [
        "[5,after,{position:160,color:3,weight:5},{position:3,weight:3},potts]",
        "[10,symmetric,{position:67,color:3,weight:4},{position:1,weight:3},potts]",
      ];
      check(written.join() === [paper, chen].join(), written.join());
      const deeplab = await scope.add(crfRnn(device, { classes, ...presets.deeplab })).state();
      same(deeplab.bandwidths.values, [67, 3, 1], "deeplab");
      same(deeplab.bilateralWeight.values, [4, 0, 0, 0, 4, 0, 0, 0, 4], "W_b");
    },
  },
];
