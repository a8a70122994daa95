// Moves the keys of a table that is too small into a larger one: each key's entry goes to a free slot there, and its old
// slot gets the number of the new one, for hash.follow. All keys of a table differ, so none is compared.
// Precondition: newSlots are zero, and more than there are keys; slotMask + 1 is their number, a power of two.
//#include "../shared/invocation.wgsl"
//#include "hash.wgsl"

struct Params {
  // The number of old slots.
  capacity: u32,
  slotMask: u32,
}

const DIMENSIONS: u32 = 5u; // specialized
const WORDS = DIMENSIONS / 2u + 1u;

@group(0) @binding(0) var<uniform> params: Params;
// [entries, words]
@group(0) @binding(1) var<storage, read> keys: array<u32>;
@group(0) @binding(2) var<storage, read_write> slots: array<u32>;
@group(0) @binding(3) var<storage, read_write> newSlots: array<atomic<u32>>;

//#invocations capacity
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let old = invocation(id, workgroupCount);
  if (old >= params.capacity) { return; }
  let held = slots[old];
  if (held == 0u) { return; }
  var state = 0u;
  for (var k = 0u; k < WORDS; k++) { state = hashWord(state, keys[(held - 1u) * WORDS + k]); }
  var slot = hashEnd(state) & params.slotMask;
  loop {
    // If the exchange fails without a reason, the same slot is tried again.
    let tried = atomicCompareExchangeWeak(&newSlots[slot], 0u, held);
    if (tried.exchanged) { break; }
    if (tried.old_value != 0u) { slot = (slot + 1u) & params.slotMask; }
  }
  slots[old] = slot;
}
