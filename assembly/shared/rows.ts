/** The first row of so many quads that begins at an invocation, or behind it: threads take the rows that begin within their ranges, whole. */
// @ts-ignore: decorator
@inline
export function rowOf(invocation: u32, quads: u32): u32 {
  return (invocation + quads - 1) / quads;
}
