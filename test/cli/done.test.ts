import { readFileSync, utimesSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { isDone } from "../../src/cli/done.ts";
import { encodeNpy } from "../../src/data/npy.ts";
import { encodeLabelPng } from "../../src/data/png.ts";
import { Folder } from "./command.ts";

let folder: Folder;
beforeEach(() => {
  folder = new Folder();
  folder.write("in.png", Uint8Array.of(1));
  folder.write("out.png", encodeLabelPng({ height: 2, width: 2, labels: Uint8Array.of(0, 1, 2, 3) }));
  folder.write("out.npy", encodeNpy({ shape: [2], data: Float32Array.of(1, 2) }));
  age("in.png", 100);
});
afterEach(() => folder[Symbol.dispose]());

const age = (name: string, seconds: number): void => {
  const then = Date.now() / 1000 - seconds;
  utimesSync(folder.file(name), then, then);
};
const done = (): boolean =>
  isDone(
    ["out.png", "out.npy"].map((name) => folder.file(name)),
    [folder.file("in.png")],
  );
const cutOff = (name: string): void => {
  folder.write(name, readFileSync(folder.file(name)).subarray(0, -5));
};

test("what is there, whole and newer than what it is made from is done", () => expect(done()).toBe(true));

test.each<[string, () => void]>([
  ["an output is missing", () => folder.remove("out.npy")],
  ["an input is missing", () => folder.remove("in.png")],
  ["a map was cut off", () => cutOff("out.png")],
  ["an array was cut off", () => cutOff("out.npy")],
  ["a map is empty", () => void folder.write("out.png", new Uint8Array())],
  ["the input is newer than one of the outputs", () => age("out.npy", 200)],
])("nothing is done where %s", (_, spoil) => {
  spoil();
  expect(done()).toBe(false);
});
