<<<<<<< HEAD
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
=======
// Keeps the lab for when there is no connection, and isolates its page where the host does not: headers that are missing are added to what
// passes through here. Without them WebAssembly has one thread.

/** The part of a service worker's scope that is used here; TypeScript has it in a library that excludes that of pages. */
interface Scope {
  readonly registration: { readonly scope: string };
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(
    type: "install" | "activate" | "fetch",
    listener: (event: {
      readonly request: Request;
      waitUntil(work: Promise<unknown>): void;
      respondWith(answer: Promise<Response>): void;
    }) => void,
  ): void;
}

const scope = globalThis as unknown as Scope;

// Both are put in by the build (lab/offline.ts).
const files = "FILES" as unknown as readonly string[];
const version = "VERSION";

const prefix = "crf-rnn-lab-";
const current = `${prefix}${version}`;
const addressOf = (file: string): string => new URL(file, scope.registration.scope).href;

scope.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(current)
      .then((cache) => cache.addAll(files.map(addressOf)))
      .then(() => scope.skipWaiting()),
  );
});

// Pages of the version before may still be open and ask for their parts: what is older than that goes.
scope.addEventListener("activate", (event) => {
  const tidy = async (): Promise<void> => {
    const others = (await caches.keys()).filter((name) => name.startsWith(prefix) && name !== current);
    await Promise.all(others.slice(0, -1).map((name) => caches.delete(name)));
    await scope.clients.claim();
  };
  event.waitUntil(tidy());
});

scope.addEventListener("fetch", (event) => {
  const { request } = event;
  // The site around the lab is none of ours, though a link from here leads to it.
  const own = request.method === "GET" && request.url.startsWith(scope.registration.scope);
  if (own) event.respondWith((request.mode === "navigate" ? page(request) : part(request)).then(isolating));
});

/** The page is fetched anew, so that a new version is seen at once, and is the kept one without a connection. */
const page = (request: Request): Promise<Response> =>
  fetch(request).catch(async () => (await caches.match(addressOf("index.html"))) ?? Response.error());

/** A part of the page has a name that changes with it, so what was kept is right. What is large is kept once it was used. */
async function part(request: Request): Promise<Response> {
  const kept = await caches.match(request);
  if (kept) return kept;
  const response = await fetch(request);
  if (response.status === 200 && request.url.startsWith(addressOf("assets/"))) {
    await (await caches.open(current)).put(request, response.clone());
  }
  return response;
}

function isolating(response: Response): Response {
  // Errors and redirections that were not followed have no headers to be changed.
  if (response.status === 0) return response;
  const headers = new Headers(response.headers);
  headers.set("Cross-Origin-Opener-Policy", "same-origin");
  headers.set("Cross-Origin-Embedder-Policy", "require-corp");
  headers.set("Cross-Origin-Resource-Policy", "same-origin");
  const { status, statusText } = response;
  return new Response(response.body, { status, statusText, headers });
>>>>>>> main
}
