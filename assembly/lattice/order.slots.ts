/** Twin of kernels/lattice/order.slots.wgsl, without a branch: of an empty slot the first vertex is looked at in vain. */
export function orderSlots(vertexNumbers: usize, slots: usize, capacity: u32, begin: u32, end: u32): void {
  for (let slot = begin; slot < end; slot++) {
    const at = slots + ((<usize>slot) << 2);
    const held = load<u32>(at);
    const number = load<u32>(vertexNumbers + ((<usize>select<u32>(held - 1, 0, held != 0)) << 2));
    store<u32>(at, select<u32>(number + 1, 0, held != 0));
  }
}
