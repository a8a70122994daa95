<<<<<<< HEAD
import { signal } from "@preact/signals";
import type { Answer, Request } from "../serviceWorker.ts";
import { notify } from "./notices.ts";

/** Whether all of the lab is on the reader's machine, so that it works without a network. */
export const isKept = signal(false);

/** Says, for as long as this tab is there, that it was loaded anew to be isolated: where that was in vain, it must not happen again. */
const mark = "crf-rnn-lab-isolating";

const tell = (worker: ServiceWorker, request: Request): void => worker.postMessage(request);

/** Whether the reader has begun to do something, which loading anew would end. */
let isTouched = false;

/**
 * Has the service worker keep the lab, and isolate it where the host does not. A page within another one cannot be isolated by itself,
 * and is not kept. Where service workers are forbidden, everything works without: over a network, with one thread.
 */
export async function keepOffline(): Promise<void> {
  const container = (navigator as Partial<Navigator>).serviceWorker;
  // Vite's own server has no service worker: what it serves changes under one's hands.
  if (import.meta.hot || !container || window.top !== window) return;
  for (const type of ["pointerdown", "keydown", "drop", "paste"]) {
    addEventListener(type, () => (isTouched = true), { capture: true, once: true });
  }
  container.addEventListener("message", ({ data }: MessageEvent<Answer>) => {
    if (data === "kept") isKept.value = true;
  });
  const wasServed = container.controller !== null;
  let registration: ServiceWorkerRegistration;
  try {
    const address = new URL("serviceWorker.js", document.baseURI);
    registration = await container.register(address, { updateViaCache: "none" });
    watchVersions(container, registration);
    registration = await container.ready;
  } catch {
    return;
  }
  if (isolate(wasServed)) return;
  if (document.readyState !== "complete") await new Promise((resolve) => addEventListener("load", resolve));
  tell(registration.active!, "keep");
}

/**
 * Loads the page anew, once, where that isolates it: it was loaded from the host, and now a service worker stands between.
 * @returns whether it does
 */
function isolate(wasServed: boolean): boolean {
  try {
    if (crossOriginIsolated) sessionStorage.removeItem(mark);
    if (crossOriginIsolated || wasServed || sessionStorage.getItem(mark) !== null) return false;
    sessionStorage.setItem(mark, "");
  } catch {
    // Without storage nothing would keep it from happening again and again.
    return false;
  }
  if (!isTouched) {
    location.reload();
    return true;
  }
  notify({
    kind: "info",
    key: "threads",
    text: "WebAssembly can use all processors from the next time that this page is loaded.",
    action: { label: "Load it now", run: () => location.reload() },
  });
  return false;
}

/** Tells of a new version once it is whole, now and whenever the reader comes back to the page. */
function watchVersions(container: ServiceWorkerContainer, registration: ServiceWorkerRegistration): void {
  const follow = (worker: ServiceWorker | null): void => {
    const look = (): void => {
      if (worker?.state === "installed" && container.controller) tellOfVersion(container, worker);
    };
    look();
    worker?.addEventListener("statechange", look);
  };
  follow(registration.waiting);
  follow(registration.installing);
  registration.addEventListener("updatefound", () => follow(registration.installing));
  document.addEventListener("visibilitychange", () => {
    // Without a network there is nothing new.
    if (document.visibilityState === "visible") registration.update().catch(() => {});
  });
}

function tellOfVersion(container: ServiceWorkerContainer, worker: ServiceWorker): void {
  const begin = (): void => {
    // Another tab may have had it take over.
    if (worker.state !== "installed") return location.reload();
    container.addEventListener("controllerchange", () => location.reload(), { once: true });
    tell(worker, "take over");
  };
  notify({
    kind: "info",
    key: "version",
    text: "A new version of the lab is there. It begins when the page is loaded anew.",
    action: { label: "Reload", run: begin },
  });
=======
import { notify } from "./notices.ts";

/** Set where the page was loaded again to be isolated, so that it is not done twice where it did not help. */
const key = "crf-rnn-lab-isolated";

/**
 * Has a service worker keep the page for when there is no connection. Where the host does not isolate the page, the worker does,
 * from the next time on that it is loaded: at once if the reader has not touched it yet.
 */
export async function keepOffline(): Promise<void> {
  const container = (navigator as Partial<Navigator>).serviceWorker;
  // Without https there is none. While one works on the lab, files change under their names.
  if (!container || import.meta.env.DEV) return;
  let touched = false;
  for (const type of ["pointerdown", "keydown"]) addEventListener(type, () => (touched = true), { once: true });
  try {
    await container.register(new URL("serviceWorker.js", document.baseURI));
    await container.ready;
  } catch {
    // A browser may forbid it, and the host may be gone. The page works without; it is not kept.
    return;
  }
  // A page within another one is isolated by that one, or not at all.
  if (crossOriginIsolated || self !== top || sessionStorage.getItem(key) !== null) return;
  sessionStorage.setItem(key, "tried");
  if (!touched) return void location.reload();
  const text = "Loaded again, this page may use every processor for WebAssembly.";
  notify({ kind: "info", text, action: { label: "Load again", run: () => location.reload() } });
>>>>>>> main
}
