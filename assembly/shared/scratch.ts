/** Address of this thread's own memory, for what a WGSL kernel keeps in private arrays. Set once per instance. */
export let scratch: usize = 0;

export function setScratch(address: usize): void {
  scratch = address;
}

/** Returns the first address behind the module's constants, where the device's heap may begin. */
export function heapBase(): usize {
  return __heap_base;
}
