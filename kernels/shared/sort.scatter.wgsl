// Second pass of the stable counting sort: moves each key, and what it belongs to, to its place. Within a block each
// invocation has a run of consecutive items. The runs' counts are turned into places digit by digit in workgroup
// memory, so items with equal digits keep their order. identity ≠ 0 says that the order so far is 0, 1, 2, … and need
// not be read.

struct Params {
  count: u32,
  blockSize: u32,
  blocks: u32,
  shift: u32,
  digitMask: u32,
  identity: u32,
}

const WORKGROUP_SIZE = 64u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> keys: array<u32>;
@group(0) @binding(2) var<storage, read> order: array<u32>;
// [digits, blocks]: exclusive sums of the counts. Each cell is used by one block only.
@group(0) @binding(3) var<storage, read> starts: array<u32>;
@group(0) @binding(4) var<storage, read_write> sortedKeys: array<u32>;
@group(0) @binding(5) var<storage, read_write> sortedOrder: array<u32>;

// [localIndex, digit], with a word between invocations, so that neighbors with equal digits do not meet in a bank.
const CURSORS = 17u;
var<workgroup> cursors: array<u32, WORKGROUP_SIZE * CURSORS>;

//#workgroups blocks
@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) localIndex: u32, @builtin(workgroup_id) workgroupId: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let block = workgroupId.y * workgroupCount.x + workgroupId.x;
  let run = params.blockSize / WORKGROUP_SIZE;
  let first = block * params.blockSize + localIndex * run;
  let end = min(first + run, params.count);
  for (var digit = 0u; digit < 16u; digit++) { cursors[localIndex * CURSORS + digit] = 0u; }
  for (var i = first; i < end; i++) { cursors[localIndex * CURSORS + ((keys[i] >> params.shift) & params.digitMask)]++; }
  workgroupBarrier();
  // Each invocation takes one digit and turns the counts of the runs into their first places.
  if (localIndex <= params.digitMask && block < params.blocks) {
    var place = starts[localIndex * params.blocks + block];
    for (var other = 0u; other < WORKGROUP_SIZE; other++) {
      let count = cursors[other * CURSORS + localIndex];
      cursors[other * CURSORS + localIndex] = place;
      place += count;
    }
  }
  workgroupBarrier();
  for (var i = first; i < end; i++) {
    let key = keys[i];
    let cursor = localIndex * CURSORS + ((key >> params.shift) & params.digitMask);
    let place = cursors[cursor];
    cursors[cursor] = place + 1u;
    sortedKeys[place] = key;
    if (params.identity != 0u) { sortedOrder[place] = i; } else { sortedOrder[place] = order[i]; }
  }
}
