import { panelRanges, shortRanges } from "../../src/nn/panelRanges.ts";
import { type Case, check, same } from "../suite.ts";
import { convolvedTwice, withBindings, withProperty } from "./convolutions.ts";

export const cases: Case[] = [
  {
    name: "ranges of panels are as long as a binding or the memory allows, and begin where one can be bound",
    async run(device) {
      const { alignment } = device.limits;
      const storage = { handle: undefined, offset: 4096, bytes: 2 ** 20 };
      // A panel of half an alignment, one, one and a half, and three quarters of one.
      for (const [panelBytes, together] of [
        [alignment / 2, 2],
        [alignment, 1],
        [1.5 * alignment, 2],
        [0.75 * alignment, 4],
      ] as const) {
        for (const [panels, bindingBytes, mostBytes, most] of [
          [16, 16 * panelBytes, undefined, 16],
          [16, 1000 * panelBytes, undefined, 1000],
          [16, 8 * panelBytes, undefined, 8],
          [17, 8 * panelBytes, undefined, 8],
          [16, 8 * panelBytes - 1, undefined, together === 4 ? 4 : 8 - together],
          [16, 16 * panelBytes, 8 * panelBytes, 8],
          [16, 4 * panelBytes, 8 * panelBytes, 4],
          // A range has as many panels as lie between two places where a binding may begin, however few it holds.
          [9, 1, undefined, together],
        ] as const) {
          const found = await withBindings(device, bindingBytes, async () => [
            ...panelRanges(device, panels, panelBytes, mostBytes),
          ]);
          const what = `${panels} panels of ${panelBytes} bytes in ${bindingBytes}, ${mostBytes}`;
          const counts = Array.from({ length: Math.ceil(panels / most) }, (_, i) => Math.min(most, panels - i * most));
          check(
            found.map(({ count }) => count).join() === counts.join(),
            `${what}: ${found.map(({ count }) => count)}`,
          );
          found.forEach(({ first, count, of }, i) => {
            check(first === i * most, `${what}: range ${i} begins at ${first}`);
            const { offset, bytes } = of(storage);
            check(
              offset === 4096 + first * panelBytes && bytes === count * panelBytes,
              `${what}: ${bytes} at ${offset}`,
            );
            check(offset % alignment === 0, `${what}: ${offset} is no place for a binding`);
          });
        }
      }
    },
  },
  {
    name: "no dispatch of a convolution or its gradients takes longer than a device allows, and no bit changes",
    async run(device) {
      const most = 2e6;
      const dispatches: { readonly operations: number; readonly panels: number }[] = [];
      using _observation = device.observe({
        before: ({ kernel, args }) => {
          const operations = kernel.operations?.(args);
          const panels = (args["columnPanels"] ?? args["panels"]) as number;
          if (operations !== undefined) dispatches.push({ operations, panels });
        },
      });
      // A binding holds the weights, or a few panels of them, which are cut once more.
      for (const bindingBytes of [device.limits.bindingBytes, 2 ** 17]) {
        const limits = { ...device.limits, bindingBytes };
        const convolve = () => convolvedTwice(device, [13, 12, 70], [66, 9]);
        const whole = await withProperty(device, "limits", limits, convolve);
        const { length } = dispatches.splice(0);
        const parts = await withProperty(device, "limits", { ...limits, operations: most }, convolve);
        parts.forEach((values, i) => same(values, whole[i]!, `result ${i}`));
        // Of as few panels as begin where a binding may begin, each takes what it takes.
        const long = dispatches.filter(({ operations, panels }) => operations > most && panels > limits.alignment / 32);
        check(long.length === 0, JSON.stringify(long));
        check(dispatches.length > length + 5, `${dispatches.length} dispatches in place of ${length}: nothing was cut`);
        check(
          dispatches.some(({ operations, panels }) => operations <= most && panels > 1),
          "several panels go together where they may",
        );
        dispatches.splice(0);
      }
    },
  },
  {
    name: "panels go at once where their operations are few enough, and else in ranges of about the same length",
    async run(device) {
      const { alignment } = device.limits;
      const storage = { handle: undefined, offset: 0, bytes: 2 ** 20 };
      for (const [operations, expected] of [
        [100, [10]],
        [101, [5, 5]],
        [250, [4, 4, 2]],
        [5000, Array.from({ length: 10 }, () => 1)],
      ] as const) {
        await withProperty(device, "limits", { ...device.limits, operations: 100 }, async () => {
          const found = [...shortRanges(device, operations, 10, alignment)];
          check(found.map(({ count }) => count).join() === expected.join(), `${operations}: ${JSON.stringify(found)}`);
          if (found.length === 1) check(found[0]!.of(storage) === storage, "the storage itself");
          found.forEach(({ first, of }) =>
            check(of(storage).offset === first * alignment || found.length === 1, `${first}`),
          );
        });
      }
    },
  },
];
