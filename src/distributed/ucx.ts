/**
 * What UCX, through which MPICH and many an Open MPI send their messages, is told before it is loaded.
 *
 * To hear of memory that is given back, it replaces `malloc` in all loaded libraries by an allocator of its own, which moves the end of the heap by
 * `sbrk` without the lock of the C library's allocator. A host has threads that allocate all the time: where both move it at once, one loses memory
 * that it has, and the process ends by a segmentation fault (three ranks on a busy machine: one run of fifteen). Without these events UCX
 * registers a buffer for each long message over InfiniBand anew.
 *
 * Its handler of segmentation faults takes the place of the host's, which turns those of WebAssembly into exceptions, and allocates, so that a fault
 * within `malloc` leaves a rank that hangs.
 */
const settings = { UCX_MEM_EVENTS: "n", UCX_ERROR_SIGNALS: "SIGILL,SIGBUS,SIGFPE" } as const;

/**
 * Sets what is not set. Only the main thread can: the environment of another is a copy, which C does not see.
 */
export function settleUcx(environment: NodeJS.ProcessEnv): void {
  for (const [name, value] of Object.entries(settings)) environment[name] ??= value;
}
