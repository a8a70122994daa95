/** Twin of kernels/lattice/order.slots.wgsl. */
export function orderSlots(vertexNumbers: usize, slots: usize, capacity: u32, begin: u32, end: u32): void {
  for (let slot = begin; slot < end; slot++) {
    const at = slots + ((<usize>slot) << 2);
    const held = load<u32>(at);
    if (held) store<u32>(at, load<u32>(vertexNumbers + ((<usize>(held - 1)) << 2)) + 1);
  }
}
