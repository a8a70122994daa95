// Returns the index of an invocation in a grid of workgroups of 64. The grid may fold over y, because one axis holds
// 65,535 workgroups.
fn invocation(id: vec3u, workgroupCount: vec3u) -> u32 {
  return id.y * workgroupCount.x * 64u + id.x;
}
