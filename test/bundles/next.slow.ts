import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { visit } from "../examples/visit.ts";
import type { Outcome } from "./program.ts";
import { buildSite, withSite } from "./site.ts";
import { useTools } from "./tools.ts";

/** A site whose page computes in the browser and whose route computes on the server, with threads in both. */
const site: Record<string, string> = {
  "app/layout.js": "export default ({ children }) => <html><body>{children}</body></html>;",
  "app/page.js": `"use client";
    import { useEffect } from "react";
    import { infer } from "../infer.js";
    export default function Page() {
      useEffect(() => void (globalThis.outcome = infer()), []);
      return <p>page</p>;
    }`,
  "app/isolated/page.js": `"use client";
    export { default } from "../page.js";`,
  "app/server/route.js": `import { infer } from "../../infer.js";
    export const dynamic = "force-dynamic";
    export const GET = async ({ nextUrl }) => Response.json(await infer(Object.fromEntries(nextUrl.searchParams)));`,
  "next.config.mjs": `const isolation = [
      { key: "Cross-Origin-Opener-Policy", value: "same-origin" },
      { key: "Cross-Origin-Embedder-Policy", value: "require-corp" },
    ];
    export default {
      turbopack: { root: new URL("..", import.meta.url).pathname },
      headers: () => [{ source: "/isolated", headers: isolation }],
    };`,
};

const project = useTools();

beforeAll(async () => {
  for (const [file, text] of Object.entries(site)) {
    await mkdir(join(project.folder, file, ".."), { recursive: true });
    await writeFile(join(project.folder, file), text);
  }
});

const outcomeOfPage = async (url: string): Promise<Outcome> => (await visit(url, "globalThis.outcome")) as Outcome;

describe.each(["--turbopack", "--webpack"])("a site by next build %s", (bundler) => {
  test("is built without a warning, and computes in the page and on the server", async () => {
    const { folder, plain } = project;
    expect(await buildSite(folder, bundler)).not.toMatch(/warn|error|⚠/i);
    await withSite(folder, async (url) => {
      expect(await (await fetch(`${url}/server`)).json()).toEqual(plain);
      // Through the package webgpu, which lies where the built server finds it.
      expect(await (await fetch(`${url}/server?prefer=webgpu`)).json()).toMatchObject({ kind: "webgpu" });
      const alone = await outcomeOfPage(url);
      expect(alone).toEqual({ ...plain, threads: 1, variant: "relaxed", processors: alone.processors });
      const isolated = await outcomeOfPage(`${url}/isolated`);
      expect(isolated).toEqual({ ...plain, threads: isolated.processors, processors: isolated.processors });
    });
  });
});
