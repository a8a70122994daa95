// Embeds points as embed.wgsl does, packs the keys of their vertices into 64 bits as order.pack.wgsl does, and gives vertices numbers by a
// table: `simplices` get the number and the barycentric weight of each entry, `packedKeys` the keys by number. A slot of the table has
// a key, of which none is 0, and 1 + the number of its vertex. On one thread vertices have the numbers of the first touch; several
// threads number them as it happens, and order.* puts them in the order of their keys afterwards.
//
// A vertex of remainder r + 1 has the key of the one before plus 1, less what stands for one of the coordinate of rank d − r.
//
// A search that looks at PROBES slots in vain sets status[2]: the table is too full, and what has been written is of no use.
// status[3] counts the vertices.
//
// Features count as lying where featuresRanges found them, though another call may have written others since.
// Preconditions: table and status are zero, slotMask + 1 is a power of two, every field of a key has room for all of its values, and
// the remainder stands lowest.
//
// WASM alone runs this. Here one invocation goes through all points, since WGSL has no exchange of 64 bits.
//#device wasm
//#include "../shared/invocation.wgsl"

struct Params {
  points: u32,
  // Points of one image of a batch. Points of different images share no vertices.
  imagePoints: u32,
  slotMask: u32,
}

const DIMENSIONS: u32 = 5u; // specialized
const COORDINATES = DIMENSIONS + 1u;
const COORDINATE_RANK_WORDS = (COORDINATES + 7u) / 8u;
const FEATURE_STRIDE = (DIMENSIONS + 3u) / 4u * 4u;
const RECIPROCAL = 1.0 / f32(COORDINATES);
const PROBES = 256u;

@group(0) @binding(0) var<uniform> params: Params;
// [points, d] with padded rows.
@group(0) @binding(1) var<storage, read> features: array<f32>;
// [d]: factors as embed.wgsl has them; then [d, 2]: how far each feature reaches below and above zero.
@group(0) @binding(2) var<storage, read> elevation: array<f32>;
// [d + 2, 2]: offset and shift of each field, as order.pack.wgsl has them.
@group(0) @binding(3) var<storage, read> fields: array<u32>;
// [points, rank words], as embed.wgsl has them.
@group(0) @binding(4) var<storage, read_write> coordinateRanks: array<u32>;
// [points, d + 1]
@group(0) @binding(5) var<storage, read_write> simplices: array<vec2u>;
@group(0) @binding(6) var<storage, read_write> table: array<vec4u>;
// As many as there are slots.
@group(0) @binding(7) var<storage, read_write> packedKeys: array<vec2u>;
@group(0) @binding(8) var<storage, read_write> status: array<u32>;

fn sum(a: vec2u, b: vec2u) -> vec2u {
  let low = a.x + b.x;
  return vec2u(low, a.y + b.y + select(0u, 1u, low < a.x));
}

fn negative(a: vec2u) -> vec2u {
  return sum(~a, vec2u(1u, 0u));
}

// `value`, moved to bit `shift` of 64.
fn placed(value: u32, shift: u32) -> vec2u {
  if (shift >= 32u) { return vec2u(0u, value << (shift - 32u)); }
  if (shift == 0u) { return vec2u(value, 0u); }
  return vec2u(value << shift, value >> (32u - shift));
}

// The higher half of a product.
fn highProduct(a: u32, b: u32) -> u32 {
  let middle = (a >> 16u) * (b & 0xffffu) + (((a & 0xffffu) * (b & 0xffffu)) >> 16u);
  let other = (a & 0xffffu) * (b >> 16u) + (middle & 0xffffu);
  return (a >> 16u) * (b >> 16u) + (middle >> 16u) + (other >> 16u);
}

// Where to look for a key first: the highest bits of its product with an odd number of 64 bits, after its halves were mixed.
fn slotOf(key: vec2u) -> u32 {
  let mixed = key.x ^ key.y;
  let high = highProduct(mixed, 0x7f4a7c15u) + mixed * 0x9e3779b9u + key.y * 0x7f4a7c15u;
  return high >> (32u - countOneBits(params.slotMask));
}

