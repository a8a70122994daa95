import type Sharp from "sharp";
import { FormatError } from "../errors.ts";

/**
 * The package `sharp`, which a user installs who needs it: 19 MB of binaries that most do without.
 * @throws FormatError that names `file` where it is missing
 */
export async function loadSharp(file: string, need: string): Promise<typeof Sharp> {
  const { default: sharp } = await import("sharp").catch((cause: unknown) => {
    throw new FormatError(
      { file, expected: `the package sharp, which ${need}`, got: "none", remedy: "npm install sharp" },
      { cause },
    );
  });
  return sharp;
}
