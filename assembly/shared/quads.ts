/**
 * How many quads a loop over rows has in registers, as types: a generic function of them is one for each width, and the compiler leaves out what a
 * width has not. `offsetof` of one is the place of the quad behind it, as a constant that loads and stores have with them: sums of addresses are
 * instructions of their own in V8 (1.04 of the time of blurs along chains, 1.1 of those in a plane).
 */
@unmanaged
export class None {}

@unmanaged
export class One {
  a: v128;
}

@unmanaged
export class Two extends One {
  b: v128;
}

@unmanaged
export class Three extends Two {
  c: v128;
}

@unmanaged
export class Four extends Three {
  d: v128;
}

@unmanaged
export class Five extends Four {
  e: v128;
}

@unmanaged
export class Six extends Five {
  f: v128;
}

/** Any number of quads, which are taken six at a time. */
@unmanaged
export class Wide {}

/** The number of quads. */
// @ts-ignore: decorator
@inline
export function widthOf<Width>(): i32 {
  return <i32>(offsetof<Width>() >> 4);
}
