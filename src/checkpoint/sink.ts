/** The target to which a file is written piece by piece: an open file, a network stream, memory. */
export interface Sink {
  /** Takes the bytes before it resolves: the caller may reuse them then. */
  write(bytes: Uint8Array): Promise<void>;
}

/** Keeps everything in memory, e.g. for a download in the browser. */
export function memorySink(): Sink & { bytes(): Uint8Array<ArrayBuffer> } {
  const pieces: Uint8Array[] = [];
  return {
    async write(bytes) {
      pieces.push(bytes.slice());
    },
    bytes() {
      const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
      let position = 0;
      for (const piece of pieces) {
        all.set(piece, position);
        position += piece.length;
      }
      return all;
    },
  };
}
