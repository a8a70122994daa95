import { view } from "../src/device/device.ts";
import { DisposedError, ShapeError, ValueError } from "../src/errors.ts";
import { halfPanels, panels } from "../src/layout.ts";
import { relu } from "../src/nn/relu.ts";
import { Tape } from "../src/tape.ts";
import { emptyLike, Tensor } from "../src/tensor.ts";
import { type Case, check, random, rejects, same } from "./suite.ts";

export const cases: Case[] = [
  {
    name: "gives back the values that it was made with or that were written, in their order, in every layout",
    async run(device) {
      for (const layout of [undefined, panels]) {
        const shape = [3, 2, 1, 5];
        const [first, second] = [1, 2].map((seed) => random(seed).array(30)) as [Float32Array, Float32Array];
        using tensor = device.tensor(shape, first, layout);
        same(await tensor.read(), first, "as made");
        tensor.write(second);
        same(await tensor.read(), second, "as written");
        tensor.write(Array.from(first));
        same(await tensor.read(), first, "as written from a plain array");
      }
    },
  },
  {
    name: "its padding is zeros, whatever the memory held, in rows of every length and every kind of array",
    async run(device) {
      for (const channels of [1, 2, 3, 4, 5, 6, 7, 8, 9, 21]) {
        const rows = 5;
        const stride = 4 * Math.ceil(channels / 4);
        const values = random(channels).array(rows * channels);
        const padded = Array.from({ length: rows * stride }, (_, i) =>
          i % stride < channels ? values[Math.floor(i / stride) * channels + (i % stride)]! : 0,
        );
        for (const given of [values, Float64Array.from(values), Array.from(values)]) {
          device.tensor([rows, stride], new Float32Array(rows * stride).fill(7)).dispose();
          using tensor = device.tensor([rows, channels], given);
          const what = `${channels} channels of ${given.constructor.name}`;
          same(new Float32Array(await device.read(tensor.storage)), padded, `the memory of ${what}`);
          same(await tensor.read(), values, what);
        }
      }
    },
  },
  {
    name: "rows come and go whole, many of them and longer ones than go through scratch memory",
    async run(device) {
      for (const [rows, channels] of [
        [1561, 21],
        [8193, 3],
        [5, 8191],
        [3, 8193],
        [2, 16_387],
      ] as const) {
        const stride = 4 * Math.ceil(channels / 4);
        const values = random(channels).array(rows * channels);
        device.tensor([rows, stride], new Float32Array(rows * stride).fill(7)).dispose();
        using tensor = device.tensor([rows, channels], values);
        same(await tensor.read(), values, `${rows} rows of ${channels}`);
        const memory = new Float32Array(await device.read(tensor.storage));
        const behind = memory.filter((_, i) => i % stride >= channels);
        same(behind, new Float32Array(behind.length), `behind ${rows} rows of ${channels}`);
      }
    },
  },
  {
    name: "values are those of their indices, whatever else they iterate over, and memory may grow while they are asked for",
    async run(device) {
      for (const channels of [3, 4]) {
        const beside = device.tensor([1, 64], new Float32Array(64).fill(5));
        const odd = {
          length: channels,
          1: 1,
          2: 2,
          3: 3,
          get 0(): number {
            // WebAssembly's memory grows, so that what was seen of it before is elsewhere.
            device.tensor([2 ** 22, 4]).dispose();
            return 9;
          },
          [Symbol.iterator]: () => new Array<number>(1000).fill(8).values(),
        } as unknown as ArrayLike<number>;
        using tensor = device.tensor([1, channels], odd);
        const expected = [9, 1, 2, 3].slice(0, channels);
        same(await tensor.read(), expected, "as made");
        tensor.write(odd);
        same(await tensor.read(), expected, "as written");
        same(await beside.read(), new Float32Array(64).fill(5), "what lies beside");
        beside.dispose();
      }
    },
  },
  {
    name: "a read has the values of its time, and is nobody else's memory",
    async run(device) {
      for (const channels of [3, 4]) {
        const values = random(channels).array(2 * channels);
        using tensor = device.tensor([2, channels], values);
        const reading = tensor.read();
        tensor.write(new Float32Array(2 * channels));
        const read = await reading;
        same(read, values, "what was read");
        read.fill(3);
        same(await tensor.read(), new Float32Array(2 * channels), "the tensor");
      }
    },
  },
  {
    name: "knows its rows, channels and shape, whatever becomes of the list that it was given",
    async run(device) {
      const shape = [2, 3, 5];
      using tensor = device.tensor(shape);
      shape[0] = 9;
      check(tensor.shape.join() === "2,3,5", `shape ${tensor.shape.join()}`);
      check(tensor.rows === 6 && tensor.channels === 5, `${tensor.rows} rows of ${tensor.channels}`);
      check(tensor.describe() === "tensor [2, 3, 5]", tensor.describe());
      check(tensor.storage.owner === tensor, "the memory's owner");
      check(view(tensor.storage, 0, 16).owner === tensor, "and that of a part of it");
    },
  },
  {
    name: "writing is refused with what the tensor is, and leaves the values as they were",
    async run(device) {
      using tensor = device.tensor([1, 2], [1, 2]);
      const few = await rejects(() => tensor.write([1]), ShapeError);
      check(few.message.startsWith("tensor [1, 2]: expected 2 values, got 1"), few.message);
      const text = await rejects(() => tensor.write(["1", "2"] as unknown as number[]), ValueError);
      check(text.message.startsWith("tensor [1, 2]: expected 2 numbers"), text.message);
      same(await tensor.read(), [1, 2], "the values");
      using half = device.tensor([1, 1, 1, 2], [1, 2], halfPanels);
      const large = await rejects(() => half.write([1, 65_521]), ValueError);
      check(large.message.startsWith("tensor [1, 1, 1, 2]: expected numbers up to 65504"), large.message);
      same(await half.read(), [1, 2], "the halves");
      await rejects(() => device.tensor(half.shape, [1, 65_521], halfPanels), ValueError);
    },
  },
  {
    name: "what its owner disposed of is refused, also while a call holds the memory",
    async run(device) {
      const tensor = device.tensor([4], [1, 2, 3, 4]);
      tensor.hold();
      tensor.dispose();
      for (const [name, use] of Object.entries({
        read: () => tensor.read(),
        write: () => tensor.write([4, 3, 2, 1]),
        like: () => tensor.like(),
        detached: () => tensor.detached(),
      })) {
        const error = await rejects(use, DisposedError, name);
        check(error.message.startsWith("tensor [4]: expected it to be live"), error.message);
      }
      const held = tensor.alias();
      same(await held.read(), [1, 2, 3, 4], "what the holder reads");
      held.dispose();
      tensor.letGo();
      await rejects(() => tensor.storage, DisposedError, "memory that nobody holds");
    },
  },
  {
    name: "one like it has its shape and layout, memory of its own, and its scope",
    async run(device) {
      using scope = device.scope();
      const tensor = scope.add(device.tensor([3, 2, 1, 1], [1, 2, 3, 4, 5, 6], panels));
      const other = tensor.like();
      check(other.shape.join() === "3,2,1,1" && other.layout === panels, "shape and layout");
      check(other.scope === scope, "the scope");
      other.write([6, 5, 4, 3, 2, 1]);
      same(await tensor.read(), [1, 2, 3, 4, 5, 6], "the first");
      same(await other.read(), [6, 5, 4, 3, 2, 1], "the other");
      using free = emptyLike(tensor);
      check(free.shape.join() === "3,2,1,1" && free.layout === panels, "shape and layout of an op's result");
      check(free.scope === undefined, "an op's result is in no scope at first");
    },
  },
  {
    name: "no gradient flows through a detached tensor, which belongs to the scope and goes with it",
    async run(device) {
      const before = device.bytes;
      {
        using scope = device.scope();
        const tensor = scope.tensor([4], [1, -1, 1, -1]);
        using tape = new Tape([tensor]);
        const detached = tensor.detached();
        check(tensor.tape === tape && detached.tape === undefined, "the tape watches the tensor alone");
        check(relu(detached).tape === undefined, "nothing is recorded");
        check(detached.scope === scope, "the scope of the tensor");
        tensor.dispose();
        same(await detached.read(), [1, -1, 1, -1], "after the tensor has gone");
        check(detached instanceof Tensor && detached.device === device, "a tensor of the device");
      }
      check(device.bytes === before, `${device.bytes - before} bytes left`);
    },
  },
  {
    name: "results computed from an alias go to the scope of the original, which does not own the alias",
    async run(device) {
      const before = device.bytes;
      const scope = device.scope();
      const alias = scope.tensor([4], [1, -1, 1, -1]).alias();
      const result = relu(alias);
      check(result.scope === scope, "the result's scope");
      scope.dispose();
      check(result.disposed && !alias.disposed, "the result has gone, the alias has not");
      same(await alias.read(), [1, -1, 1, -1], "the alias");
      alias.dispose();
      check(device.bytes === before, `${device.bytes - before} bytes left`);
    },
  },
];
