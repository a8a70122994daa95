// How entries that a workgroup takes 64 at a time are counted without a race, by the keys that they have. Each invocation writes its own
// into `taken`, and asks after a barrier.
const WORKGROUP_SIZE = 64u;
// The key of an invocation that has no entry.
const none = 0xffffffffu;
var<workgroup> taken: array<u32, WORKGROUP_SIZE>;

// How many of these entries have the same key: those before an invocation's own, and all.
fn sameTaken(key: u32, localIndex: u32) -> vec2u {
  var same = vec2u();
  for (var other = 0u; other < WORKGROUP_SIZE; other++) {
    if (taken[other] == key) { same += vec2u(u32(other < localIndex), 1u); }
  }
  return same;
}
