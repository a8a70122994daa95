import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { importTool, useTools } from "./tools.ts";

interface Workerd {
  readonly Miniflare: new (options: object) => {
    dispatchFetch(url: string): Promise<Response>;
    dispose(): Promise<void>;
  };
}

const project = useTools();

/** A service on workerd, which forbids compiling: the module comes compiled, as `wrangler` does it. */
const service = `
import { infer } from "./infer.js";
import wasm from "crf-rnn/wasm/relaxed.wasm";
export default {
  async fetch(request) {
    try {
      return Response.json(await infer(request.url.endsWith("/module") ? { wasm } : {}));
    } catch (error) {
      return new Response(error.message, { status: 500 });
    }
  },
};`;

test("workerd computes with a module that is compiled already, and says so where none is given", async () => {
  const { folder, plain } = project;
  await writeFile(join(folder, "service.js"), service);
  const { outputFiles } = await build({
    entryPoints: [join(folder, "service.js")],
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    external: ["*.wasm"],
  });
  const { Miniflare }: Workerd = await importTool("miniflare");
  const wasm = await readFile(join(folder, "node_modules/crf-rnn/dist/wasm/relaxed.wasm"));
  const host = new Miniflare({
    compatibilityDate: "2026-04-01",
    modulesRoot: "/",
    modules: [
      { type: "ESModule", path: "/service.js", contents: outputFiles[0]!.text },
      { type: "CompiledWasm", path: "/crf-rnn/wasm/relaxed.wasm", contents: wasm },
    ],
  });
  try {
    const computed = await host.dispatchFetch("http://localhost/module");
    expect(await computed.json()).toEqual({
      ...plain,
      threads: 1,
      variant: "relaxed",
      processors: expect.any(Number) as number,
    });
    const refused = await host.dispatchFetch("http://localhost/");
    expect([refused.status, await refused.text()]).toEqual([500, expect.stringContaining("open({ wasm })")]);
  } finally {
    await host.dispose();
  }
});
