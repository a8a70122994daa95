// Inserts the keys of all entries (pairs of a point and one of its vertices) in an open-addressing table, so that
// entries of equal key share a slot. A slot holds 1 + an entry of its key, 0 while empty. The entry that stays is the
// smallest, whatever the order in which invocations run: this is what makes the numbering of vertices deterministic.
// The keys were written by an earlier pass, so any entry found in a slot can be compared through them.
//
// Preconditions: slots zero; slotMask + 1 a power of two. A probe that finds no place sets status[2]: grow and insert anew.
//#include "../shared/invocation.wgsl"
//#include "hash.wgsl"

struct Params {
  entries: u32,
  slotMask: u32,
}

const DIMENSIONS: u32 = 5u; // specialized
const WORDS = DIMENSIONS / 2u + 1u;
const PROBES = 512u;

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
  var state = 0u;
  for (var k = 0u; k < WORDS; k++) { state = hashWord(state, keys[entry * WORDS + k]); }
  var slot = hashEnd(state) & params.slotMask;
  var probes = 0u;
  while (probes < PROBES) {
    let held = atomicLoad(&slots[slot]);
    if (held == 0u) {
      // On failure, spurious or not, the same slot is looked at again.
      if (atomicCompareExchangeWeak(&slots[slot], 0u, entry + 1u).exchanged) { break; }
    } else if (sameKey(held - 1u, entry)) {
      if (entry + 1u < held) { atomicMin(&slots[slot], entry + 1u); }
      break;
    } else {
      slot = (slot + 1u) & params.slotMask;
      probes++;
    }
  }
  entrySlots[entry] = slot;
  if (probes == PROBES) { atomicStore(&status[2], 1u); }
}
