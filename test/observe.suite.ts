/** What can be seen of a device at work: every dispatch, its time, and where a number went wrong. */
import { relu as reluKernel } from "../build/kernels.ts";
import { crfRnn } from "../src/crf/crfRnn.ts";
import type { Dispatch } from "../src/device/device.ts";
import { chromeTrace, trace } from "../src/device/trace.ts";
import { ValueError } from "../src/errors.ts";
import { fcn8s } from "../src/models/fcn8s.ts";
import { add } from "../src/nn/add.ts";
import { relu } from "../src/nn/relu.ts";
import { scale } from "../src/nn/scale.ts";
import { findNotFinite } from "../src/shared/findNotFinite.ts";
import { type Case, check, random, rejects, same } from "./suite.ts";

export const cases: Case[] = [
  {
    name: "observers see every dispatch before and after it, in order, until they end; not what they run themselves",
    async run(device) {
      using scope = device.scope();
      const x = scope.tensor([70, 5], random(1).array(350, -1, 1));
      const own = scope.tensor([70, 5]);
      const seen: string[] = [];
      const note =
        (when: string) =>
        ({ kernel, count }: Dispatch): void => {
          seen.push(`${when} ${kernel.id} ${count}`);
          device.run(reluKernel, { values: x.storage, result: own.storage, count: 1 });
        };
      const first = device.observe({ before: note("before"), after: note("after") });
      const second = device.observe({ after: ({ kernel }) => seen.push(`second ${kernel.id}`) });
      scale(x, 2);
      first[Symbol.dispose]();
      add(x, x);
      second[Symbol.dispose]();
      relu(x);
      check(seen.join() === "before scale 140,after scale 140,second scale,second add", seen.join());
    },
  },
  {
    name: "a trace has every dispatch with its bytes and, where the device has a clock, its time",
    async run(device) {
      using scope = device.scope();
      const crf = scope.add(crfRnn(device, { classes: 3, iterations: 2, spatial: { position: 2 } }));
      const [unary, guide] = [1, 2].map((seed) => scope.tensor([6, 7, 3], random(seed).array(126, 0, 9)));
      const counted: string[] = [];
      const running = trace(device);
      {
        using _observation = device.observe({ before: ({ kernel }) => counted.push(kernel.id) });
        await crf(unary!, guide!);
      }
      const events = await running.stop();
      relu(unary!);
      check(
        events.map(({ kernel }) => kernel).join() === counted.join(),
        `${events.length} events of ${counted.length}`,
      );
      const clock = device.kind === "wasm" || events.some(({ milliseconds }) => milliseconds !== undefined);
      for (const { kernel, count, bytes, begin, milliseconds } of events) {
        check(count > 0 && bytes > 0, `${kernel}: ${count}, ${bytes} bytes`);
        if (clock)
          check(begin >= -1 && milliseconds! >= 0 && milliseconds! < 1e5, `${kernel}: ${begin}, ${milliseconds}`);
      }
      const { traceEvents } = JSON.parse(chromeTrace(events, device)) as {
        traceEvents: { ph: string; name: string }[];
      };
      check(traceEvents.length === events.length + 2, `${traceEvents.length} events in JSON`);
      check(
        traceEvents.filter(({ name }) => name === "splat").length === 6,
        "splats of two filters, twice, and of ones",
      );
    },
  },
  {
    name: "the first kernel that wrote NaN or infinity is found, and whether it got it from an argument",
    async run(device) {
      using scope = device.scope();
      const x = scope.tensor([10, 3], random(3).array(30, 1, 2));
      check((await findNotFinite(device, () => relu(scale(x, 2)))) === undefined, "nothing in finite numbers");
      const overflow = await findNotFinite(device, () => relu(scale(scale(x, 1e30), 1e30)));
      check(overflow!.kernel === "kernels/nn/scale.wgsl" && overflow!.dispatch === 1, JSON.stringify(overflow));
      check(overflow!.from.length === 0 && overflow!.result === "result" && overflow!.index === 0, "made there");
      const values = new Float32Array(30);
      values[17] = NaN;
      const bad = scope.tensor([10, 3], values);
      const passed = await findNotFinite(device, async () => void add(x, bad));
      // Rows are padded to four: element 17 is the third of row 5.
      check(passed!.from.join() === "b" && passed!.index === 22, JSON.stringify(passed));
    },
  },
  {
    name: "the layer of a network whose weights are NaN is found by its kernel, and an error in between passes through",
    async run(device) {
      using scope = device.scope();
      const network = scope.add(fcn8s(device, { classes: 2, widths: [4, 4, 4, 4, 4], fc: 4 }));
      const weight = network.parameters["fc6.weight"]!;
      weight.write((await weight.read()).fill(NaN));
      const image = scope.tensor([3, 4, 3], random(4).array(36, -50, 50));
      const found = await findNotFinite(device, () => network(image));
      check(/convolution|product|pack|transpose/.test(found!.kernel) && found!.from.length > 0, JSON.stringify(found));
      const before = device.bytes;
      const fails = (): never => {
        relu(image).dispose();
        throw new ValueError({ where: "test", expected: "no error", got: "one" });
      };
      await rejects(findNotFinite(device, fails), ValueError);
      check(device.bytes === before, `${device.bytes - before} bytes left`);
      same(await image.read(), random(4).array(36, -50, 50), "the image as it was");
    },
  },
];
