import type Sharp from "sharp";
import { FormatError } from "../errors.ts";

/**
 * The package `sharp`, which a user installs who needs it: 19 MB of binaries that most do without.
 * @throws FormatError that names `file` where it is missing
 */
export async function loadSharp(file: string, need: string): Promise<typeof Sharp> {
  // A name that no bundler can compute: a server's bundle is made without the package, too, and finds it where it runs.
  const name = ["sh", "arp"].join("");
  const { default: sharp } = await (
    import(/* @vite-ignore */ /* webpackIgnore: true */ /* turbopackIgnore: true */ name) as Promise<{
      default: typeof Sharp;
    }>
  ).catch((cause: unknown) => {
    throw new FormatError(
      { file, expected: `the package sharp, which ${need}`, got: "none", remedy: "npm install sharp" },
      { cause },
    );
  });
  return sharp;
}
