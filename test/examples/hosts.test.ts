import { execFile } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findDeno } from "../../scripts/environment.mjs";
import { encodeNpy } from "../../src/data/npy.ts";
import { decodeLabelPng, encodeRgbPng } from "../../src/data/png.ts";
import type { Device } from "../../src/index.ts";
import { copyPackage } from "../bundles/install.ts";
import { root } from "../hosts/folders.ts";
import { serving, visit } from "./visit.ts";

const run = promisify(execFile);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "crf-rnn-examples-"));
  await copyPackage(folder);
  await cp(`${root}examples`, folder, { recursive: true });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** What a page says once it is done. */
const told = `(() => { const { textContent } = document.querySelector("output"); return textContent !== "…" && textContent; })()`;

/** A bright square of 40 pixels on a dark ground of 96 by 72, and logits of two classes that are a few pixels off. */
function scene(): { readonly colors: Uint8Array; readonly logits: Float32Array } {
  const within = (i: number, left: number, top: number): boolean => {
    const [x, y] = [i % 96, Math.floor(i / 96)];
    return x >= left && x < left + 40 && y >= top && y < top + 40;
  };
  const pixels = Array.from({ length: 96 * 72 }, (_, i) => i);
  return {
    colors: Uint8Array.from(pixels.flatMap((i) => (within(i, 28, 16) ? [230, 200, 60] : [30, 60, 90]))),
    logits: Float32Array.from(pixels.flatMap((i) => (within(i, 32, 19) ? [0, 2] : [2, 0]))),
  };
}

const sum = (labels: ArrayLike<number>): number => Array.from(labels).reduce((total, label) => total + label, 0);

test("vite-page is built by Vite and cuts the disk out of its example, isolated and not", async () => {
  const out = join(folder, "vite-page-out");
  await build({ root: join(folder, "vite-page"), logLevel: "silent", build: { outDir: out, target: "es2022" } });
  for (const isolated of [true, false]) {
    const text = String(await serving(out, isolated, (url) => visit(url, told)));
    const [, share, threads] = /^(\d+) % on wasm, threads: (\d+)$/.exec(text)!;
    // A disk of radius 45 on 240×180 pixels is 15 % of them, the box around its middle 10 %.
    expect(Math.abs(Number(share) - 15)).toBeLessThanOrEqual(1);
    expect(Number(threads) > 1).toBe(isolated);
  }
});

test("script-tag finds the library by its import map and finds the square", async () => {
  await cp(join(folder, "script-tag/index.html"), join(folder, "index.html"));
  const text = String(await serving(folder, false, (url) => visit(url, told)));
  const [, pixels] = /^(\d+) pixels on wasm, threads: 1$/.exec(text)!;
  expect(Math.abs(Number(pixels) - 3600)).toBeLessThan(100);
});

test("deno-script refines a PNG along its edges, with leave to read and write alone", async () => {
  const { colors, logits } = scene();
  await writeFile(join(folder, "a.png"), encodeRgbPng(72, 96, colors));
  await writeFile(join(folder, "s.npy"), encodeNpy({ data: logits, shape: [72, 96, 2] }));
  // Deno finds the package in node_modules here, where deno.json would fetch a published one.
  await cp(join(folder, "deno-script/main.ts"), join(folder, "main.ts"));
  const words = ["run", "--allow-read", "--allow-write", "--quiet", "main.ts", "a.png", "s.npy", "l.png"];
  const { stdout, stderr } = await run(await findDeno(), words, { cwd: folder });
  expect({ stdout, stderr }).toEqual({ stdout: "l.png: 96×72, 2 classes, on wasm\n", stderr: "" });
  const { labels } = decodeLabelPng(await readFile(join(folder, "l.png")), "l.png");
  expect(Math.abs(sum(labels) - 1600)).toBeLessThan(60);
});

