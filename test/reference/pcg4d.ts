/** pcg4d from its publication, in whole numbers modulo 2³². */
export function pcg4d(input: readonly number[]): number[] {
  let v = input.map((value) => (Math.imul(value, 1664525) + 1013904223) >>> 0);
  const mixed = ([x, y, z, w]: readonly number[]): number[] => {
    x = (x! + Math.imul(y!, w!)) >>> 0;
    y = (y! + Math.imul(z!, x)) >>> 0;
    z = (z! + Math.imul(x, y)) >>> 0;
    w = (w! + Math.imul(y, z)) >>> 0;
    return [x, y, z, w];
  };
  v = mixed(v).map((value) => (value ^ (value >>> 16)) >>> 0);
  return mixed(v);
}
