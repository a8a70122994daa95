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
}
