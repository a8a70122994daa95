import { random } from "../suite.ts";

/** Vertices in chains of 1 to `longest`, whose numbers lie anywhere. */
export function randomChains(vertices: number, longest: number, seed: number): number[][] {
  const numbers = random(seed);
  const order = [...Array(vertices).keys()];
  for (let i = vertices - 1; i > 0; i--) {
    const j = numbers.integer(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  const found: number[][] = [];
  while (order.length > 0) found.push(order.splice(0, 1 + numbers.integer(longest)));
  return found;
}

/** Both neighbors of each vertex, and of the row of zeros. */
export function neighborsIn(lists: readonly number[][], vertices: number): Uint32Array<ArrayBuffer> {
  const pairs = new Uint32Array(2 * vertices + 2).fill(vertices);
  for (const list of lists) {
    for (const [i, vertex] of list.entries()) {
      pairs[2 * vertex] = list[i - 1] ?? vertices;
      pairs[2 * vertex + 1] = list[i + 1] ?? vertices;
    }
  }
  return pairs;
}

/** One word a vertex, the highest bit set at the end of each chain and in all words that are left. */
export function wordsOf(lists: readonly number[][], vertices: number): number[] {
  const listed = lists.filter(({ length }) => length > 1).toSorted((a, b) => a[0]! - b[0]!);
  const words = listed.flatMap((list) => list.map((vertex, i) => vertex + (i === list.length - 1 ? 2 ** 31 : 0)));
  return [...words, ...Array<number>(vertices + 1 - words.length).fill(2 ** 32 - 1)];
}
