import { lastOfChain } from "./chains";

/** Twin of kernels/lattice/chains.neighbors.wgsl. */
export function chainsNeighbors(
  chains: usize,
  neighbors: usize,
  vertices: u32,
  axisLength: u32,
  chainLength: u32,
  dimensions: u32,
  begin: u32,
  end: u32,
): void {
  for (let index = begin; index < end; index++) {
    const axis = index / vertices;
    const place = index - axis * vertices;
    const at = chains + ((<usize>(axis * chainLength + place)) << 2);
    const word = load<u32>(at);
    if (word == 0xffffffff) continue;
    const before = place > 0 ? load<u32>(at - 4) : lastOfChain;
    const pair = neighbors + ((<usize>(axis * axisLength + (word & ~lastOfChain))) << 3);
    store<u32>(pair, before & lastOfChain ? vertices : before);
    store<u32>(pair, word & lastOfChain ? vertices : load<u32>(at, 4) & ~lastOfChain, 4);
  }
}
