import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { launch } from "puppeteer";
import { findChromium } from "../../scripts/environment.mjs";
import { withoutSuggestions } from "../../src/cli/chromium.ts";

const types: Readonly<Record<string, string>> = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
  ".webp": "image/webp",
};
const isolation = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };

/** Serves a folder as any static host does, while `work` runs. */
export async function serving<Result>(
  folder: string,
  isolated: boolean,
  work: (url: string) => Promise<Result>,
): Promise<Result> {
  const server = createServer((request, response) => {
    const path = new URL(request.url!, "http://localhost").pathname;
    const file = path.endsWith("/") ? `${path}index.html` : path;
    const headers = { "content-type": types[extname(file)] ?? "application/octet-stream", ...(isolated && isolation) };
    readFile(join(folder, file)).then(
      (bytes) => response.writeHead(200, headers).end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    return await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

/** Opens a page in Chromium and hands out the value of an expression, once it has one. @throws Error with what the page complained of */
export async function visit(url: string, expression: string): Promise<unknown> {
  const sandbox = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  const args = [...sandbox, "--disable-dev-shm-usage", withoutSuggestions];
  const browser = await launch({ executablePath: await findChromium(), args, pipe: true, timeout: 300_000 });
  const complaints: string[] = [];
  try {
    const page = await browser.newPage();
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    await page.goto(url, { timeout: 300_000 });
    await page.waitForFunction(expression, { timeout: 120_000 });
    return await page.evaluate(expression);
  } catch (error) {
    throw new Error([String(error), ...complaints].join("\n"), { cause: error });
  } finally {
    await browser.close();
  }
}
