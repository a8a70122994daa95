import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import type { Plugin, Rolldown } from "vite";

type OutputFile = Rolldown.OutputAsset | Rolldown.OutputChunk;

const fileName = "serviceWorker.js";

/** More than this, in bytes, is loaded by few: ONNX Runtime is kept once it was asked for. */
const large = 4 * 2 ** 20;

/** What is not kept from the beginning. */
const isLate = (file: OutputFile): boolean =>
  file.fileName.endsWith(".map") || (file.type === "asset" && file.source.length > large);

/** Builds the service worker beside the page, and tells it which files there are, under a name that changes with them. */
export function offline(): Plugin {
  return {
    name: "lab-offline",
    apply: "build",
    enforce: "post",
    buildStart() {
      const id = fileURLToPath(new URL("./src/serviceWorker.ts", import.meta.url));
      this.emitFile({ type: "chunk", id, fileName });
    },
    generateBundle: {
      order: "post",
      handler(_, bundle) {
        const worker = bundle[fileName];
        if (worker?.type !== "chunk") throw new Error(`the build has no ${fileName}`);
        const others = Object.values(bundle).filter((file) => file !== worker);
        const hash = createHash("sha256");
        for (const file of others) hash.update(file.fileName).update(file.type === "chunk" ? file.code : file.source);
        const files = others.filter((file) => !isLate(file)).map((file) => file.fileName);
        const version = hash.digest("hex").slice(0, 16);
        worker.code = worker.code
          .replace(/["'`]FILES["'`]/, JSON.stringify(files.sort()))
          .replace(/["'`]VERSION["'`]/, JSON.stringify(version));
      },
    },
  };
}
