// product.wgsl for GPUs: the same sums in the same order, hence the same bits, from tiles in workgroup memory.
// A workgroup computes 16 quads by 8 panels of one tap, 64 by 64 sums, one invocation 8 by 8 of them. It goes along the pixels
// in slices of 8, which its invocations bring from memory together: the next slice is on its way while this one is
// multiplied, and goes into the other half of the workgroup's memory, so that a slice costs one barrier. A multiply-add counting
// as two operations, a sum costs
//   - from memory or the second-level cache 2·64·4 B for 2·64·64 operations: 1/16 B an operation (the register form: 48 B for
//     64, 3/4), read in runs of 128 bytes of `left` and 256 of `right`,
//   - from workgroup memory 2·8·4 B for 2·8·8: 1/2 B an operation, before what neighbors read together counts once. Eight
//     neighbors read one quad of `left`, which is broadcast, and eight adjacent ones of `right`: each bank once.
// Rows of a slice are longer by one quad of `left` and two of `right`, so that what eight neighbors write falls into different
// banks, too (32 banks of 4 bytes). 8,960 bytes of workgroup memory; 64 sums and 32 operands in registers.
// Workgroups: index = (panel tile·taps + tap)·quad tiles + quad tile.
//#include "product.operands.wgsl"

const tileQuads = 16u;
const tilePanels = 8u;
const slicePixels = 8u;
// Quads of a pixel in workgroup memory, and of a slice.
const leftStep = tileQuads + 1u;
const rightStep = 2u * tilePanels + 2u;
const leftSlice = slicePixels * leftStep;
const rightSlice = slicePixels * rightStep;

var<workgroup> lefts: array<vec4f, 2u * leftSlice>;
var<workgroup> rights: array<vec4f, 2u * rightSlice>;

// What an invocation brings of a slice: a pixel of quads 8 apart, half a panel's pixel of panels 4 apart.
struct Load {
  left0: vec4f,
  left1: vec4f,
  right0: vec4f,
  right1: vec4f,
}

//#workgroups ceilDiv(panels, 8) * taps * ceilDiv(quads, 16)
@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) own: u32, @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = group.y * groups.x + group.x;
  let quadTiles = (params.quads + tileQuads - 1u) / tileQuads;
  let tap = index / quadTiles % params.taps;
  let firstQuad = index % quadTiles * tileQuads;
  let firstPanel = index / (quadTiles * params.taps) * tilePanels;
  if (firstPanel >= params.panels) { return; }

  let pixels = params.rows * params.columns;
  var next = load(own, tap, firstQuad, firstPanel, 0u);
  keep(own, 0u, next);
  workgroupBarrier();

  // Rows of two quads by halves of two panels.
  let row = own / 8u;
  let column = own % 8u;
  var s00 = mat4x4f();
  var s01 = mat4x4f();
  var s10 = mat4x4f();
  var s11 = mat4x4f();
  var half = 0u;
  for (var first = 0u; first < pixels; first += slicePixels) {
    // Behind the last pixel the last once more, which nothing multiplies.
    next = load(own, tap, firstQuad, firstPanel, first + slicePixels);
    var leftAt = half * leftSlice + row;
    var rightAt = half * rightSlice + column;
    for (var pixel = first; pixel < min(first + slicePixels, pixels); pixel++) {
      let x = lefts[leftAt];
      let y = lefts[leftAt + 8u];
      let a = rights[rightAt];
      let b = rights[rightAt + 8u];
      s00[0] += x.x * a;
      s00[1] += x.y * a;
      s00[2] += x.z * a;
      s00[3] += x.w * a;
      s01[0] += x.x * b;
      s01[1] += x.y * b;
      s01[2] += x.z * b;
      s01[3] += x.w * b;
      s10[0] += y.x * a;
      s10[1] += y.y * a;
      s10[2] += y.z * a;
      s10[3] += y.w * a;
      s11[0] += y.x * b;
      s11[1] += y.y * b;
      s11[2] += y.z * b;
      s11[3] += y.w * b;
      leftAt += leftStep;
      rightAt += rightStep;
    }
    half = 1u - half;
    keep(own, half, next);
    workgroupBarrier();
  }

  let quad = firstQuad + row;
  let panel = firstPanel + column / 2u;
  store(quad, tap, panel, column % 2u, s00);
  store(quad, tap, panel + 4u, column % 2u, s01);
  store(quad + 8u, tap, panel, column % 2u, s10);
  store(quad + 8u, tap, panel + 4u, column % 2u, s11);
}

// Eight neighbors read adjacent pixels of a quad, sixteen those of a panel. Quads and panels behind the last are the last.
fn load(own: u32, tap: u32, firstQuad: u32, firstPanel: u32, first: u32) -> Load {
  let pixels = params.rows * params.columns;
  let pixel = min(first + own % 8u, pixels - 1u);
  let leftAt = (pixel / params.columns * params.stride + tap / params.kernelWidth) * params.leftColumns
    + pixel % params.columns * params.stride + tap % params.kernelWidth;
  let quad = firstQuad + own / 8u;
  let lastQuad = params.quads - 1u;
  let rightAt = 2u * (min(first + own % 16u / 2u, pixels - 1u) + tap * params.rightTap) + own % 2u;
  let panel = firstPanel + own / 16u;
  let lastPanel = params.panels - 1u;
  return Load(
    left[min(quad, lastQuad) * params.quadStep + leftAt],
    left[min(quad + 8u, lastQuad) * params.quadStep + leftAt],
    right[2u * (params.firstPanel + min(panel, lastPanel)) * pixels + rightAt],
    right[2u * (params.firstPanel + min(panel + 4u, lastPanel)) * pixels + rightAt],
  );
}

fn keep(own: u32, half: u32, slice: Load) {
  let leftAt = half * leftSlice + own % 8u * leftStep + own / 8u;
  lefts[leftAt] = slice.left0;
  lefts[leftAt + 8u] = slice.left1;
  let rightAt = half * rightSlice + own % 16u / 2u * rightStep + own / 16u * 2u + own % 2u;
  rights[rightAt] = slice.right0;
  rights[rightAt + 8u] = slice.right1;
}
