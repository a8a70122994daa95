// Last pass of a counting sort by cell (sort.count, scan) that makes the incidence lists of plane.embed's entries as incidence.scatter
// does, and their simplices, which take the vertex of each cell and the weight side by side.
// A workgroup has a block of entries; on WASM each thread walks through one.
//#device wasm

struct Params {
  entries: u32,
  blockSize: u32,
  blocks: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
// [entries]
@group(0) @binding(1) var<storage, read> cells: array<u32>;
@group(0) @binding(2) var<storage, read> barycentric: array<u32>;
// [cells + 1]: how many vertices have cells before each.
@group(0) @binding(3) var<storage, read> numbers: array<u32>;
// [cells, blocks]: where the next entry of a block goes. Each is used by one block only.
@group(0) @binding(4) var<storage, read_write> starts: array<u32>;
@group(0) @binding(5) var<storage, read_write> incidence: array<vec2u>;
// [entries]
@group(0) @binding(6) var<storage, read_write> simplices: array<vec2u>;

const WORKGROUP_SIZE = 64u;
const none = 0xffffffffu;
var<workgroup> taken: array<u32, WORKGROUP_SIZE>;

//#workgroups blocks
@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) localIndex: u32, @builtin(workgroup_id) workgroupId: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let block = workgroupId.y * workgroupCount.x + workgroupId.x;
  let end = min((block + 1u) * params.blockSize, params.entries);
  for (var first = block * params.blockSize; first < end; first += WORKGROUP_SIZE) {
    let entry = first + localIndex;
    var cell = none;
    if (entry < end) { cell = cells[entry]; }
    taken[localIndex] = cell;
    workgroupBarrier();
    // The entries of these 64 that have the same cell, and those of them before this one.
    var before = 0u;
    var all = 0u;
    for (var other = 0u; other < WORKGROUP_SIZE; other++) {
      if (taken[other] == cell) {
        all++;
        if (other < localIndex) { before++; }
      }
    }
    let cursor = cell * params.blocks + block;
    if (cell != none) {
      incidence[starts[cursor] + before] = vec2u(entry / 3u, barycentric[entry]);
      simplices[entry] = vec2u(numbers[cell], barycentric[entry]);
    }
    storageBarrier();
    workgroupBarrier();
    if (cell != none && before == 0u) { starts[cursor] += all; }
    storageBarrier();
    workgroupBarrier();
  }
}
