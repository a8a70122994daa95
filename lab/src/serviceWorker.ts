// Keeps the lab for when there is no connection, and isolates its page where the host does not: headers that are missing are added to what
// passes through here. Without them WebAssembly has one thread.

/** What a page asks for: to keep what is not kept yet. It hears `kept` when all is. */
export type Wish = "keep";
export type Answer = "kept";

interface ExtendableEvent {
  waitUntil(work: Promise<unknown>): void;
}

/** The part of a service worker's scope that is used here; TypeScript has it in a library that excludes that of pages. */
interface Scope {
  readonly registration: { readonly scope: string; readonly active: object | null };
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(type: "install" | "activate", listener: (event: ExtendableEvent) => void): void;
  addEventListener(
    type: "fetch",
    listener: (event: { readonly request: Request; respondWith(answer: Promise<Response>): void }) => void,
  ): void;
  addEventListener(
    type: "message",
    listener: (
      event: ExtendableEvent & { readonly data: Wish; readonly source: { postMessage(answer: Answer): void } | null },
    ) => void,
  ): void;
}

const scope = globalThis as unknown as Scope;

// Both are put in by the build (lab/offline.ts).
const files = "FILES" as unknown as readonly string[];
const version = "VERSION";

/** A host may serve more than one lab, each below a path of its own. */
const prefix = `crf-rnn-lab ${scope.registration.scope} `;
const current = `${prefix}${version}`;
const addressOf = (file: string): string => new URL(file, scope.registration.scope).href;

/** Whether a file's name changes with its contents. */
const isNamedByContents = (address: string): boolean => address.startsWith(addressOf("assets/"));

scope.addEventListener("install", (event) => {
  // The first worker takes its place at once, since a page waits for its headers, and keeps files when that page has been loaded. A later
  // one keeps all of them before, so that there is always a version that is whole.
  const isFirst = scope.registration.active === null;
  event.waitUntil((isFirst ? Promise.resolve() : keep()).then(() => scope.skipWaiting()));
});

scope.addEventListener("message", (event) => {
  if (event.data === "keep") event.waitUntil(keep().then(() => event.source?.postMessage("kept")));
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

/** Keeps what is not kept yet; the page comes last, so that where it is kept its parts are. */
async function keep(): Promise<void> {
  const cache = await caches.open(current);
  const kept = new Set((await cache.keys()).map(({ url }) => url));
  const missing = files.map(addressOf).filter((address) => !kept.has(address));
  const index = addressOf("index.html");
  const add = async (address: string): Promise<void> => {
    const before = isNamedByContents(address) ? await caches.match(address) : undefined;
    // What a browser has in its own cache may be of another version where the name does not tell.
    if (before) await cache.put(address, before);
    else await cache.add(new Request(address, { cache: isNamedByContents(address) ? "default" : "no-cache" }));
  };
  await Promise.all(missing.filter((address) => address !== index).map(add));
  if (missing.includes(index)) await add(index);
}

/** What is kept: of this version, or of the one before for a page that is still of that. */
const keptOf = async (address: string): Promise<Response | undefined> =>
  (await (await caches.open(current)).match(address)) ?? (await caches.match(address));

/** The page is fetched anew, so that a new version is seen at once, and is the kept one without a connection. */
const page = (request: Request): Promise<Response> =>
  fetch(request).catch(async () => (await keptOf(addressOf("index.html"))) ?? Response.error());

/** A part of the page has a name that changes with it, so what was kept is right. What is large is kept once it was used. */
async function part(request: Request): Promise<Response> {
  const kept = await keptOf(request.url);
  if (kept) return kept;
  const response = await fetch(request);
  if (response.status === 200 && isNamedByContents(request.url)) {
    await (await caches.open(current)).put(request, response.clone());
  }
  return response;
}

/** What isolates a page. */
const isolation = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-resource-policy": "same-origin",
};

/** Adds what the host does not send; what it does send stands. */
function isolating(response: Response): Response {
  // Errors and redirections that were not followed have no headers to be changed.
  if (response.status === 0) return response;
  const headers = new Headers({ ...isolation, ...Object.fromEntries(response.headers) });
  const { status, statusText } = response;
  return new Response(response.body, { status, statusText, headers });
}
