// Where bilinear interpolation reads along one axis. A pixel's position among the `before` pixels of the values is a
// fraction of whole numbers, position = numerator / denominator, so that both devices and both directions find the same
// neighbors, and the same weights, at every size (src/nn/resize.ts refuses sizes whose product is too large):
//   aligned = 0: pixels are areas, as in PyTorch's align_corners=False: (2·index + 1)·before / (2·after) − 1/2
//   aligned = 1: the centers of the corners lie on each other: index·(before − 1) / (after − 1)
// Positions before the first center or behind the last are moved onto it. Antialiasing there is none.

fn denominatorOf(after: u32, aligned: u32) -> u32 {
  return select(2u * after, max(after, 2u) - 1u, aligned != 0u);
}

fn numeratorOf(index: u32, before: u32, after: u32, aligned: u32) -> u32 {
  let last = (before - 1u) * denominatorOf(after, aligned);
  if (aligned != 0u) { return min(index * (before - 1u), last); }
  let center = (2u * index + 1u) * before;
  return min(max(center, after) - after, last);
}
