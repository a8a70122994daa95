import { DisposedError } from "../src/errors.ts";
import { holding } from "../src/held.ts";
import { type Case, check, rejects, same } from "./suite.ts";

export const cases: Case[] = [
  {
    name: "memory goes when its owner has disposed of it and all who hold it have let go, in any order, and once",
    async run(device) {
      const before = device.bytes;
      const tensor = device.tensor([4], [1, 2, 3, 4]);
      const bytes = device.bytes;
      check(bytes > before, "a tensor takes memory");
      tensor.hold();
      tensor.hold();
      tensor.letGo();
      tensor.dispose();
      tensor.dispose();
      check(device.bytes === bytes && tensor.disposed, "one still holds it");
      tensor.letGo();
      check(device.bytes === before, `${device.bytes - before} bytes are left`);
      tensor.dispose();
      check(device.bytes === before, "repeated");
      const other = device.tensor([4]);
      other.hold();
      other.letGo();
      check(device.bytes === bytes && !other.disposed, "its owner has it");
      other.dispose();
      check(device.bytes === before, "the owner last");
    },
  },
  {
    name: "what was disposed of can be used by those who hold it alone, and held by nobody new once it is gone",
    async run(device) {
      const tensor = device.tensor([4], [1, 2, 3, 4]);
      tensor.hold();
      tensor.dispose();
      await rejects(() => tensor.requireLive(), DisposedError);
      await rejects(tensor.read(), DisposedError);
      same(new Float32Array(await device.read(tensor.storage)), [1, 2, 3, 4], "held memory");
      tensor.hold();
      tensor.letGo();
      tensor.letGo();
      await rejects(() => tensor.hold(), DisposedError);
      await rejects(() => tensor.storage, DisposedError);
    },
  },
  {
    name: "holding several holds all of them or none",
    async run(device) {
      const before = device.bytes;
      const [a, b, gone] = [1, 2, 3].map(() => device.tensor([4]));
      gone!.dispose();
      const bytes = device.bytes;
      {
        using _ = holding(a, undefined, b, a);
        a!.dispose();
        check(device.bytes === bytes, "held");
      }
      check(device.bytes < bytes && device.bytes > before, "a is given back, b is not");
      await rejects(() => holding(b, gone), DisposedError);
      b!.dispose();
      check(device.bytes === before, "what could not be held with others is not held");
    },
  },
  {
    name: "an alias has the same memory, which lives as long as either",
    async run(device) {
      const before = device.bytes;
      for (const aliasLast of [true, false]) {
        const tensor = device.tensor([2, 3], [1, 2, 3, 4, 5, 6]);
        const alias = aliasLast ? tensor.detached() : tensor.alias();
        tensor.write([6, 5, 4, 3, 2, 1]);
        const [first, last] = aliasLast ? [tensor, alias] : [alias, tensor];
        first.dispose();
        same(await last.read(), [6, 5, 4, 3, 2, 1], "after the other went");
        check(last.shape.join() === "2,3" && last.layout === first.layout, "shape and layout");
        last.dispose();
        check(device.bytes === before, "all memory is back");
      }
    },
  },
  {
    name: "a scope that it was in knows nothing of what was disposed of",
    async run(device) {
      const before = device.bytes;
      using scope = device.scope();
      const tensor = scope.tensor([4]);
      check(tensor.scope === scope, "in the scope");
      tensor.dispose();
      check(tensor.scope === undefined && device.bytes === before, "out of it");
    },
  },
];
