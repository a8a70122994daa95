import { transform } from "../src/crf/compatibility.ts";
import { softmax } from "../src/crf/softmax.ts";
import { AbortError, type CrfRnnError, DisposedError, ShapeError, ValueError } from "../src/errors.ts";
import { relu } from "../src/nn/relu.ts";
import { scale } from "../src/nn/scale.ts";
import { addUnrecorded } from "../src/addUnrecorded.ts";
import { checkpoint, recompute, record, Tape } from "../src/tape.ts";
import type { Tensor } from "../src/tensor.ts";
import { type Case, check, close, random, rejects, same } from "./suite.ts";

/** a + b, recorded. */
const add = (a: Tensor, b: Tensor): Tensor =>
  record(addUnrecorded(a, b), [a, b], [], (gradient) => [gradient, gradient]);

export const cases: Case[] = [
  {
    name: "gradients of a tensor with several uses are summed, and pass through where an op changes nothing",
    async run(device) {
      using scope = device.scope();
      const [a, b] = [scope.tensor([2, 3], [1, 2, 3, 4, 5, 6]), scope.tensor([2, 3])];
      const seed = scope.tensor([2, 3], [1, 10, 100, 2, 20, 200]);
      const tape = new Tape([a, b]);
      const twice = add(a, a);
      const gradients = await tape.gradients(add(add(twice, b), twice), seed);
      const values = await seed.read();
      same(
        await gradients.get(a)!.read(),
        values.map((x) => 4 * x),
        "a, four times",
      );
      same(await gradients.get(b)!.read(), values, "b, once");
      // Each gradient has memory of its own.
      gradients.get(b)!.dispose();
      same(await seed.read(), values, "the seed");
    },
  },
  {
    name: "a pullback that overwrites its gradient leaves the seed and what others were passed alone",
    async run(device) {
      using scope = device.scope();
      const [a, b] = [scope.tensor([4], [1, -1, 1, -1]), scope.tensor([4], [1, 1, -1, -1])];
      const seed = scope.tensor([4], [1, 10, 100, 2]);
      const tape = new Tape([a, b]);
      const gradients = await tape.gradients(add(relu(a), relu(b)), seed);
      same(await gradients.get(a)!.read(), [1, 0, 100, 0], "a");
      same(await gradients.get(b)!.read(), [1, 10, 0, 0], "b");
      same(await seed.read(), [1, 10, 100, 2], "the seed");
      // The seed is copied once; from there on a gradient is overwritten where it lies.
      const values = scope.tensor([1024], random(1).array(1024, -1, 1));
      const again = new Tape([values]);
      const result = relu(relu(relu(values)));
      const ones = scope.tensor([1024], new Array<number>(1024).fill(1));
      device.resetPeak();
      const before = device.peakBytes;
      const [gradient] = (await again.gradients(result, ones)).values();
      check(device.peakBytes - before === 4096, `${device.peakBytes - before} bytes for one gradient`);
      same(
        await gradient!.read(),
        (await values.read()).map((value) => Number(value > 0)),
        "a ReLU's gradient",
      );
    },
  },
  {
    name: "only what descends from watched tensors is recorded; what does not matter has no gradient",
    async run(device) {
      using scope = device.scope();
      const [a, b, c] = [1, 2, 3].map((seed) => scope.tensor([4, 2], random(seed).array(8))) as [
        Tensor,
        Tensor,
        Tensor,
      ];
      const tape = new Tape([a, b]);
      const result = add(a, c);
      const gradients = await tape.gradients(result, c);
      check(gradients.size === 1 && gradients.has(a), "a gradient for a alone");
      check(result.tape?.recording === false && a.tape === undefined, "the tape is spent and a is free");
      check(add(a, a).tape === undefined, "nothing is recorded any more");
    },
  },
  {
    name: "a scalar's seed is 1; other outputs, seeds of another shape, spent tapes and strangers are refused",
    async run(device) {
      using scope = device.scope();
      const [scalar, map] = [scope.tensor([1], [3]), scope.tensor([2, 2], [1, 2, 3, 4])];
      const tape = new Tape([scalar]);
      const gradients = await tape.gradients(add(scalar, scalar));
      same(await gradients.get(scalar)!.read(), [2], "gradient of s + s");
      const spent = await rejects(() => tape.gradients(scalar), ValueError, "a spent tape");
      check(spent.message.includes("got a spent one"), spent.message);
      tape.dispose();
      await rejects(() => tape.gradients(scalar), ValueError, "a spent tape that was disposed of remains a spent one");
      using second = new Tape([map]);
      const result = add(map, map);
      await rejects(() => second.gradients(result), ShapeError, "no seed for a map");
      await rejects(() => second.gradients(result, scalar), ShapeError, "a seed of another shape");
      await rejects(() => second.gradients(scalar), ValueError, "an output that does not depend on it");
      const row = scope.tensor([1, 3]);
      using ofRow = new Tape([row]);
      const told = await rejects(() => ofRow.gradients(add(row, row)), ShapeError, "no seed for a row");
      check(told.message.includes("an output of one value, got [1, 3]"), told.message);
      const other = scope.tensor([2, 2]);
      using third = new Tape([other]);
      await rejects(() => add(map, other), ValueError, "inputs of two tapes");
      check(third.recording, "the third tape goes on");
      third.dispose();
      await rejects(() => third.gradients(other), DisposedError, "a disposed tape");
    },
  },
  {
    name: "what is no live tensor is refused by name: to watch, as output, as seed, and by a segment",
    async run(device) {
      using scope = device.scope();
      const [a, gone] = [scope.tensor([4]), device.tensor([4])];
      gone.dispose();
      const says = async (call: () => unknown, kind: typeof ValueError | typeof DisposedError, text: string) => {
        const { message } = await rejects<CrfRnnError>(call, kind, text);
        check(message.includes(text), `expected "${text}", got "${message}"`);
      };
      const no = new Float32Array(4) as unknown as Tensor;
      await says(() => new Tape({ a } as unknown as Tensor[]), ValueError, "an array of the tensors to watch");
      await says(() => new Tape([a, no]), ValueError, "a tensor as watched[1], got a Float32Array");
      await says(() => new Tape([gone]), DisposedError, "watched[0], tensor [4]");
      check(a.tape === undefined, "a tape that was refused watches nothing");
      using tape = new Tape([a]);
      const result = add(a, a);
      await says(() => tape.gradients(no), ValueError, "gradients: expected a tensor as output");
      await says(() => tape.gradients(result, no), ValueError, "gradients: expected a tensor as seed");
      await says(() => tape.gradients(result, gone), DisposedError, "seed, tensor [4]");
      const misspelled = { abort: AbortSignal.abort() } as object;
      await says(() => tape.gradients(result, result, misspelled), ValueError, "expected options signal");
      check(tape.recording, "a refused call leaves the tape as it was");
      await says(() => recompute((x: Tensor) => x)(no), ValueError, "recompute: expected a tensor as input 0");
      const unused = recompute((x: Tensor) => add(x, x), [gone]);
      await says(() => unused(a), DisposedError, "input 1, tensor [4]");
    },
  },
  {
    name: "a segment may take nothing, but a tape has something to watch, and no gradients of what it did not see",
    async run(device) {
      using scope = device.scope();
      const [a, other] = [scope.tensor([4]), scope.tensor([4])];
      const empty = await rejects(() => new Tape([]), ValueError, "a tape of nothing");
      check(empty.message.includes("an array of the tensors to watch, got an empty one"), empty.message);
      using tape = new Tape([other]);
      const result = await recompute(() => add(a, a))();
      check(result.tape === undefined, "nothing is recorded");
      const { message } = await rejects(() => tape.gradients(result, a), ValueError, "gradients of nothing");
      check(message.includes("that does not depend on it"), message);
    },
  },
  {
    name: "gradients that come back for inputs that are not watched are freed",
    async run(device) {
      using scope = device.scope();
      const [a, b, seed] = [scope.tensor([4], [1, 2, 3, 4]), scope.tensor([4]), scope.tensor([4], [1, 1, 1, 1])];
      const before = device.bytes;
      const eager = (x: Tensor, y: Tensor): Tensor =>
        record(addUnrecorded(x, y), [x, y], [], (gradient) => [
          addUnrecorded(gradient, gradient),
          addUnrecorded(gradient, gradient),
        ]);
      const tape = new Tape([a]);
      const result = eager(a, b);
      const gradients = await tape.gradients(result, seed);
      check(gradients.size === 1, "a gradient for a alone");
      same(await gradients.get(a)!.read(), [2, 2, 2, 2], "a");
      for (const tensor of [result, ...gradients.values()]) tensor.dispose();
      check(device.bytes === before, `${device.bytes - before} bytes left`);
    },
  },
  {
    name: "a gradient that two tensors share is copied for one of them; a tensor watched twice has one",
    async run(device) {
      using a = device.tensor([4], [1, 2, 3, 4]);
      using b = device.tensor([4], [1, 2, 3, 4]);
      using seed = device.tensor([4], [1, 10, 100, 2]);
      const before = device.bytes;
      for (const factor of [1, 2]) {
        const tape = new Tape([a, b, a]);
        using added = add(a, b);
        using result = factor === 1 ? add(added, b) : scale(added, factor);
        const gradients = await tape.gradients(result, seed);
        check(gradients.size === 2, "a gradient for a and one for b");
        const [ofA, ofB] = [a, b].map((tensor) => gradients.get(tensor)!);
        check(ofA !== seed && ofB !== seed && ofA !== ofB, "gradients of their own");
        same(await ofA!.read(), [factor, 10 * factor, 100 * factor, 2 * factor], "a");
        same(await ofB!.read(), [2, 20, 200, 4], "b");
        for (const gradient of gradients.values()) gradient.dispose();
      }
      check(device.bytes === before, `${device.bytes - before} bytes left`);
    },
  },
  {
    name: "a gradient that no pullback overwrites is passed on without a copy",
    async run(device) {
      using scope = device.scope();
      const values = scope.tensor([1024]);
      const pass = (x: Tensor): Tensor => record(addUnrecorded(x, x), [x], [], (gradient) => [gradient]);
      const tape = new Tape([values]);
      const result = add(pass(values), pass(values));
      const ones = scope.tensor([1024], new Array<number>(1024).fill(1));
      device.resetPeak();
      const before = device.peakBytes;
      await tape.gradients(result, ones);
      check(device.peakBytes - before === 4096, `${device.peakBytes - before} bytes for one sum`);
    },
  },
  {
    name: "tells of each gradient as soon as it is complete, the last op's first, in memory of its own",
    async run(device) {
      using scope = device.scope();
      const [a, b, c] = [1, 2, 3].map((value) => scope.tensor([4], [value, 0, 0, 0])) as [Tensor, Tensor, Tensor];
      const seed = scope.tensor([4], [1, 10, 100, 2]);
      const tape = new Tape([a, b, c]);
      // b is used by the first op and by the last: it is complete when the first one has been played back.
      const output = add(add(relu(add(a, b)), c), b);
      const told: [Tensor, Tensor, Promise<Float32Array>][] = [];
      const onGradient = (watched: Tensor, gradient: Tensor): void =>
        void told.push([watched, gradient, gradient.read()]);
      const gradients = await tape.gradients(output, seed, { onGradient });
      check(told.length === 3 && told[0]![0] === c, "c first, and each once");
      for (const [watched, gradient, values] of told) {
        check(gradients.get(watched) === gradient, "the gradient that is returned");
        same(await values, await gradient.read(), "its values when it was told of");
      }
      same(await gradients.get(b)!.read(), [2, 10, 100, 2], "b, used twice");
      const mistaken = { onGradients: () => {} } as object;
      const error = await rejects(new Tape([a]).gradients(add(a, a), seed, mistaken), ValueError);
      check(error.message.includes("onGradient"), error.message);
    },
  },
  {
    name: "an op whose result does not lead to the output gives no gradient, and nothing is told of what it used",
    async run(device) {
      using scope = device.scope();
      const [a, b] = [scope.tensor([1, 4], [1, -2, 3, -4]), scope.tensor([1, 4], [1, 2, 3, 4])];
      const tape = new Tape([a, b]);
      const output = relu(a);
      relu(b);
      const told: Tensor[] = [];
      const gradients = await tape.gradients(output, scope.tensor([1, 4], [5, 6, 7, 8]), {
        onGradient: (watched) => told.push(watched),
      });
      check(told.length === 1 && told[0] === a, `told of ${told.length}`);
      check(gradients.size === 1, `${gradients.size} gradients`);
      same(await gradients.get(a)!.read(), [5, 0, 7, 0], "gradient");
    },
  },
  {
    name: "a new tape takes over what another still watches, whose gradients are refused",
    async run(device) {
      using scope = device.scope();
      const [a, seed] = [scope.tensor([2, 2], [1, 2, 3, 4]), scope.tensor([2, 2], [1, 1, 1, 1])];
      const before = device.bytes;
      const failed = new Tape([a]);
      const held = relu(a);
      held.dispose();
      check(device.bytes > before, "the tape holds what its pullback reads");
      const tape = new Tape([a]);
      check(device.bytes === before, "what the failed tape held is given back");
      const result = add(a, a);
      const error = await rejects(() => failed.gradients(result, seed), ValueError);
      check(error.message.includes("taken over"), error.message);
      failed.dispose();
      const again = await rejects(() => failed.gradients(result, seed), ValueError);
      check(again.message.includes("taken over"), again.message);
      check(a.tape === tape, "the end of the older tape leaves a to the newer one");
      same(await (await tape.gradients(result, seed)).get(a)!.read(), [2, 2, 2, 2], "the new tape's gradient");
    },
  },
  {
    name: "a pullback that throws, or a signal, gives everything back and spends the tape",
    async run(device) {
      using scope = device.scope();
      const [a, seed] = [scope.tensor([64, 4], random(1).array(256)), scope.tensor([64, 4], random(2).array(256))];
      const failing = (x: Tensor): Tensor =>
        record(addUnrecorded(x, x), [x], [x], () => {
          device.tensor([64, 4]);
          throw new ValueError({ where: "test", expected: "no error", got: "one" });
        });
      const before = device.bytes;
      for (const [signal, expected] of [
        [undefined, ValueError],
        [AbortSignal.abort(), AbortError],
      ] as const) {
        // Nobody disposes of this tape: the error alone gives back what it held.
        const tape = new Tape([a]);
        using first = softmax(a);
        using second = failing(first);
        using last = softmax(second);
        await rejects<CrfRnnError>(() => tape.gradients(last, seed, { signal }), expected);
        await rejects(() => tape.gradients(last, seed), ValueError, "a spent tape");
      }
      check(device.bytes === before, `${device.bytes - before} bytes left`);
    },
  },
  {
    name: "memory is held until the pullbacks have read it, and all of it comes back",
    async run(device) {
      using scope = device.scope();
      const a = scope.tensor([300, 5], random(1).array(1500));
      const seed = scope.tensor([300, 5], random(2).array(1500));
      const expected = await gradientOfSoftmax(a, seed, false);
      same(await gradientOfSoftmax(a, seed, true), expected, "gradients with the activations disposed of early");
      const used = (): number => {
        device.resetPeak();
        return device.peakBytes;
      };
      const before = used();
      await gradientOfSoftmax(a, seed, true);
      check(used() === before, `${used()} bytes after the gradients, ${before} before`);
      const tape = new Tape([a]);
      softmax(softmax(a)).dispose();
      check(used() > before, "the tape holds the first marginals");
      tape.dispose();
      const [left, map] = [used() - before, a.storage.bytes];
      // WebGPU's buffers come in sizes of the pool.
      check(
        left >= map && left < 2 * map,
        `${left} bytes left by a disposed tape, expected one map that is not: ${map}`,
      );
    },
  },
  {
    name: "a segment that is recomputed gives the same gradients from less memory, parameters used inside included",
    async run(device) {
      using scope = device.scope();
      const x = scope.tensor([500, 4], random(1).array(2000, -1, 1));
      const matrix = scope.tensor([4, 4], random(2).array(16, -1, 1));
      const seed = scope.tensor([500, 4], random(3).array(2000, -1, 1));
      const segment = (input: Tensor): Tensor => {
        using first = softmax(input);
        using second = transform(first, matrix);
        return softmax(second);
      };
      const run = async (f: (input: Tensor) => Tensor | Promise<Tensor>) => {
        const tape = new Tape([x, matrix]);
        using middle = await f(x);
        using output = await f(middle);
        const gradients = await tape.gradients(output, seed);
        return await Promise.all([x, matrix].map((tensor) => gradients.get(tensor)!.read()));
      };
      const [ofX, ofMatrix] = await run(segment);
      const [again, matrixAgain] = await run(recompute(segment, [matrix]));
      same(again!, ofX!, "gradient of x");
      close(matrixAgain!, ofMatrix!, {}, "gradient of the matrix");
      const forgotten = recompute(segment);
      const error = await rejects(run(forgotten), ValueError, "a parameter that was not named");
      check(error.message.includes("parameters of recompute()"), error.message);
      (matrix.tape as Tape | undefined)?.dispose();
      // oxlint-disable-next-line typescript/no-deprecated -- The former name works as before.
      const [former] = await run(checkpoint(segment, [matrix]));
      same(former!, ofX!, "gradient of x by the former name");
    },
  },
  {
    name: "of a segment that is recomputed the tape keeps its inputs and nothing else, until it is repeated",
    async run(device) {
      using scope = device.scope();
      const x = scope.tensor([256, 4], random(1).array(1024));
      const segment = (input: Tensor): Tensor => {
        using first = softmax(input);
        using second = softmax(first);
        return softmax(second);
      };
      using tape = new Tape([x]);
      const before = device.bytes;
      const whole = segment(x);
      check(device.bytes - before === 3 * 4096, `${device.bytes - before} bytes for three marginals`);
      const middle = device.bytes;
      const again = await recompute(segment)(x);
      check(device.bytes - middle === 4096, `${device.bytes - middle} bytes for the last marginals alone`);
      same(await again.read(), await whole.read(), "the results");
      check(tape.recording, "the tape goes on");
      const wrong = await rejects(() => recompute(x as never), ValueError, "a tensor to recompute");
      check(wrong.message.includes("expected a function of tensors"), wrong.message);
    },
  },
  {
    name: "a segment may use what no tape watches; one that fails when it is repeated leaves nothing behind",
    async run(device) {
      using x = device.tensor([4], [1, 2, 3, 4]);
      using weight = device.tensor([4], [1, 1, 1, 1]);
      using constant = device.tensor([4], [5, 5, 5, 5]);
      const before = device.bytes;
      let runs = 0;
      const segment = (input: Tensor): Tensor => {
        using first = add(input, weight);
        using second = softmax(first);
        if (++runs === 4) throw new ValueError({ where: "test", expected: "no error", got: "one" });
        return add(second, constant);
      };
      for (const fails of [false, true]) {
        const tape = new Tape([x, weight]);
        using output = await recompute(segment, [weight])(x);
        if (fails) await rejects(() => tape.gradients(output, constant), ValueError, "the segment's error");
        else for (const gradient of (await tape.gradients(output, constant)).values()) gradient.dispose();
        check(x.tape === undefined && weight.tape === undefined, "no tape watches the parameters any more");
      }
      check(runs === 4, `the segment ran ${runs} times`);
      check(device.bytes === before, `${device.bytes - before} bytes left`);
    },
  },
  {
    name: "gradients that were summed are freed, those that an op made and those that it passed on",
    async run(device) {
      using a = device.tensor([4], [1, 2, 3, 4]);
      using seed = device.tensor([4], [1, 1, 1, 1]);
      using tape = new Tape([a]);
      using left = scale(a, 2);
      using right = scale(a, 3);
      using both = add(left, right);
      using more = add(both, a);
      using gradient = (await tape.gradients(more, seed)).get(a)!;
      same(await gradient.read(), [6, 6, 6, 6], "a, scaled and as it is");
    },
  },
];

async function gradientOfSoftmax(a: Tensor, seed: Tensor, early: boolean): Promise<Float32Array> {
  const tape = new Tape([a]);
  const first = softmax(a);
  const second = softmax(first);
  if (early) first.dispose();
  const gradients = await tape.gradients(second, seed);
  for (const tensor of [first, second]) tensor.dispose();
  using gradient = gradients.get(a)!;
  return await gradient.read();
}