describe("node-service", () => {
  interface Service {
    readonly device: Device;
    readonly url: string;
    close(): Promise<unknown>;
  }

  async function start(): Promise<Service> {
    const load = (path: string): Promise<unknown> => import(/* @vite-ignore */ pathToFileURL(join(folder, path)).href);
    const { service } = (await load("node-service/server.mjs")) as {
      service(device: Device): Server;
    };
    const { open } = (await load("node_modules/crf-rnn/dist/index.js")) as typeof import("../../src/index.ts");
    const device = await open({ prefer: "wasm", threads: 1 });
    const server = service(device).listen(0, "127.0.0.1");
    await once(server, "listening");
    const close = async (): Promise<unknown> => {
      server.close();
      server.closeAllConnections();
      return once(server, "close").then(() => device.dispose());
    };
    return { device, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
  }

  let service: Service;
  beforeAll(async () => {
    service = await start();
  });
  afterAll(() => service.close());

  const ask = (body: Uint8Array<ArrayBuffer>, query = "width=96&height=72&classes=2"): Promise<Response> =>
    fetch(`${service.url}/refine?${query}`, { method: "POST", body });
  const bodyOf = (): Uint8Array<ArrayBuffer> => {
    const { colors, logits } = scene();
    return Uint8Array.from([...colors, ...new Uint8Array(logits.buffer)]);
  };
  const health = async (): Promise<{ bytes: number; peakBytes: number }> =>
    (await (await fetch(`${service.url}/health`)).json()) as { bytes: number; peakBytes: number };

  test("answers overlapping requests of two sizes with what each gets alone, in bounded memory", async () => {
    const whole = bodyOf();
    // The upper half of the picture, and of the logits.
    const half = Uint8Array.from([
      ...whole.subarray(0, 96 * 36 * 3),
      ...whole.subarray(96 * 72 * 3, 96 * 72 * 3 + 96 * 36 * 8),
    ]);
    const asks = [() => ask(whole), () => ask(half, "width=96&height=36&classes=2")];
    const bytesOf = async (response: Response): Promise<number[]> => [...new Uint8Array(await response.arrayBuffer())];
    const alone = [await bytesOf(await asks[0]!()), await bytesOf(await asks[1]!())];
    expect(Math.abs(sum(alone[0]!) - 1600)).toBeLessThan(60);
    const { bytes, peakBytes } = await health();
    const together = await Promise.all(Array.from({ length: 12 }, (_, i) => asks[i % 2]!().then(bytesOf)));
    together.forEach((labels, i) => expect(labels).toEqual(alone[i % 2]));
    const after = await health();
    expect(after.bytes).toBe(bytes);
    // Two are computed at one time.
    expect(after.peakBytes).toBeLessThanOrEqual(2 * peakBytes);
  });

  test("refuses what it cannot serve, and tells those to come later who are too many", async () => {
    const statusOf = async (asked: Promise<Response>): Promise<[number, string]> => {
      const response = await asked;
      return [response.status, await response.text()];
    };
    expect(await statusOf(ask(new Uint8Array(3)))).toEqual([400, expect.stringContaining("bytes, got 3")]);
    expect(await statusOf(ask(new Uint8Array(3), "width=0&height=1&classes=2"))).toEqual([
      400,
      expect.stringContaining("width"),
    ]);
    expect(await statusOf(ask(new Uint8Array(3), "width=9999&height=9999&classes=2"))).toEqual([
      413,
      expect.stringContaining("pixels"),
    ]);
    const broken = bodyOf().fill(255, 96 * 72 * 3); // logits that are no numbers
    expect(await statusOf(ask(broken))).toEqual([400, expect.stringContaining("NaN")]);
    // Two are being received and sixteen wait for them; one more is too many, until they hang up.
    const waiting = Array.from({ length: 18 }, () => {
      const asked = request(`${service.url}/refine?width=96&height=72&classes=2`, { method: "POST" });
      asked.on("error", () => {});
      asked.write("a beginning");
      return asked;
    });
    await expect.poll(() => ask(bodyOf()).then(({ status }) => status)).toBe(503);
    for (const asked of waiting) asked.destroy();
    await expect.poll(() => ask(bodyOf()).then(({ status }) => status)).toBe(200);
  });
});
