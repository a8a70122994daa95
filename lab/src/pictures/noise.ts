/** A number 0…1 that belongs to a place of the grid. */
function lottery(seed: number, x: number, y: number): number {
  let bits = Math.imul(x, 0x27d4eb2d) ^ Math.imul(y, 0x165667b1) ^ Math.imul(seed, 0x9e3779b1);
  bits = Math.imul(bits ^ (bits >>> 15), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return ((bits ^ (bits >>> 16)) >>> 0) / 2 ** 32;
}

/** Smooth noise 0…1: random numbers on a grid, and between them what lies between. */
export function smoothNoise(seed: number, x: number, y: number): number {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const [u, v] = [ease(x - left), ease(y - top)];
  const above = lottery(seed, left, top) * (1 - u) + lottery(seed, left + 1, top) * u;
  const below = lottery(seed, left, top + 1) * (1 - u) + lottery(seed, left + 1, top + 1) * u;
  return above * (1 - v) + below * v;
}

const ease = (t: number): number => t * t * t * (t * (6 * t - 15) + 10);

/** Noise of many scales, 0…1, each half as large and half as strong as the one before: landscapes, clouds, stone. */
export function fractalNoise(seed: number, x: number, y: number, octaves: number): number {
  let [sum, strength, scale] = [0, 0.5, 1];
  for (let octave = 0; octave < octaves; octave++) {
    // Turned a little each time, or the grid would show.
    const [turnedX, turnedY] = [0.8 * x - 0.6 * y, 0.6 * x + 0.8 * y];
    sum += strength * smoothNoise(seed + octave, turnedX * scale + 37.2 * octave, turnedY * scale);
    strength /= 2;
    scale *= 2.03;
  }
  return sum / (1 - 2 ** -octaves);
}
