// Second step of the stable counting sort: moves each (key, order) to its place. Within a block an invocation owns a run
// of consecutive items; runs are ranked digit by digit through workgroup memory, so equal digits keep their order.
// identity ≠ 0 where the order so far is 0, 1, 2, … and need not be read.

struct Params {
  count: u32,
  blockSize: u32,
  blocks: u32,
  shift: u32,
  digitMask: u32,
  identity: u32,
}

const LANES = 64u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> keys: array<u32>;
@group(0) @binding(2) var<storage, read> order: array<u32>;
// [digits, blocks]: exclusive sums of the counts. Each cell is used by one block only (on WASM as its moving cursor).
@group(0) @binding(3) var<storage, read_write> starts: array<u32>;
@group(0) @binding(4) var<storage, read_write> sortedKeys: array<u32>;
@group(0) @binding(5) var<storage, read_write> sortedOrder: array<u32>;

var<workgroup> cursors: array<u32, 1024>; // [lane, digit]

//#workgroups blocks
@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let block = group.y * groups.x + group.x;
  let run = params.blockSize / LANES;
  let first = block * params.blockSize + lane * run;
  let end = min(first + run, params.count);
  for (var digit = 0u; digit < 16u; digit++) { cursors[lane * 16u + digit] = 0u; }
  for (var i = first; i < end; i++) { cursors[lane * 16u + ((keys[i] >> params.shift) & params.digitMask)]++; }
  workgroupBarrier();
  // One invocation a digit: the runs' counts become their places.
  if (lane <= params.digitMask && block < params.blocks) {
    var place = starts[lane * params.blocks + block];
    for (var other = 0u; other < LANES; other++) {
      let count = cursors[other * 16u + lane];
      cursors[other * 16u + lane] = place;
      place += count;
    }
  }
  workgroupBarrier();
  for (var i = first; i < end; i++) {
    let key = keys[i];
    let cursor = lane * 16u + ((key >> params.shift) & params.digitMask);
    let place = cursors[cursor];
    cursors[cursor] = place + 1u;
    sortedKeys[place] = key;
    if (params.identity != 0u) { sortedOrder[place] = i; } else { sortedOrder[place] = order[i]; }
  }
}
