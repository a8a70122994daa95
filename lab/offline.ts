import { createHash } from "node:crypto";
<<<<<<< HEAD
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Plugin, Rolldown } from "vite";
import type { BuiltFiles } from "./src/serviceWorker.ts";

/** Larger files are kept when they are first used, in bytes: not everybody needs a runtime for networks. */
const large = 2 ** 21;

const contentOf = (file: Rolldown.OutputAsset | Rolldown.OutputChunk): string | Uint8Array =>
  file.type === "chunk" ? file.code : file.source;

/** Files in assets/ have their contents' hash in their name; the others are told apart by this. */
function revisionOf(file: Rolldown.OutputAsset | Rolldown.OutputChunk): string | null {
  if (file.fileName.startsWith("assets/")) return null;
  return createHash("sha256").update(contentOf(file)).digest("hex").slice(0, 16);
}

function filesOf(bundle: Rolldown.OutputBundle): BuiltFiles {
  const files = Object.values(bundle).sort((a, b) => (a.fileName < b.fileName ? -1 : 1));
  const isLarge = (file: (typeof files)[number]): boolean => Buffer.byteLength(contentOf(file)) > large;
  const entry = (file: (typeof files)[number]): BuiltFiles["kept"][number] => ({
    url: file.fileName,
    revision: revisionOf(file),
  });
  return {
    kept: files.filter((file) => !isLarge(file)).map(entry),
    onUse: files.filter(isLarge).map(({ fileName }) => fileName),
  };
}

/**
 * Writes the service worker beside the page, with the list of all built files in it, so that each build is another version. Workbox's own
 * list maker would bring Babel and 250 other packages for what Vite knows already.
 */
=======
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
>>>>>>> main
export function offline(): Plugin {
  return {
    name: "lab-offline",
    apply: "build",
<<<<<<< HEAD
    async writeBundle({ dir }, bundle) {
      await build({
        entryPoints: [fileURLToPath(new URL("./src/serviceWorker.ts", import.meta.url))],
        outfile: join(dir!, "serviceWorker.js"),
        bundle: true,
        minify: true,
        format: "iife",
        target: "es2022",
        define: { BUILT_FILES: JSON.stringify(filesOf(bundle)), "process.env.NODE_ENV": '"production"' },
        logLevel: "warning",
      });
=======
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
>>>>>>> main
    },
  };
}
