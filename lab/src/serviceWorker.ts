// Keeps the lab on the reader's machine, and isolates it where the host sends no headers for that, so that threads may share memory.
// lab/offline.ts makes serviceWorker.js of this, with the list of what was built.
import { cacheNames } from "workbox-core/cacheNames.js";
import { PrecacheController } from "workbox-precaching/PrecacheController.js";
import { PrecacheRoute } from "workbox-precaching/PrecacheRoute.js";
import { registerRoute } from "workbox-routing/registerRoute.js";
import { CacheFirst } from "workbox-strategies/CacheFirst.js";

/** The files of a build, by their paths beside the page. */
export interface BuiltFiles {
  /** What is kept from the beginning; what has no revision has a hash in its name. */
  readonly kept: readonly { readonly url: string; readonly revision: string | null }[];
  /** What is kept from its first use on. */
  readonly onUse: readonly string[];
}

/** What the page asks for: to keep all files now, or to take the place of the version before. */
export type Request = "keep" | "take over";
/** What it is told: all files are kept. */
export type Answer = "kept";

declare const BUILT_FILES: BuiltFiles;
declare const self: ServiceWorkerGlobalScope;

/** What a host would send to isolate the page; what it does send stands. */
const isolation = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-resource-policy": "same-origin",
};

function isolated(response: Response): Response {
  // What is not for scripts to read cannot be made anew.
  if (response.status === 0) return response;
  const headers = new Headers({ ...isolation, ...Object.fromEntries(response.headers) });
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}

const plugins = [{ handlerWillRespond: async ({ response }: { response: Response }) => isolated(response) }];

const files = new PrecacheController({ plugins });
files.addToCacheList([...BUILT_FILES.kept]);
registerRoute(new PrecacheRoute(files, { ignoreURLParametersMatching: [/./] }));

const onUse = new Set(BUILT_FILES.onUse.map((path) => new URL(path, location.href).href));
registerRoute(({ url }) => onUse.has(url.href), new CacheFirst({ plugins }));

/** Forgets what an earlier version kept on use. */
async function forgetOthers(): Promise<void> {
  const cache = await caches.open(cacheNames.runtime);
  const others = (await cache.keys()).filter(({ url }) => !onUse.has(url));
  await Promise.all(others.map((request) => cache.delete(request)));
}

self.addEventListener("install", (event) => {
  // The first version serves at once, since the page waits for its threads, and keeps the files when the page has loaded. A later one
  // has time: it is whole before it waits for the reader's word.
  if (self.registration.active) void files.install(event);
  else event.waitUntil(self.skipWaiting());
});

self.addEventListener("activate", (event) => {
  void files.activate(event);
  event.waitUntil(Promise.all([self.clients.claim(), forgetOthers()]));
});

self.addEventListener("message", (event) => {
  const request = event.data as Request;
  if (request === "take over") event.waitUntil(self.skipWaiting());
  if (request === "keep") event.waitUntil(keep(event).then(() => event.source?.postMessage("kept" satisfies Answer)));
});

/** Keeps what is not kept yet. Workbox does that in what looks like an installation. */
async function keep(event: ExtendableEvent): Promise<void> {
  const waitUntil = (work: Promise<unknown>): void => event.waitUntil(work);
  await files.install({ type: "install", waitUntil } as ExtendableEvent);
}
