import { signal } from "@preact/signals";
import type { Answer, Wish } from "../serviceWorker.ts";
import { notify } from "./notices.ts";

/** Whether all of the lab is on the reader's machine, so that it works without a connection. */
export const isKept = signal(false);

/** Set where the page was loaded again to be isolated, so that it is not done twice where it did not help. */
const key = "crf-rnn-lab-isolated";

/**
 * Has a service worker keep the page for when there is no connection. Where the host does not isolate the page, the worker does,
 * from the next time on that it is loaded: at once if the reader has not touched it yet.
 */
export async function keepOffline(): Promise<void> {
  const container = (navigator as Partial<Navigator>).serviceWorker;
  // Without https there is none. While one works on the lab, files change under their names. A page within another one is isolated by
  // that one, or not at all, and who sees it there has not asked for all of it.
  if (!container || import.meta.env.DEV || self !== top) return;
  let isTouched = false;
  for (const type of ["pointerdown", "keydown", "drop", "paste"]) {
    addEventListener(type, () => (isTouched = true), { capture: true, once: true });
  }
  container.addEventListener("message", ({ data }: MessageEvent<Answer>) => {
    if (data === "kept") isKept.value = true;
  });
  const wasServed = container.controller !== null;
  let active: ServiceWorker;
  try {
    const address = new URL("serviceWorker.js", document.baseURI);
    const registration = await container.register(address, { updateViaCache: "none" });
    if (wasServed) followVersions(container, registration);
    active = (await container.ready).active!;
  } catch {
    // A browser may forbid it, and the host may be gone. The page works without; it is not kept.
    return;
  }
  if (!wasServed && maybeIsolated()) {
    if (!isTouched) return void location.reload();
    const text = "Loaded again, this page may use every processor for WebAssembly.";
    notify({ kind: "info", text, action: { label: "Load again", run: () => location.reload() } });
  }
  // What comes first is the page; what is kept is fetched when it stands.
  if (document.readyState !== "complete") await new Promise((resolve) => addEventListener("load", resolve));
  active.postMessage("keep" satisfies Wish);
}

/** Whether loading the page again may isolate it. It says so once for as long as this tab is there. */
function maybeIsolated(): boolean {
  if (crossOriginIsolated) return false;
  try {
    if (sessionStorage.getItem(key) !== null) return false;
    sessionStorage.setItem(key, "tried");
    return true;
  } catch {
    // Without storage nothing would keep it from being done again and again.
    return false;
  }
}

/** Tells of a new version that has come while the page was open, and looks for one when the reader comes back to it. */
function followVersions(container: ServiceWorkerContainer, registration: ServiceWorkerRegistration): void {
  container.addEventListener("controllerchange", () => {
    isOfBefore().then(
      (isOld) => isOld && tellOfVersion(),
      () => {},
    );
  });
  document.addEventListener("visibilitychange", () => {
    // Without a connection there is nothing new.
    if (document.visibilityState === "visible") registration.update().catch(() => {});
  });
}

/** Whether the page is not that of the present version, whose first script has another name. */
async function isOfBefore(): Promise<boolean> {
  const script = document.querySelector("script[type=module][src]")?.getAttribute("src") ?? "";
  const page = await fetch(new URL("index.html", document.baseURI));
  return !(await page.text()).includes(script);
}

function tellOfVersion(): void {
  notify({
    kind: "info",
    key: "version",
    text: "A new version of the lab is there. It begins when the page is loaded again.",
    action: { label: "Load again", run: () => location.reload() },
  });
}
