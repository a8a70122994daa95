import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesSource, fileSource, openCheckpoint, type Source } from "../../src/checkpoint/checkpoint.ts";
import { itemsOf } from "../../src/data/dataset.ts";
import { parseList } from "../../src/data/lists.ts";
import { readMat } from "../../src/data/mat.ts";
import { decodeNpy } from "../../src/data/npy.ts";
import { openDataset } from "../../src/data/openDataset.ts";
import { decodeRgbPng } from "../../src/data/png.ts";
import type { Kind } from "./files.ts";

/** Reads all that there is to read in a file, one tensor after the other. */
export async function readHostile(kind: Kind, bytes: Uint8Array, name = "hostile"): Promise<void> {
  switch (kind) {
    case "checkpoint":
      return readCheckpoint(counted(bytesSource(bytes, name)));
    case "npy":
      return void decodeNpy(bytes, name);
    case "png":
      return void decodeRgbPng(bytes, name);
    case "mat":
      return void readMat(bytes, name, ["GTcls", "Segmentation"]);
    case "list":
      return void parseList(bytes, name);
    case "manifest":
      return readFolder("manifest.json", bytes);
    case "coco":
      return readFolder("annotations/instances_x.json", bytes);
  }
}

/** Does what `readHostile` does for a checkpoint, by ranges of its file. */
export async function readHostileFile(kind: Kind, path: string, bytes: () => Uint8Array): Promise<void> {
  if (kind !== "checkpoint") return readHostile(kind, bytes(), path);
  const source = await fileSource(path);
  try {
    await readCheckpoint(source);
  } finally {
    await source.close();
  }
}

/** Bytes that a reader may fetch for each byte of a file, beyond some that are fetched of every file. */
const mostFetched = { perByte: 64, free: 8 * 2 ** 20 };

/** The same source; throws a plain Error as soon as more is read than a few times the file, whatever the file says. */
function counted(source: Source): Source {
  let fetched = 0;
  return {
    ...source,
    readInto(offset, target) {
      fetched += target.length;
      if (fetched > mostFetched.perByte * source.size + mostFetched.free) {
        throw new Error(`${fetched} bytes were read of a file of ${source.size}`);
      }
      return source.readInto(offset, target);
    },
  };
}

async function readCheckpoint(source: Source): Promise<void> {
  const { tensors } = await openCheckpoint(source, { partial: true });
  for (const { read } of tensors.values()) await read();
}

async function readFolder(file: string, bytes: Uint8Array): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "crf-rnn-hostile-"));
  try {
    mkdirSync(join(folder, file, ".."), { recursive: true });
    writeFileSync(join(folder, file), bytes);
    const dataset = await openDataset(folder, { minimumPixels: 0 });
    for (const item of itemsOf({ dataset })) await item.labels();
  } finally {
    rmSync(folder, { recursive: true });
  }
}
