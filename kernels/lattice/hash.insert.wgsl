// Inserts the keys of all entries into an open-addressing table, so that entries with equal keys share a slot. A slot
// holds 1 + an entry of its key, or 0 while it is empty. The smallest entry of a key stays in the slot, whatever the
// order in which invocations run; this makes the numbering of vertices deterministic. An earlier pass has written the
// keys, so any entry found in a slot can be compared through its key.
//
// A search that looks at PROBES slots in vain sets status[2]: the table is too full. From then on every invocation gives up at
// once, and its entry has no slot (0xffffffff). The host moves what was inserted to a larger table (hash.move, hash.follow) and
// inserts the rest: rest ≠ 0 passes over entries that have a slot.
//
// Preconditions: all slots are zero where rest = 0, and slotMask + 1 is a power of two.
//#include "../shared/invocation.wgsl"
//#include "hash.wgsl"

struct Params {
  entries: u32,
  slotMask: u32,
  rest: u32,
}

const DIMENSIONS: u32 = 5u; // specialized
const WORDS = DIMENSIONS / 2u + 1u;
const PROBES = 256u;
const none = 0xffffffffu;

@group(0) @binding(0) var<uniform> params: Params;
// [entries, words]
@group(0) @binding(1) var<storage, read> keys: array<u32>;
@group(0) @binding(2) var<storage, read_write> slots: array<atomic<u32>>;
// [entries]: the slot of each entry's key.
@group(0) @binding(3) var<storage, read_write> entrySlots: array<u32>;
@group(0) @binding(4) var<storage, read_write> status: array<atomic<u32>>;

fn sameKey(a: u32, b: u32) -> bool {
  for (var k = 0u; k < WORDS; k++) {
    if (keys[a * WORDS + k] != keys[b * WORDS + k]) { return false; }
  }
  return true;
}

//#invocations entries
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let entry = invocation(id, workgroupCount);
  if (entry >= params.entries) { return; }
  if (params.rest != 0u && entrySlots[entry] != none) { return; }
  if (atomicLoad(&status[2]) != 0u) {
    entrySlots[entry] = none;
    return;
  }
  var state = 0u;
  for (var k = 0u; k < WORDS; k++) { state = hashWord(state, keys[entry * WORDS + k]); }
  var slot = hashEnd(state) & params.slotMask;
  var probes = 0u;
  while (probes < PROBES) {
    let held = atomicLoad(&slots[slot]);
    if (held == 0u) {
      // If the exchange fails, for whatever reason, the same slot is examined again.
      if (atomicCompareExchangeWeak(&slots[slot], 0u, entry + 1u).exchanged) { break; }
    } else if (sameKey(held - 1u, entry)) {
      if (entry + 1u < held) { atomicMin(&slots[slot], entry + 1u); }
      break;
    } else {
      slot = (slot + 1u) & params.slotMask;
      probes++;
    }
  }
  if (probes == PROBES) {
    slot = none;
    atomicStore(&status[2], 1u);
  }
  entrySlots[entry] = slot;
}
