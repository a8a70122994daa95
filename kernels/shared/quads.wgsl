// What kernels share that go through a row quad by quad.

// Which lanes of a row's quad hold channels, and no padding.
fn channelsIn(quad: u32, channels: u32) -> vec4<bool> {
  return 4u * quad + vec4u(0u, 1u, 2u, 3u) < vec4u(channels);
}

// Adds in the order in which twins do.
fn sumLanes(quad: vec4f) -> f32 {
  return (quad.x + quad.z) + (quad.y + quad.w);
}
