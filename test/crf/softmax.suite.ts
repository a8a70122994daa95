import { perform } from "../../src/device/work.ts";
import { activate, softmax } from "../../src/crf/softmax.ts";
import { padded } from "../../src/shape.ts";
import { Memory } from "../memory.ts";
import { Tape } from "../../src/tape.ts";
import { activation, pullBackActivation } from "../reference/crf.ts";
import type { Device } from "../../src/device/device.ts";
import { ValueError } from "../../src/errors.ts";
import { openBeside } from "../beside.ts";
import { type Case, check, close, random, rejects, same } from "../suite.ts";
import { padRows } from "./rows.ts";

/**
 * WGSL allows exp(x) 3 + 2|x| units of the last place, 43 for logits that lie 20 apart, a division 2.5 and the sum of
 * 68 terms as many halves: 80 units of 2⁻²³.
 */
const tolerance = { relative: 1e-5, absolute: 1e-9 };

const activations: Case[] = (["softmax", "relu"] as const).flatMap((kind) => [
  {
    name: `${kind}: every row is divided among its channels, and padding stays zero`,
    async run(device) {
      for (const rows of [1, 63, 64, 65, 4500]) {
        for (const channels of rows === 4500 ? [3] : [1, 2, 3, 4, 5, 21, 68]) {
          using memory = new Memory(device);
          const stride = padded(channels);
          const data = random(rows + channels).array(rows * channels, -10, 10);
          const result = memory.result(rows * stride);
          const values = memory.of(padRows(data, channels));
          const bounded = { ...result, bytes: rows * stride * 4 };
          perform(device, activate(device, { values, result: bounded, rows, channels }, kind));
          const all = await memory.floats(result);
          const what = `${rows} rows of ${channels}`;
          close(
            all.filter((_, i) => i % stride < channels),
            activation(data, channels, kind),
            tolerance,
            what,
          );
          check(
            all.every((value, i) => i % stride < channels || value === 0),
            `${what}: padding`,
          );
        }
      }
    },
  },
  {
    name: `${kind}: the gradient of every row`,
    async run(device) {
      for (const rows of [1, 63, 64, 65]) {
        for (const channels of [1, 3, 4, 5, 21, 68]) {
          using scope = device.scope();
          const numbers = random(rows + channels);
          const [data, g] = [numbers.array(rows * channels, -4, 4), numbers.array(rows * channels, -1, 1)];
          const values = scope.tensor([rows, channels], data);
          const tape = new Tape([values]);
          const result = softmax(values, kind);
          const gradients = await tape.gradients(result, scope.tensor([rows, channels], g));
          const expected = pullBackActivation(data, g, channels, kind);
          // The mean of gradients below 1, L products and sums, is taken from each of them; ReLU's is divided by its sum.
          const sums = Array.from({ length: rows }, (_, row) =>
            data.subarray(row * channels, (row + 1) * channels).reduce((sum, value) => sum + Math.max(value, 0), 0),
          );
          const least = kind === "softmax" ? 1 : Math.min(...sums.filter((sum) => sum > 0), 1);
          const absolute = ((channels + 4) * 2 ** -23) / least;
          const what = `${rows} rows of ${channels}`;
          close(await gradients.get(values)!.read(), expected, { relative: 2e-5, absolute }, what);
        }
      }
    },
  },
  {
    name: `${kind}: large logits neither overflow nor vanish`,
    async run(device) {
      using memory = new Memory(device);
      const data = Float32Array.of(1e4, -1e4, 0, 9999, -3e38, -3e38, -3e38, -3e38, 80, 80, 80, 80);
      const result = memory.result(12);
      const maps = { values: memory.of(data), result: { ...result, bytes: 48 } };
      perform(device, activate(device, { ...maps, rows: 3, channels: 4 }, kind));
      close(await memory.floats(result), activation(data, 4, kind), tolerance, kind);
    },
  },
]);

export const cases: Case[] = [
  ...activations,
  {
    name: "the gradient in ranges of rows has the bits of one in a piece",
    async run(device) {
      const gradientOn = async (on: Device): Promise<Float32Array> => {
        using scope = on.scope();
        const values = scope.tensor([300, 5], random(1).array(1500, -4, 4));
        using tape = new Tape([values]);
        const gradients = await tape.gradients(softmax(values), scope.tensor([300, 5], random(2).array(1500)));
        return await gradients.get(values)!.read();
      };
      using narrow = await openBeside(device, { bindingBytes: 4096 });
      same(await gradientOn(narrow), await gradientOn(device), "gradient");
    },
  },
  {
    name: "an activation of none such is refused by name",
    async run(device) {
      using values = device.tensor([2, 3]);
      const { message } = await rejects(() => softmax(values, "sigmoid" as "relu"), ValueError);
      check(message.includes('activation: softmax or relu, got the string "sigmoid"'), message);
    },
  },
];
