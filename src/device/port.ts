/** A worker of a page or of `node:worker_threads`, or a MessagePort that leads to one. */
export interface WorkerLike {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
}

/** What this library asks of them: pages have listeners, Node and Deno emitters and processes that end. */
interface Port extends WorkerLike {
  on?(event: "message" | "error" | "exit", heard: (value: never) => void): void;
  off?(event: "message" | "error" | "exit", heard: (value: never) => void): void;
  addEventListener?(event: string, heard: (event: never) => void, options?: { readonly once: boolean }): void;
  removeEventListener?(event: string, heard: (event: never) => void): void;
  start?(): void;
  ref?(): void;
  unref?(): void;
  terminate?(): unknown;
}

/** A worker that this library has made. */
export interface OwnWorker extends WorkerLike {
  /** In Node and Deno, a worker that is referred to keeps the process from ending. */
  ref?(): void;
  unref?(): void;
  terminate(): void;
}

const workerThreads = (): typeof import("node:worker_threads") | undefined =>
  globalThis.process?.getBuiltinModule?.("node:worker_threads");

/**
 * Starts a worker whose script is `source`. Where a page's policy forbids that, it throws, or the worker tells of an error.
 * @throws what the host throws
 */
export function startWorker(source: string): OwnWorker {
  const threads = workerThreads();
  if (threads) return new threads.Worker(source, { eval: true });
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const worker = new Worker(url);
  for (const event of ["message", "error"])
    worker.addEventListener(event, () => URL.revokeObjectURL(url), { once: true });
  return worker;
}

/** The way from a worker to whoever has made it; undefined elsewhere. A page hears messages of other pages, too. */
export function parentOf(): WorkerLike | undefined {
  const { parentPort } = workerThreads() ?? {};
  const { document, addEventListener } = globalThis as { document?: unknown; addEventListener?: unknown };
  return parentPort ?? (document || !addEventListener ? undefined : (globalThis as unknown as WorkerLike));
}

/**
 * Calls `heard` with every message, and `ended` with the reason when the worker ends by itself or by an error. Returns what
 * stops it.
 */
export function listen(
  port: WorkerLike,
  heard: (message: unknown) => void,
  ended: (reason: string) => void = () => {},
): () => void {
  const given = port as Port;
  const failed = ({ message }: { readonly message?: string }): void => ended(message || "a worker that did not start");
  const exited = (code: number): void => ended(`a worker that ended with status ${code}`);
  if (given.on) {
    const all = [
      ["message", heard],
      ["error", failed],
      ["exit", exited],
    ] as const;
    for (const [event, listener] of all) given.on(event, listener);
    return () => all.forEach(([event, listener]) => given.off!(event, listener));
  }
  const data = (event: { readonly data: unknown }): void => heard(event.data);
  const all = [
    ["message", data],
    ["error", failed],
    ["messageerror", failed],
  ] as const;
  for (const [event, listener] of all) given.addEventListener!(event, listener);
  given.start?.();
  return () => all.forEach(([event, listener]) => given.removeEventListener!(event, listener));
}
