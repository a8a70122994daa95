import type { Cloud } from "./labelCloud.ts";

/** Points of a floor, of a wall and of a ball that lies in the corner between them, with the class of each. */
export function room(points: number, seed: number): Cloud & { readonly truth: Uint8Array } {
  let state = seed;
  // Park and Miller's minimal standard generator: the same numbers everywhere.
  const random = (): number => (state = (state * 48271) % 2147483647) / 2147483647;
  const positions = new Float32Array(points * 3);
  const normals = new Float32Array(points * 3);
  const truth = Uint8Array.from({ length: points }, (_, i) => i % 3);
  truth.forEach((kind, point) => {
    if (kind === 2) {
      const [z, angle] = [2 * random() - 1, 2 * Math.PI * random()];
      const flat = Math.sqrt(1 - z * z);
      const normal = [flat * Math.cos(angle), flat * Math.sin(angle), z];
      normals.set(normal, point * 3);
      positions.set(
        normal.map((n, axis) => [0.6, 2, 0.6][axis]! + 0.6 * n),
        point * 3,
      );
    } else {
      const [a, b] = [4 * random(), 4 * random()];
      positions.set(kind === 0 ? [a, b, 0] : [0, a, b], point * 3);
      normals.set(kind === 0 ? [0, 0, 1] : [1, 0, 0], point * 3);
    }
  });
  return { positions, normals, truth };
}

/** Scores of a poor network: 1 for a class that is the right one four times of five. */
export function poorScores(truth: Uint8Array): Float32Array {
  const scores = new Float32Array(truth.length * 3);
  truth.forEach((label, point) => (scores[point * 3 + (point % 5 === 0 ? (label + 1) % 3 : label)] = 1));
  return scores;
}

/** The share of points whose largest score is that of their class. */
export function accuracy(scores: ArrayLike<number>, truth: Uint8Array): number {
  const right = truth.filter((label, point) => {
    const own = [0, 1, 2].map((kind) => scores[point * 3 + kind]!);
    return own[label]! > Math.max(...own.filter((_, kind) => kind !== label));
  });
  return right.length / truth.length;
}
