import { execFileSync } from "node:child_process";
import { closeSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { fileSource, openCheckpoint } from "../../src/checkpoint/checkpoint.ts";
import { FormatError } from "../../src/errors.ts";
import { Folder } from "../cli/command.ts";

describe("fileSource", () => {
  test("names what is no file", async () => {
    using folder = new Folder();
    await expect(fileSource(folder.file("none"))).rejects.toThrow(/none: expected a readable file, got no such file/);
    await expect(fileSource(folder.path)).rejects.toThrow(FormatError);
  });

  test("does not wait for a pipe that nobody writes to, nor reads a device without end", async () => {
    using folder = new Folder();
    execFileSync("mkfifo", [folder.file("pipe.pth")]);
    for (const path of [folder.file("pipe.pth"), "/dev/zero"]) {
      await expect(fileSource(path)).rejects.toThrow("expected a regular file, got a pipe or device — check the path");
    }
  });

  test("reads a tensor beyond 4 GiB without reading what lies before", async () => {
    using folder = new Folder();
    const path = folder.file("large.safetensors");
    const large = 5 * 2 ** 30;
    const json = JSON.stringify({
      large: { dtype: "U8", shape: [large], data_offsets: [0, large] },
      last: { dtype: "F32", shape: [2], data_offsets: [large, large + 8] },
    }).padEnd(256);
    const handle = openSync(path, "w");
    // The numbers of `large` are a hole in the file: they take no room on the disk.
    writeSync(handle, new Uint8Array(BigUint64Array.of(BigInt(json.length)).buffer), 0, 8, 0);
    writeSync(handle, json, 8);
    writeSync(handle, new Uint8Array(Float32Array.of(0.25, -3).buffer), 0, 8, 8 + json.length + large);
    ftruncateSync(handle, 8 + json.length + large + 8);
    closeSync(handle);

    const source = await fileSource(path);
    const { tensors } = await openCheckpoint(source);
    expect(tensors.get("large")!.shape).toEqual([large]);
    expect(await tensors.get("last")!.read()).toEqual(Float32Array.of(0.25, -3));
    await source.close();
  });
});
