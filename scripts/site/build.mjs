// What `npm run site` and `npm run lab` build: the package, the site, and the lab in it. Each stage says what it does.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { isStale } from "./files.mjs";

const run = promisify(execFile);

export const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
export const site = join(root, "site");

/** The file in a site that says what it was built for. */
const stamp = "built.json";

const inRoot = (...paths) => paths.map((path) => join(root, path));
const ofPackage = inRoot("src", "kernels", "assembly", "scripts", "bench", "package.json");
/** Scripts that do not build the package, and texts. */
const notOfPackage = /^(site\/|site\.mjs$|lab\.mjs$)|\.md$/;
const ofSite = inRoot("docs", "src", "scripts", "package.json");
/** What is made in docs/ on the way. */
const made = /^(api|commands|public\/generated|\.vitepress\/\.temp)\//;
const lab = join(root, "lab");

/** Says what begins, and afterwards what came of it and how long it took. */
async function stage(name, work) {
  const began = Date.now();
  process.stdout.write(`${name} …\n`);
  const outcome = await work();
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  process.stdout.write(`${name}: ${outcome ?? "done"} (${seconds} s)\n`);
}

/** Builds the package where a source is younger than it. */
export async function buildPackage() {
  if (!(await isStale(join(root, "dist/cli.js"), ofPackage, notOfPackage))) return;
  await stage("package", () => runNode("scripts/build.mjs"));
}

/** Builds the site into `out`, for a host that serves it below `base`. @throws Error with a sentence */
export async function buildSite({ base = "/", out = site } = {}) {
  if (existsSync(out) && (await readdir(out)).length > 0 && !existsSync(join(out, stamp))) {
    throw new Error(`${out} holds something else than a site: name an empty folder, or one that is not there.`);
  }
  await buildPackage();
  // What was there before stays until the new site is whole.
  const draft = `${resolve(out)}.new`;
  await rm(draft, { recursive: true, force: true });
  await writeSite(draft, base);
  await rm(out, { recursive: true, force: true });
  await rename(draft, out);
}

async function writeSite(out, base) {
  await stage("API reference", async () => {
    const { writeApi } = await import("./api.mjs");
    return `${await writeApi(root)} entries`;
  });
  await stage("command-line reference", async () => {
    const { writeCommands } = await import("./commands.mjs");
    return `${(await writeCommands(root)).length} commands`;
  });
  await stage("pictures", async () => {
    const { writePictures } = await import("./pictures.mjs");
    await writePictures(root);
  });
  await stage("pages", async () => {
    const { build } = await import("vitepress");
    await build(join(root, "docs"), { base, outDir: out });
  });
  await buildLab(out);
  await stage("links", async () => {
    const { checkLinks } = await import("./links.mjs");
    const { broken, pages, elsewhere } = await checkLinks(out, base);
    await writeFile(join(root, "build/site/elsewhere.txt"), elsewhere.map((link) => `${link}\n`).join(""));
    for (const sentence of broken) process.stderr.write(`${sentence}\n`);
    if (broken.length > 0) throw new Error(`${broken.length} links are broken; they are listed above.`);
    return `all hold in ${pages} pages; ${elsewhere.length} lead elsewhere (build/site/elsewhere.txt)`;
  });
  await writeFile(join(out, stamp), JSON.stringify({ base }));
}

/** Builds the lab into the site, if this checkout has one. */
export async function buildLab(out = site) {
  if (!existsSync(join(lab, "vite.config.ts"))) return;
  const words = ["build", lab, "--outDir", resolve(out, "lab"), "--emptyOutDir", "--logLevel", "warn"];
  await stage("lab", () => runNode("node_modules/vite/bin/vite.js", ...words));
}

/** Builds what is missing or stale of the package, the site and the lab, for a server whose root the site is. Returns whether there is a lab. */
export async function refresh() {
  await buildPackage();
  const built = join(site, stamp);
  const isOther = existsSync(built) && JSON.parse(await readFile(built, "utf8")).base !== "/";
  const index = join(site, "lab/index.html");
  if (isOther || (await isStale(built, ofSite, made))) await buildSite();
  else if (await isStale(index, [lab, join(root, "dist/index.js")], /(^|\/)(node_modules|dist)\//)) await buildLab();
  return existsSync(index);
}

/** Runs a program of Node without its output. @throws Error with what it said, if it fails */
async function runNode(...words) {
  const child = run(process.execPath, words, { cwd: root, maxBuffer: 2 ** 26 });
  await child.catch(({ stdout, stderr }) => {
    throw new Error(`${words[0]} failed: ${`${stderr}${stdout}`.trim()}`);
  });
}
