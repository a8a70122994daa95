import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "vite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runInPage } from "../../src/cli/chromium.ts";
import { copyPackage } from "../bundles/install.ts";
import { root } from "../hosts/folders.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "crf-rnn-web-worker-"));
  await copyPackage(folder);
  await cp(`${root}examples/web-worker`, folder, { recursive: true });
  await build({
    root: folder,
    base: "./",
    configFile: false,
    logLevel: "silent",
    build: { outDir: "out", target: "es2022" },
  });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** What a page reports that runs `script`; `policy` is its Content-Security-Policy. */
async function inPage(script: string, { isolated, policy }: { isolated: boolean; policy?: string }): Promise<unknown> {
  const reports: unknown[] = [];
  const meta = policy
    ? `document.head.append(Object.assign(document.createElement("meta"), { httpEquiv: "Content-Security-Policy", content: ${JSON.stringify(policy)} }));`
    : "";
  await runInPage({
    places: { out: join(folder, "out"), dist: join(folder, "node_modules/crf-rnn/dist") },
    isolated,
    software: false,
    script: `(async () => { ${meta} await report(await (${script})()); })()`,
    report: (value: unknown) => reports.push(value),
    silence: 120_000,
  });
  return reports[0];
}

test.each([true, false])("the example, built by Vite, runs in a page; isolated: %s", async (isolated) => {
  const html = await readFile(join(folder, "out/index.html"), "utf8");
  const [, file] = /src="\.\/([^"]+)"/.exec(html)!;
  const told = await inPage(
    `async () => {
      document.body.innerHTML = await (await fetch("./out/index.html")).text();
      await import("./out/${file}");
      const { data } = document.querySelector("#labels").getContext("2d").getImageData(0, 0, 320, 240);
      const at = (x, y) => data[(y * 320 + x) * 4];
      // A corner of the rough square lies outside of the disk, and the disk's left edge outside of the square.
      return { text: document.querySelector("output").textContent, corner: at(100, 60), edge: at(90, 120) };
    }`,
    { isolated },
  );
  expect(told).toMatchObject({ corner: 0, edge: 255 });
  const threads = isolated ? "[2-9]\\d*" : "1";
  expect((told as { text: string }).text).toMatch(new RegExp(`on wasm, threads: ${threads}, in a worker: true`));
});

test("a policy without worker-src blob: is told in one sentence, and a module worker of crf-rnn/worker computes under it", async () => {
  const policy = "script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'";
  const told = await inPage(
    `async () => {
      const { open } = await import("./dist/index.js");
      const error = await open({ prefer: "wasm", worker: true }).catch((reason) => reason);
      const device = await open({ prefer: "wasm", worker: new Worker("./dist/worker.js", { type: "module" }) });
      const values = await device.tensor([1, 4], [1, 2, 3, 4]).read();
      return { name: error.name, message: error.message, values: [...values] };
    }`,
    { isolated: false, policy },
  );
  const sentence =
    /^open: expected a worker that computes, got .* — allow worker-src blob: in the page's Content-Security-Policy, or make a module worker of crf-rnn\/worker and pass it: open\(\{ worker \}\)$/;
  expect(told).toEqual({
    name: "DeviceError",
    message: expect.stringMatching(sentence) as string,
    values: [1, 2, 3, 4],
  });
});
