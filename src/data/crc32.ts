/** For each byte, what it does to the remainder; made at first use. */
let table: Int32Array | undefined;

/**
 * CRC-32 of some bytes (PNG third edition, Annex D). Node has it in `node:zlib`, pages have nothing of the kind; fast-png and zip.js
 * have it, but keep it to themselves.
 */
export function crc32(bytes: Uint8Array): number {
  table ??= Int32Array.from({ length: 256 }, (_, byte) => {
    let remainder = byte;
    for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? 0xedb88320 : 0);
    return remainder;
  });
  let remainder = -1;
  for (let i = 0; i < bytes.length; i++) remainder = (remainder >>> 8) ^ table[(remainder ^ bytes[i]!) & 255]!;
  return ~remainder >>> 0;
}
