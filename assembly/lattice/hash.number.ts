/** Twin of kernels/lattice/hash.number.wgsl. */
export function hashNumber(
  numbers: usize,
  keys: usize,
  slots: usize,
  vertexKeys: usize,
  capacity: u32,
  dimensions: u32,
  begin: u32,
  end: u32,
): void {
  const words = dimensions / 2 + 1;
  for (let slot = begin; slot < end; slot++) {
    const held = load<u32>(slots + ((<usize>slot) << 2));
    if (!held) continue;
    const vertex = load<u32>(numbers + ((<usize>(held - 1)) << 2));
    store<u32>(slots + ((<usize>slot) << 2), vertex + 1);
    const from = keys + <usize>(((held - 1) * words) << 2);
    const to = vertexKeys + <usize>((vertex * words) << 2);
    for (let k: u32 = 0; k < words; k++) store<u32>(to + ((<usize>k) << 2), load<u32>(from + ((<usize>k) << 2)));
  }
}
