import type { Worker } from "node:worker_threads";
import { foreignLibraries } from "./foreign.ts";

/** The C library of Linux (glibc, musl) and of macOS. */
const names = ["libc.so.6", `libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`, "libSystem.B.dylib"];

/**
 * Lets the process end although a thread does not come back from `MPI_Finalize`: MPICH 4.0.2 over UCX's TCP does not in one run of eight, where one
 * rank waits for another to answer, which has gone on to wait for all. A host waits for its threads, and nothing can stop one that is
 * in C; so C ends the process, once all is written and said.
 */
export async function leaveWithout(thread: Worker): Promise<void> {
  thread.unref();
  const open = await foreignLibraries();
  const library = names.map(open).find((each) => each !== undefined);
  const { _exit: exit } = library?.bind({ _exit: ["int", "int"] }) ?? {};
  process.once("exit", (status) => {
    if (exit) exit(status);
    else process.kill(process.pid, "SIGKILL");
  });
}
