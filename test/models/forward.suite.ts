import { crfRnn } from "../../src/crf/crfRnn.ts";
import type { Pruned } from "../../src/crf/prune.ts";
import { AbortError, DisposedError, InternalError, ValueError } from "../../src/errors.ts";
import { fcn16s } from "../../src/models/fcn16s.ts";
import { fcn32s } from "../../src/models/fcn32s.ts";
import { fcn8s } from "../../src/models/fcn8s.ts";
import { fcn8sCrfRnn } from "../../src/models/fcn8sCrfRnn.ts";
import { forward } from "../../src/models/forward.ts";
import type { Network } from "../../src/models/network.ts";
import { makeNetwork } from "../../src/models/makeNetwork.ts";
import { Pass } from "../../src/models/pass.ts";
import { scale } from "../../src/nn/scale.ts";
import { elementsOf } from "../../src/shape.ts";
import { Tape } from "../../src/tape.ts";
import type { Tensor } from "../../src/tensor.ts";
import { memoryOf } from "../memory.ts";
import { type Case, check, maximum, random, rejects, same } from "../suite.ts";

const options = { classes: 3, widths: [2, 3, 4, 4, 5], fc: 6 };
const pixels = random(7).array(4 * 5 * 3, -9, 9);

/** Gives the scores random weights in place of zeros, and every layer below a bias that keeps its ReLU at work. */
function stir({ parameters }: Network<never>): void {
  for (const [i, name] of ["score_fr", "score_pool4", "score_pool3"].entries()) {
    const weight = parameters[`${name}.weight`];
    weight?.write(random(i).array(elementsOf(weight.shape), -1, 1));
  }
  for (const [name, tensor] of Object.entries(parameters)) {
    if (/^(conv|fc).*bias$/.test(name)) tensor.write(new Float32Array(elementsOf(tensor.shape)).fill(0.1));
  }
}

