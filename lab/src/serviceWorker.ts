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
}
