import { readFileSync, statSync } from "node:fs";
import { extname } from "node:path";
import { decodeNpy } from "../data/npy.ts";
import { soundPng } from "../data/pngChunks.ts";
import { CrfRnnError } from "../errors.ts";

/**
 * Whether a command that is run again may pass over something: what it would write is there and whole, and nothing that it is made from has
 * changed since. Other flags leave no trace in a file, and are not noticed.
 */
export function isDone(outputs: readonly string[], inputs: readonly string[]): boolean {
  try {
    const written = Math.min(...outputs.map((file) => statSync(file).mtimeMs));
    return inputs.every((file) => statSync(file).mtimeMs <= written) && outputs.every(isWhole);
  } catch (error) {
    // One is missing or damaged. Whatever else is wrong is told by doing it.
    if (error instanceof CrfRnnError || (error instanceof Error && "syscall" in error)) return false;
    throw error;
  }
}

/** @throws FormatError for a damaged file: a disk was full, or a copy was cut off */
function isWhole(file: string): boolean {
  const bytes = new Uint8Array(readFileSync(file));
  if (extname(file).toLowerCase() === ".npy") decodeNpy(bytes, file);
  else soundPng(bytes, file);
  return true;
}
