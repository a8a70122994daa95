import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fileSource } from "../../src/checkpoint/checkpoint.ts";
import { readWhole } from "../../src/cli/input.ts";
import { Folder as DataFolder } from "../../src/data/folder.ts";
import { readFailure } from "../../src/data/readFailure.ts";
import { Folder } from "../cli/command.ts";

test("a file that is not there, and one below no folder, are told alike by all that read", async () => {
  using folder = new Folder();
  folder.write("file.txt", "x");
  const data = await DataFolder.open(folder.path);
  const readers = [readWhole, fileSource, (path: string) => data.read(path)];
  for (const [name, got] of [
    ["none", "no such file"],
    [join("file.txt", "none"), "a path through something that is no folder"],
  ] as const) {
    for (const read of readers) await expect(read(folder.file(name))).rejects.toThrow(`got ${got} —`);
  }
});

test("what the host says in other cases is kept, in one printable line, with its error as the cause", async () => {
  const name = `${"long".repeat(100)}\u001b[2J`;
  const cause: unknown = await readFile(name).catch((error: unknown) => error);
  const error = readFailure("file", cause);
  expect(error.got).toMatch(/^ENAMETOOLONG: name too long, open 'long/);
  expect(error.message).not.toContain("\u001b");
  expect(error.message.length).toBeLessThan(200);
  expect(error.cause).toBe(cause);
});
