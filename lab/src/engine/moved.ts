import { transfer } from "comlink";

/**
 * Marks an answer or an argument as one whose arrays and bitmaps are handed over, not copied: `return moved({ labels, width })`. They
 * are found in objects and arrays at any depth. Whoever sends them cannot read them afterwards. The `undefined` of a request that a newer
 * one took the place of has none.
 */
export function moved<Value>(value: Value): Value {
  return typeof value === "object" && value !== null ? transfer(value, [...transferables(value)]) : value;
}

function transferables(value: unknown, found = new Set<Transferable>()): Set<Transferable> {
  if (ArrayBuffer.isView(value)) return transferables(value.buffer, found);
  if (value instanceof ArrayBuffer || isBitmap(value)) return found.add(value);
  // Memory that threads share cannot be handed over, and need not be.
  if (typeof value !== "object" || value === null || isShared(value)) return found;
  for (const part of Object.values(value)) transferables(part, found);
  return found;
}

const isBitmap = (value: unknown): value is ImageBitmap =>
  typeof ImageBitmap !== "undefined" && value instanceof ImageBitmap;

const isShared = (value: object): boolean =>
  typeof SharedArrayBuffer !== "undefined" && value instanceof SharedArrayBuffer;
