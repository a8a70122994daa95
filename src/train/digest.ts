import { DeviceError } from "../errors.ts";

/** The first half of the SHA-256 of some bytes, as a run's configuration has it. @throws DeviceError where the host has no SHA-256 */
export async function digestOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const subtle = (globalThis.crypto as Partial<Crypto> | undefined)?.subtle;
  if (!subtle) {
    throw new DeviceError({
      where: "trainingConfiguration",
      expected: "the host's SHA-256 (crypto.subtle)",
      got: "a page without it",
      remedy: "serve the page by https, or from localhost",
    });
  }
  const hash = new Uint8Array(await subtle.digest("SHA-256", bytes));
  return Array.from(hash.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A digest of ids in their order. A run recognizes its data by it, wherever the data lie. */
export const digestOfIds = (ids: readonly string[]): Promise<string> =>
  digestOf(new TextEncoder().encode(ids.map((id) => `${id}\n`).join("")));