// 1 + the number of the vertex that has this key, which gets one if it has none; 0 if there is no place.
fn numberOf(key: vec2u) -> u32 {
  var slot = slotOf(key);
  for (var probes = 0u; probes < PROBES; probes++) {
    let held = table[slot];
    if (all(held.xy == key)) { return held.z; }
    if (all(held.xy == vec2u())) {
      packedKeys[status[3]] = key;
      status[3]++;
      table[slot] = vec4u(key, status[3], 0u);
      return status[3];
    }
    slot = (slot + 1u) & params.slotMask;
  }
  return 0u;
}

fn embed(point: u32) -> bool {
  var elevated: array<f32, COORDINATES>;
  var total = 0.0;
  for (var j = DIMENSIONS; j > 0u; j--) {
    let reach = DIMENSIONS + 2u * (j - 1u);
    let c = clamp(features[point * FEATURE_STRIDE + j - 1u], -elevation[reach], elevation[reach + 1u]) * elevation[j - 1u];
    elevated[j] = total - f32(j) * c;
    total += c;
  }
  elevated[0] = total;

  var nearest: array<i32, COORDINATES>;
  var offset: array<f32, COORDINATES>;
  var rank = array<i32, COORDINATES>();
  var off = 0;
  for (var i = 0u; i < COORDINATES; i++) {
    let v = round(elevated[i] * RECIPROCAL);
    nearest[i] = i32(v);
    offset[i] = elevated[i] - v * f32(COORDINATES);
    off += nearest[i];
  }
  for (var i = 0u; i < DIMENSIONS; i++) {
    for (var j = i + 1u; j < COORDINATES; j++) {
      if (offset[i] < offset[j]) { rank[i]++; } else { rank[j]++; }
    }
  }

  var weights = array<f32, COORDINATES + 1u>();
  var steps: array<vec2u, COORDINATES>;
  var packed = array<u32, COORDINATE_RANK_WORDS>();
  var key = placed(point / params.imagePoints, fields[2u * COORDINATES + 1u]);
  for (var i = 0u; i < COORDINATES; i++) {
    rank[i] += off;
    if (rank[i] < 0) {
      rank[i] += i32(COORDINATES);
      nearest[i]++;
    } else if (rank[i] > i32(DIMENSIONS)) {
      rank[i] -= i32(COORDINATES);
      nearest[i]--;
    }
    let delta = (elevated[i] - f32(nearest[i]) * f32(COORDINATES)) * RECIPROCAL;
    let remainder = DIMENSIONS - u32(rank[i]);
    weights[remainder] += delta;
    weights[remainder + 1u] -= delta;
    packed[i / 8u] |= u32(rank[i]) << (4u * (i % 8u));
    steps[remainder] = vec2u();
    if (i < DIMENSIONS) {
      steps[remainder] = negative(placed(1u, fields[2u * i + 1u]));
      key = sum(key, placed(u32(nearest[i] + 32768) + fields[2u * i], fields[2u * i + 1u]));
    }
  }
  weights[0] += 1.0 + weights[COORDINATES];

  for (var k = 0u; k < COORDINATE_RANK_WORDS; k++) { coordinateRanks[point * COORDINATE_RANK_WORDS + k] = packed[k]; }
  for (var r = 0u; r < COORDINATES; r++) {
    let number = numberOf(key);
    if (number == 0u) { return false; }
    simplices[point * COORDINATES + r] = vec2u(number - 1u, bitcast<u32>(weights[r]));
    key = sum(sum(key, vec2u(1u, 0u)), steps[r]);
  }
  return true;
}

//#invocations points
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  if (invocation(id, workgroupCount) != 0u) { return; }
  for (var point = 0u; point < params.points; point++) {
    if (!embed(point)) {
      status[2] = 1u;
      return;
    }
  }
}
