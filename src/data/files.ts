import { UsageError } from "../errors.ts";

/**
 * The host's modules for files and paths. They are asked for when a folder is opened, so that pages can load the rest of this entry.
 * @throws UsageError where the host has none
 */
export function filesOf(path: string) {
  const fs = globalThis.process?.getBuiltinModule?.("node:fs/promises");
  const paths = globalThis.process?.getBuiltinModule?.("node:path");
  if (fs && paths) return { ...fs, ...paths };
  throw new UsageError({
    where: path,
    expected: "a file system, as Node and Deno have",
    got: "a host without one",
    remedy: "decode the bytes of images and labels: decodeImage, decodeLabelPng, decodeNpy",
  });
}

export type Files = ReturnType<typeof filesOf>;
