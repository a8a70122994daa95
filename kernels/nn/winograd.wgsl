// Minimal filtering F(2×2, 3×3) (Winograd 1980; Lavin and Gray 2016, section 4.1) computes two by two outputs of a 3×3
// convolution from four by four inputs by 16 multiplications instead of 36,
//   Y = Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A,
//   Aᵀ = (1 1 1 0; 0 1 −1 −1), Bᵀ = (1 0 −1 0; 0 1 1 0; 0 −1 1 0; 0 1 0 −1), Gᵀ = (1 ½ ½ 0; 0 ½ −½ 0; 0 ½ ½ 1).
// For each of the 16 elements there is one matrix product over all inputs (product.wgsl with a batch of 16). The
// factors of the transforms are 0, ±½ and ±1: sums of magnitudes grow by at most (8/3)², and float32 errors stay near
// those of the direct sum.

// Tiles are numbered image by image and row by row. A Tile gives the position of its first pixel in the result.
struct Tile {
  image: u32,
  y: u32,
  x: u32,
}

fn tileAt(number: u32, rows: u32, columns: u32) -> Tile {
  return Tile(number / (rows * columns), number / columns % rows * 2u, number % columns * 2u);
}
