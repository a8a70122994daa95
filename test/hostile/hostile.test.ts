import { beforeAll, expect, test } from "vitest";
import { hostileFiles } from "./files.ts";
import { buildReader, runHostile } from "./run.ts";

const structure = /expected names, shapes and nesting that take at most \d+ bytes to hold, got more — do not trust/;
const levels = /expected JSON of at most 64 levels, got deeper ones/;
const header = /expected a header of at most 10000 bytes, got \d+ — write the file with numpy.save/;
const read = undefined;

/** How each of them ends: read, or refused with this sentence. */
const ends: Record<string, RegExp | undefined> = {
  "a doubled list as a key .pth": read,
  "a nested list as a key .pth": structure,
  "a doubled list in place of the magic number .pth": /expected PyTorch's magic number, got a list of 2/,
  "empty dictionaries .pth": structure,
  "empty dictionaries .legacy.pth": structure,
  "empty lists .pth": structure,
  "called dictionaries .pth": structure,
  "nothings .pth": structure,
  "marks .pth": structure,
  "remembered values .pth": structure,
  "a far memory .pth": structure,
  "long integers .pth": structure,
  "numbers that collide as keys .pth": read,
  "a name of megabytes .pth": read,
  "entries that are no tensors .pth": structure,
  "views of one storage .pth": read,
  "empty entries .zip": structure,
  "ends of one long name .h5": structure,
  "one long text, many times .h5": structure,
  "a tree that leads to itself .h5": /expected a node of type 0, level 254, got type 0, level 255/,
  "empty V1 layers .caffemodel": structure,
  "empty layers .caffemodel": structure,
  "layers of one empty blob .caffemodel": structure,
  "unknown fields .caffemodel": structure,
  "empty dimensions of a blob .caffemodel": structure,
  "a nested shape .safetensors": levels,
  "a nested dtype .safetensors": levels,
  "a nested data_offsets .safetensors": levels,
  "nested metadata .safetensors": levels,
  "a nested header .safetensors": levels,
  "empty objects .safetensors": structure,
  "numbers .safetensors": structure,
  "objects of different keys .safetensors": structure,
  "many empty tensors .safetensors": structure,
  "a name of megabytes .safetensors": /expected a dtype of [\w,]+ for 'A{80}…', got 'F8'/,
  "20000 extents .npy": header,
  "60000 extents .npy": header,
  "extents of version 2 .npy": header,
  "blanks .npy": header,
  "colors of 16 bits .png":
    /at byte 16: expected pixels of at most 67174400 bytes, or 64 times the file's size, got 536879104/,
  "empty chunks .png": structure,
  "variables .mat": /at byte 128: expected a variable GTcls, got only 'a', 'a', 'a', 'a', 'a'/,
  "compressed variables .mat": structure,
  "nested .manifest.json": levels,
  "empty items .manifest.json": structure,
  "nested polygons .coco.json": levels,
  "empty annotations .coco.json": structure,
  "instances that cover all .coco.json":
    /expected instances of a.jpg that cover at most 67108864 pixels in all, got more/,
  "long outlines .coco.json": /expected outlines of at most \d+ pixels in all, got more/,
  "blank lines .list.txt": read,
  "short ids .list.txt": structure,
};

let reader = "";
beforeAll(async () => {
  reader = await buildReader();
});

test("every hostile file has an end here", () => {
  expect(Object.keys(ends)).toEqual(hostileFiles.map(({ name }) => name));
});

// In a process of its own with a heap of 900 MB. How fast the machine is makes no difference: work that hides in a file takes
// hours or the whole heap, and what ends in time is held by the account, not by a clock.
test.each(hostileFiles)("$name ends as it should, in less than 512 MB", (file) => {
  const { end, message = "", offset, bytes, mebibytes } = runHostile(reader, file);
  const sentence = ends[file.name];
  expect(message).toMatch(sentence ?? /^$/);
  expect(end).toBe(sentence ? "refused" : "read");
  expect(message.length).toBeLessThan(1000);
  expect(offset ?? 0).toBeLessThanOrEqual(bytes);
  expect(mebibytes).toBeLessThan(512);
});
