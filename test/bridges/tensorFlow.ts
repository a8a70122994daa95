import { createRequire } from "node:module";
import { build } from "esbuild";
import { root } from "../hosts/folders.ts";

/** The module of TensorFlow.js's core. */
export type TensorFlow = typeof import("@tensorflow/tfjs-core");

/** The core with its gradients, which it leaves to who needs them. */
export const tensorFlow = `
  export * from "@tensorflow/tfjs-core";
  import "@tensorflow/tfjs-core/dist/register_all_gradients.js";
`;

/** Loads the core with its gradients and the backend in JavaScript, as one script: Node does not take its modules one by one. */
export async function loadTensorFlow(): Promise<TensorFlow> {
  const outfile = `${root}build/test/tensorFlow.cjs`;
  const contents = `${tensorFlow} import "@tensorflow/tfjs-backend-cpu";`;
  const stdin = { contents, resolveDir: root };
  await build({ stdin, outfile, bundle: true, format: "cjs", platform: "node", mainFields: ["module", "main"] });
  return createRequire(import.meta.url)(outfile) as TensorFlow;
}
