/**
 * Words of the block of shared memory through which the main thread hands a kernel to its workers. A worker that
 * wakes late finds the job closed and goes back to sleep, so nobody ever waits for it.
 */
export const Word = {
  epoch: 0,
  open: 1,
  active: 2,
  next: 3,
  chunk: 4,
  count: 5,
  kernel: 6,
  argumentCount: 7,
  failed: 8,
  /** Chunks that workers have finished. */
  done: 9,
} as const;
/** The byte of the block at which the arguments begin. */
export const argumentOffset = 64;
/**
 * How often a thread looks whether another has come so far before it sleeps, a fraction of a millisecond in all: the next kernel of a chain comes
 * within it, and to be woken takes longer. (20,000 in place of 4,000: 1 to 2 % of ten iterations at 80/13 on two threads.)
 */
export const spins = 20_000;
/** Bytes of the block: 16 words, then up to 56 arguments as float64. */
export const controlBytes = 512;

/** The objects that all threads of a device share. */
export interface Shared {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly control: number;
  readonly kernels: readonly string[];
}

/** What a worker is sent to become a thread. */
export interface Thread extends Shared {
  readonly scratch: number;
}
