import { panelRanges } from "../../src/nn/panelRanges.ts";
import { type Case, check } from "../suite.ts";
import { withBindings } from "./convolutions.ts";

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
];
