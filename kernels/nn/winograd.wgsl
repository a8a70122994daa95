// Minimal filtering F(2×2, 3×3) (Winograd 1980; Lavin and Gray 2016, section 4.1): two by two outputs of a 3×3 convolution
// from four by four inputs by 16 multiplications in place of 36,
//   Y = Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A,
//   Aᵀ = (1 1 1 0; 0 1 −1 −1), Bᵀ = (1 0 −1 0; 0 1 1 0; 0 −1 1 0; 0 1 0 −1), Gᵀ = (1 ½ ½ 0; 0 ½ −½ 0; 0 ½ ½ 1).
// Products run over all inputs for each of the 16 elements (product.wgsl, a tap each). Its factors
// are 0, ±½ and ±1: sums of magnitudes grow by at most (8/3)², and float32 errors stay near those of the direct sum.

// Tiles of a map are numbered image by image, row by row; of each, the first pixel of the result.
struct Tile {
  image: u32,
  y: u32,
  x: u32,
}

fn tileAt(number: u32, rows: u32, columns: u32) -> Tile {
  return Tile(number / (rows * columns), number / columns % rows * 2u, number % columns * 2u);
}
