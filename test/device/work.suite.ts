import { relu as reluKernel } from "../../build/kernels.ts";
import { performInTurns, perform, planned, type Work } from "../../src/device/work.ts";
import { Workspace } from "../../src/device/workspace.ts";
import { DeviceError } from "../../src/errors.ts";
import { open } from "../../src/device/open.ts";
import { type Case, check, rejects, same } from "../suite.ts";

export const cases: Case[] = [
  {
    name: "work runs kernel by kernel, at once or in turns, and returns its outcome",
    async run(device) {
      using scope = device.scope();
      const [values, result] = [scope.tensor([1, 4], [-1, 2, -3, 4]), scope.tensor([1, 4])];
      function* work(): Work<string> {
        yield planned(reluKernel, { values: values.storage, result: result.storage, count: 1 });
        return "outcome";
      }
      check(perform(device, work()) === "outcome", "at once");
      same(await result.read(), [0, 2, 0, 4], "at once");
      device.clear(result.storage);
      let turns = 0;
      check((await performInTurns(device, work(), async () => void turns++)) === "outcome", "in turns");
      same(await result.read(), [0, 2, 0, 4], "in turns");
      check(turns === 1, `${turns} turns`);
    },
  },
  {
    name: "work that fails at one of its kernels is stopped, and gives back what it has",
    async run(device) {
      using other = await open({ prefer: "wasm", threads: 1 });
      const foreign = other.allocate(64);
      const before = device.bytes;
      let [went, ended] = [false, 0];
      function* work(): Work {
        using workspace = new Workspace(device);
        const mine = workspace.allocate(64);
        try {
          yield planned(reluKernel, { values: mine, result: foreign, count: 1 });
          went = true;
        } finally {
          ended++;
        }
      }
      await rejects(() => perform(device, work()), DeviceError);
      await rejects(
        performInTurns(device, work(), async () => {}),
        DeviceError,
      );
      check(!went && ended === 2, `went on: ${went}, ended ${ended} times`);
      check(device.bytes === before, `${device.bytes - before} bytes left`);
    },
  },
];
