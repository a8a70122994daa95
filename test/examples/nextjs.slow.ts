import { cp, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { buildSite, withSite } from "../bundles/site.ts";
import { useTools } from "../bundles/tools.ts";
import { root } from "../hosts/folders.ts";
import { visit } from "./visit.ts";

const project = useTools();

test("nextjs refines in the page and on the server, with threads in both", async () => {
  const { folder } = project;
  await cp(`${root}examples/nextjs`, folder, { recursive: true });
  // Next.js looks for the root of a project by lock files, of which there are several above this folder.
  await rename(join(folder, "next.config.mjs"), join(folder, "own.config.mjs"));
  await writeFile(
    join(folder, "next.config.mjs"),
    `import own from "./own.config.mjs";
    export default { ...own, turbopack: { root: new URL("..", import.meta.url).pathname } };`,
  );
  expect(await buildSite(folder, "--turbopack")).not.toMatch(/warn|error|⚠/i);
  await withSite(folder, async (url) => {
    const ask = async (): Promise<object> => (await (await fetch(`${url}/api/refine`)).json()) as object;
    const together = await Promise.all([ask(), ask(), ask()]);
    const alone = (await ask()) as Record<"pixels" | "threads" | "bytes", number>;
    for (const answer of together) expect(answer).toMatchObject({ pixels: alone.pixels, kind: "wasm" });
    const { pixels, threads, bytes } = alone;
    expect({ right: Math.abs(pixels - 1600) < 60, many: threads > 1, bytes }).toEqual({
      right: true,
      many: true,
      bytes: 0,
    });
    const told = await visit(
      url,
      `(() => { const text = document.querySelector("output")?.textContent; return text && text !== "…" && text; })()`,
    );
    expect(told).toMatch(new RegExp(`^${pixels} pixels on wasm, threads: [2-9]`));
  });
});