export const cases: Case[] = [
  {
    name: "with a CRF-RNN layer the result is that of the layer, of the scores, with the image as its guide",
    async run(device) {
      using scope = device.scope();
      const network = scope.add(fcn8sCrfRnn(device, { ...options, crf: { iterations: 3 } }));
      stir(network);
      const image = scope.tensor([4, 5, 3], pixels);
      let scores: Tensor | undefined;
      const onLayer = async (name: string, result: Tensor): Promise<void> => {
        if (name === "score") scores = scope.tensor(result.shape, await result.read());
      };
      const logits = await network(image, { onLayer });
      check(maximum(await scores!.read()) > 0, "scores");
      const layer = scope.add(crfRnn(device, { classes: 3, iterations: 3 }));
      same(await logits.read(), await (await layer(scores!, image)).read(), "logits");
      const heard: number[] = [];
      const onIteration = (iteration: number): void => void heard.push(iteration);
      const once = await network(image, { iterations: 1, onIteration });
      check(heard.length === 1, `${heard.length} iterations`);
      same(await once.read(), await (await layer(scores!, image, { iterations: 1 })).read(), "after one iteration");
      const stop = new AbortController();
      const call = { signal: stop.signal, onIteration: () => stop.abort() };
      const error = await rejects(network(image, call), AbortError);
      check(error.message.startsWith("crfRnn"), error.message);
    },
  },
  {
    name: "the CRF-RNN layer gets the scores over the temperature, in a kernel more than at 1, and all options of a call",
    async run(device) {
      using scope = device.scope();
      const image = scope.tensor([4, 5, 3], pixels);
      const crf = { iterations: 6 };
      const layer = scope.add(crfRnn(device, { classes: 3, ...crf }));
      const make = (temperature?: number) => {
        const network = scope.add(fcn8sCrfRnn(device, { ...options, crf, temperature }));
        stir(network);
        return network;
      };
      const plain = scope.add(makeNetwork("plain", device, "fcn8s", { ...options, upscore2Bias: true }, crf));
      stir(plain);
      const kernels: number[] = [];
      const kept = new Set<number>();
      for (const [network, factor] of [
        [plain, 1],
        [make(), 1],
        [make(1), 1],
        [make(2.5), 1 / 2.5],
      ] as const) {
        let scores: Tensor | undefined;
        const onLayer = async (name: string, result: Tensor): Promise<void> => {
          if (name === "score") scores = scope.tensor(result.shape, await result.read());
        };
        const used = await memoryOf(device, "nn/scale", async () => {
          const heard: string[] = [];
          const call = {
            prune: 0.4,
            onPruned: ({ classes }: Pruned) => void heard.push(`without ${classes}`),
            until: { change: 1e-2 },
            onIteration: (done: number) => void heard.push(`${done}`),
          };
          const before = device.bytes;
          const logits = await network(image, { ...call, onLayer });
          kept.add(device.bytes - before);
          const told = heard.splice(0).join();
          const scaled = factor === 1 ? scores! : scope.add(scale(scores!, factor));
          const expected = await layer(scaled, image, call);
          check(told === heard.join() && /^(\d,)+without/.test(told), `${told}, not ${heard.join()}`);
          same(await logits.read(), await expected.read(), `scores times ${factor}`);
        });
        kernels.push(used.length);
      }
      // One in the network, and one in this case.
      check(kernels.join() === "0,0,0,2", `${kernels} kernels`);
      check(kept.size === 1, `scaled scores are kept: ${[...kept].join()} bytes`);
    },
  },
  {
    name: "a pass that is aborted ends after the layer under way, which it names",
    async run(device) {
      using scope = device.scope();
      const network = scope.add(fcn32s(device, options));
      const image = scope.tensor([4, 5, 3], pixels);
      const stop = new AbortController();
      const heard: string[] = [];
      const onLayer = (name: string): void => {
        heard.push(name);
        if (name === "pool1") stop.abort();
      };
      const error = await rejects(network(image, { onLayer, signal: stop.signal }), AbortError);
      check(error.message.startsWith("pool1: "), error.message);
      check(heard.at(-1) === "pool1", heard.join());
    },
  },
  {
    name: "an image may be disposed of while a pass is under way, and gradients reach one that is watched",
    async run(device) {
      using scope = device.scope();
      const network = scope.add(fcn32s(device, { ...options, dropout: 0 }));
      stir(network);
      const image = scope.tensor([4, 5, 3], pixels);
      const expected = await network(image);
      check(maximum(await expected.read()) > 0, "scores");
      const passing = scope.tensor([4, 5, 3], pixels);
      const running = network(passing);
      passing.dispose();
      same(await (await running).read(), await expected.read(), "scores");
      using tape = new Tape([image]);
      const scores = await network(image);
      const gradients = await tape.gradients(scores, scope.tensor(scores.shape, new Float32Array(60).fill(1)));
      check(maximum(await gradients.get(image)!.read()) > 0, "a gradient of the image");
    },
  },
  {
    name: "blocks that are recomputed are those of VGG, each layer once more; the others are not",
    async run(device) {
      using scope = device.scope();
      const network = scope.add(fcn32s(device, { ...options, dropout: 0, recompute: true }));
      const image = scope.tensor([4, 5, 3], pixels);
      using tape = new Tape(Object.values(network.parameters));
      const heard = new Map<string, number>();
      const onLayer = (name: string): void => void heard.set(name, (heard.get(name) ?? 0) + 1);
      const scores = await network(image, { onLayer });
      check(!heard.has("drop6"), "dropout of nothing");
      check(
        [...heard.values()].every((times) => times === 1),
        JSON.stringify([...heard]),
      );
      await tape.gradients(scores, scores);
      const again = [...heard].filter(([, times]) => times === 2).map(([name]) => name);
      const blocks = [2, 2, 3, 3, 3].flatMap((count, block) => [
        ...Array.from({ length: count }, (_, i) => `conv${block + 1}_${i + 1}`),
        `pool${block + 1}`,
      ]);
      check(again.join() === blocks.join(), again.join());
    },
  },
  {
    name: "a layer that reads what is not there is an internal error that names it",
    async run(device) {
      using image = device.tensor([4, 5, 3], pixels);
      using pass = new Pass({}, undefined);
      const lost = { kind: "pooling", name: "p", from: ["nowhere"], channels: 3 } as const;
      const error = await rejects(
        forward([lost], {}, image, pass, { recomputed: false, precision: "single" }),
        InternalError,
      );
      check(error.message.startsWith("network: expected nowhere, got nothing of that name"), error.message);
    },
  },
  {
    name: "a pass frees what it made, and leaves alone what it was given",
    async run(device) {
      using given = device.tensor([2], [1, 2]);
      using pass = new Pass({}, undefined);
      const made = await pass.layer("made", device.tensor([2]));
      for (const tensor of [given, made]) pass.free(tensor);
      same(await given.read(), [1, 2], "given");
      await rejects(async () => made.read(), DisposedError);
    },
  },
  {
    name: "every network refuses what is no device, no options and unknown options, made or called with",
    async run(device) {
      using image = device.tensor([4, 5, 3], pixels);
      for (const [name, make] of Object.entries({ fcn32s, fcn16s, fcn8s, fcn8sCrfRnn })) {
        const wrong = make as (...args: unknown[]) => Network;
        const refusals: readonly (readonly [() => unknown, string])[] = [
          [() => wrong(undefined, options), `${name}: expected a device, got nothing`],
          [() => wrong(device), `${name}: expected options with classes, got nothing`],
          [() => wrong(device, { ...options, width: [1] }), `${name}: expected options classes, widths, fc`],
          [() => wrong(device, { ...options, classes: 0 }), `${name}: expected classes: a whole number of 1 or more`],
        ];
        for (const [call, words] of refusals) {
          const error = await rejects(call, ValueError, name);
          check(error.message.startsWith(words), error.message);
        }
        using network = wrong(device, options);
        const error = await rejects(network(image, { onlayer: () => {} } as never), ValueError, name);
        check(error.message.includes('"onlayer"') && error.message.includes("onLayer"), error.message);
      }
      await rejects(() => fcn8s(device, { ...options, crf: {} } as never), ValueError, "a CRF for fcn8s");
    },
  },
];
