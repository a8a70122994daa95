/** Set in the last word of a chain. */
export const lastOfChain: u32 = 0x80000000;

/**
 * Twin of kernels/lattice/chains.wgsl; begin and end count axes. The first vertices of chains are written to the end of the list, and read
 * from there before it is reached: a chain has two vertices at least. Neither loop has a branch that could be mispredicted.
 */
export function chains(
  neighbors: usize,
  chains: usize,
  vertices: u32,
  axisLength: u32,
  chainLength: u32,
  dimensions: u32,
  begin: u32,
  end: u32,
): void {
  for (let axis = begin; axis < end; axis++) {
    const pairs = neighbors + ((<usize>(axis * axisLength)) << 3);
    const list = chains + ((<usize>(axis * chainLength)) << 2);
    const listEnd = list + ((<usize>vertices) << 2);
    let isolated: u32 = 0;
    let head = listEnd;
    // The word below the heads is written for each vertex, and counts for a head alone.
    for (let vertex = vertices; vertex > 0;) {
      vertex--;
      const pair = pairs + ((<usize>vertex) << 3);
      const without: u32 = u32(load<u32>(pair) == vertices);
      const alone = without & u32(load<u32>(pair, 4) == vertices);
      store<u32>(head - 4, vertex);
      head -= (<usize>(without - alone)) << 2;
      isolated += alone;
    }
    const filled = listEnd - ((<usize>isolated) << 2);
    let vertex = load<u32>(head);
    head += 4;
    for (let at = list; at < filled; at += 4) {
      const next = load<u32>(pairs + ((<usize>vertex) << 3), 4);
      const goesOn = u32(next == vertices) - 1;
      store<u32>(at, vertex | (~goesOn & lastOfChain));
      const nextHead = load<u32>(head);
      head += <usize>(~goesOn & 4);
      vertex = nextHead ^ ((nextHead ^ next) & goesOn);
    }
    memory.fill(filled, 0xff, listEnd + 4 - filled);
  }
}
