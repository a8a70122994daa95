import { DisposedError, ValueError } from "../src/errors.ts";
import { type Case, check, rejects, same } from "./suite.ts";

export const cases: Case[] = [
  {
    name: "pixels are counted but for what is ignored: 255, or another label",
    async run(device) {
      using labels = device.labels([2, 3], [0, 255, 1, 1, 255, 255]);
      check(labels.counted() === 3 && labels.counted(255) === 3, `255 ignored: ${labels.counted()}`);
      check(labels.counted(1) === 4 && labels.counted(0) === 5 && labels.counted(7) === 6, "another label ignored");
      // One pixel of label 0 and two of label 1, which weigh 2 and 3 each; 255 has no weight.
      check(labels.weighed([2, 3]) === 8 && labels.weighed([2, 3], 1) === 2, `weighed: ${labels.weighed([2, 3])}`);
      check(labels.storage.owner === labels, "the memory's owner");
    },
  },
  {
    name: "the first pixel beyond the classes is found, whatever its label",
    async run(device) {
      const beyond = (data: readonly number[], classes: number, ignore?: number): string => {
        using labels = device.labels([2, 2, 2], data);
        const found = labels.firstBeyond(classes, ignore);
        return found ? `${found.label} at ${found.position}` : "none";
      };
      for (const [data, classes, ignore, expected] of [
        [[0, 1, 2, 0, 1, 2, 255, 255], 3, undefined, "none"],
        // The last class is below their number, and that number is beyond.
        [[0, 1, 2, 0, 1, 2, 255, 255], 2, undefined, "2 at 0,1,0"],
        // The first in the order of pixels, not of labels.
        [[0, 0, 0, 9, 0, 7, 8, 0], 3, undefined, "9 at 0,1,1"],
        [[0, 0, 0, 7, 0, 9, 8, 0], 3, undefined, "7 at 0,1,1"],
        [[9, 0, 0, 0, 0, 0, 0, 7], 3, 9, "7 at 1,1,1"],
        // What is ignored in place of 255 leaves 255 a label like any other.
        [[4, 0, 0, 0, 255, 0, 0, 0], 3, 4, "255 at 1,0,0"],
        [[0, 0, 0, 0, 0, 0, 0, 254], 254, undefined, "254 at 1,1,1"],
      ] as const) {
        const found = beyond(data, classes, ignore);
        check(found === expected, `[${data}], ${classes} classes: ${found} in place of ${expected}`);
      }
    },
  },
  {
    name: "labels are read as they were given, and not beyond their end",
    async run(device) {
      for (const count of [1, 3, 4, 5]) {
        const data = Uint8Array.from({ length: count }, (_, i) => 250 + i);
        using labels = device.labels([1, count], data);
        same(await labels.read(), data, `${count} labels`);
      }
    },
  },
  {
    name: "what is no byte is refused with its pixel, and what was disposed of is not read",
    async run(device) {
      for (const [wrong, text] of [
        [-1, "-1"],
        [256, "256"],
        [0.5, "0.5"],
        [NaN, "NaN"],
      ] as const) {
        const { message } = await rejects(() => device.labels([2, 2], [0, 255, wrong, 0]), ValueError);
        check(message.startsWith("labels [2, 2]: ") && message.includes(`got ${text} at pixel [1, 0]`), message);
      }
      const labels = device.labels([1, 4], [0, 0, 0, 0]);
      labels.hold();
      labels.dispose();
      await rejects(labels.read(), DisposedError);
      labels.letGo();
      check(labels.disposed, "disposed");
      const { message } = await rejects(labels.read(), DisposedError);
      check(message.startsWith("labels [1, 4]: "), message);
      await rejects(() => labels.storage, DisposedError);
    },
  },
];
