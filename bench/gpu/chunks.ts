/**
 * Multiply-adds that an invocation does in one chunk of its reduction, from one barrier to the next: by kernels that go
 * along it in chunks with a loop in each. What compilers make of such a loop does not tell how often it runs.
 */
export const chunkMultiplyAdds: Readonly<Record<string, number>> = {
  // Eight terms of eight by eight sums.
  productTiled: 512,
  // Two quads of channels of eight by eight sums.
  convolutionTiled: 512,
  // The same of four by four sums.
  productSmall: 128,
  convolutionSmall: 128,
};
