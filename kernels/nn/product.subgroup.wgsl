// product.wgsl for adapters whose subgroups are all of 8 invocations, as lavapipe's are on x86: the same sums in the same order.
// A subgroup, here a workgroup of its own, computes 4 quads by 4 panels of one tap: each invocation half a panel of them, 16 by 4
// sums. Two pixels of the four quads are one vector an invocation, which the others get by broadcast from register to register,
// where product.wgsl has every invocation gather its own: two loads for 128 multiply-adds in place of six for 64.
// Workgroups: index = (panel tile·taps + tap)·quad tiles + quad tile.
//#include "product.operands.wgsl"
enable subgroups;

const tileQuads = 4u;
const tilePanels = 4u;

//#workgroups ceilDiv(panels, 4) * taps * ceilDiv(quads, 4)
@compute @workgroup_size(8)
fn main(@builtin(subgroup_invocation_id) own: u32, @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = group.y * groups.x + group.x;
  let quadTiles = (params.quads + tileQuads - 1u) / tileQuads;
  let tap = index / quadTiles % params.taps;
  let firstQuad = index % quadTiles * tileQuads;
  let firstPanel = index / (quadTiles * params.taps) * tilePanels;
  if (firstPanel >= params.panels) { return; }

  // Quads and panels behind the last are the last.
  let quad = min(firstQuad + own % tileQuads, params.quads - 1u);
  let panel = params.firstPanel + min(firstPanel + own / 2u, params.panels - 1u);
  let pixels = params.rows * params.columns;
  // Four invocations load the quads of even pixels, four those of odd ones. Two pixels on are as many columns, or rows.
  let rowStep = params.stride * params.leftColumns;
  let columnStep = 2u % params.columns;
  let step = 2u / params.columns * rowStep + columnStep * params.stride;
  let wrap = rowStep - params.columns * params.stride;
  let odd = own / tileQuads;
  var column = odd % params.columns;
  var leftAt = quad * params.quadStep + tap / params.kernelWidth * params.leftColumns + tap % params.kernelWidth
    + odd / params.columns * rowStep + column * params.stride;
  var rightAt = 2u * (panel * pixels + tap * params.rightTap) + own % 2u;
  var s0 = mat4x4f();
  var s1 = mat4x4f();
  var s2 = mat4x4f();
  var s3 = mat4x4f();
  for (var pixel = 1u; pixel < pixels; pixel += 2u) {
    let x = left[leftAt];
    let a = right[rightAt];
    let b = right[rightAt + 2u];
    s0 += outer(subgroupBroadcast(x, 0u), a);
    s1 += outer(subgroupBroadcast(x, 1u), a);
    s2 += outer(subgroupBroadcast(x, 2u), a);
    s3 += outer(subgroupBroadcast(x, 3u), a);
    s0 += outer(subgroupBroadcast(x, 4u), b);
    s1 += outer(subgroupBroadcast(x, 5u), b);
    s2 += outer(subgroupBroadcast(x, 6u), b);
    s3 += outer(subgroupBroadcast(x, 7u), b);
    rightAt += 4u;
    leftAt += step;
    column += columnStep;
    let beyond = column >= params.columns;
    column -= select(0u, params.columns, beyond);
    leftAt += select(0u, wrap, beyond);
  }
  if (pixels % 2u == 1u) {
    // Odd pixels lie behind the last now, and are not multiplied.
    let x = left[leftAt];
    let a = right[rightAt];
    s0 += outer(subgroupBroadcast(x, 0u), a);
    s1 += outer(subgroupBroadcast(x, 1u), a);
    s2 += outer(subgroupBroadcast(x, 2u), a);
    s3 += outer(subgroupBroadcast(x, 3u), a);
  }

  let to = firstPanel + own / 2u;
  store(firstQuad, tap, to, own % 2u, s0);
  store(firstQuad + 1u, tap, to, own % 2u, s1);
  store(firstQuad + 2u, tap, to, own % 2u, s2);
  store(firstQuad + 3u, tap, to, own % 2u, s3);
}

fn outer(x: vec4f, a: vec4f) -> mat4x4f {
  return mat4x4f(x.x * a, x.y * a, x.z * a, x.w * a);
}
