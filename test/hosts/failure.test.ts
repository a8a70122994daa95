import { afterEach, expect, test, vi } from "vitest";
import { runProcess } from "./child.ts";
import { runChromium } from "./chromium.ts";
import { findFolders } from "./folders.ts";

const options = { folders: findFolders() };
const node = (script: string) => ({ path: process.execPath, flags: ["--eval", script], environment: {} });
const ignore = (): void => {};

afterEach(() => {
  vi.unstubAllEnvs();
});

test("a host that is missing is a failure", async () => {
  const missing = { path: "/nowhere/node", flags: [], environment: {} };
  await expect(runProcess(missing, options, ignore)).rejects.toThrow("ENOENT");
  vi.stubEnv("PUPPETEER_EXECUTABLE_PATH", "/nowhere/chromium");
  await expect(runChromium({ choice: { prefer: "wasm" } }, true, ignore)).rejects.toThrow("no Chromium found");
});

test("a host that fails is a failure with what it printed", async () => {
  const script = "console.error('out of luck'); process.exit(3)";
  await expect(runProcess(node(script), options, ignore)).rejects.toThrow(/status 3\n.*out of luck/s);
});

test("a host that crashes is a failure", async () => {
  await expect(runProcess(node("process.abort()"), options, ignore)).rejects.toThrow("SIGABRT");
});

test("a host that hangs is killed and a failure", async () => {
  const hang = node("setInterval(() => {}, 1000)");
  await expect(runProcess(hang, options, ignore, 500)).rejects.toThrow("silent for 500 ms");
});
