import type { Data } from "../../src/device/device.ts";
import { Workspace } from "../../src/device/workspace.ts";
import { type Case, check, same } from "../suite.ts";

export const cases: Case[] = [
  {
    name: "a workspace gives back at its end what it made, but for what was handed over or given back before",
    async run(device) {
      const before = device.bytes;
      const workspace = new Workspace(device);
      check(
        workspace.store(undefined as Data | undefined) === undefined && device.bytes === before,
        "no data take no memory",
      );
      const [first, kept, early] = [workspace.allocate(256), workspace.allocate(256), workspace.zeros(256)];
      check(device.bytes === before + 768, `${device.bytes - before} bytes`);
      same(new Uint8Array(await device.read(early)), new Uint8Array(256), "zeros");
      check(workspace.handOver(kept) === kept, "kept");
      workspace.release(early);
      check(device.bytes === before + 512, `${device.bytes - before} bytes after one was released`);
      // What is its caller's, or gone, is left alone.
      workspace.release(early);
      workspace.release(kept);
      check(device.bytes === before + 512, `${device.bytes - before} bytes`);
      workspace[Symbol.dispose]();
      check(device.bytes === before + 256, `${device.bytes - before} bytes after its end`);
      check(first.bytes === 256, "the size asked for");
      workspace[Symbol.dispose]();
      device.release(kept);
    },
  },
  {
    name: "zeros are zeros in memory that held something else",
    async run(device) {
      const dirty = device.allocate(4096);
      device.write(dirty, new Uint8Array(4096).fill(7));
      device.release(dirty);
      using workspace = new Workspace(device);
      same(new Uint8Array(await device.read(workspace.zeros(4096))), new Uint8Array(4096), "zeros");
    },
  },
];
