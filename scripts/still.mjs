// The still of the lab in README: `node scripts/still.mjs`, after npm run build. It is the room Refine as it opens, on the picture that the lab
// draws for itself, in headless Chromium. It is committed, since README shows it in places that build nothing.
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import puppeteer from "puppeteer";
import sharp from "sharp";
import sirv from "sirv";
import { build } from "vite";
import { findChromium } from "./environment.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const target = join(root, "docs/images/lab.webp");
const built = join(root, "build/still");

await build({
  root: join(root, "lab"),
  configFile: join(root, "lab/vite.config.ts"),
  build: { outDir: built },
  logLevel: "warn",
});
const files = sirv(built);
const server = createServer((request, response) => {
  // An isolated page has threads.
  response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
  response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
  files(request, response, () => response.writeHead(404).end());
}).listen(0, "127.0.0.1");
await once(server, "listening");
const browser = await puppeteer.launch({
  executablePath: await findChromium(),
  pipe: true,
  args: ["--disable-dev-shm-usage", ...(process.getuid?.() === 0 ? ["--no-sandbox"] : [])],
});
try {
  const page = await browser.newPage();
  await page.setViewport({ width: 1240, height: 800 });
  await page.goto(`http://127.0.0.1:${server.address().port}/#refine`);
  await page.waitForFunction('document.body.innerText.includes("The result after")', { timeout: 120_000 });
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 1000)));
  await mkdir(dirname(target), { recursive: true });
  const still = sharp(await page.screenshot()).webp({ quality: 70, effort: 6 });
  const { size } = await still.toFile(target);
  process.stdout.write(`${target}: ${(size / 1000).toFixed(1)} kB\n`);
} finally {
  await browser.close();
  server.close();
}
