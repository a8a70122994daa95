// The licenses of libraries whose code is in a bundle: they ask for their text to go along.
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** The text of the licenses of all packages that esbuild has put anything of into its outputs. */
export async function licensesOf(results) {
  const inputs = results
    .flatMap(({ metafile }) => Object.values(metafile.outputs))
    .flatMap(({ inputs: of }) => Object.entries(of));
  const used = inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([file]) => file);
  const folders = used.map((file) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1]).filter(Boolean);
  const texts = await Promise.all([...new Set(folders)].sort().map(licenseIn));
  return texts.join("\n\n");
}

async function licenseIn(folder) {
  const { name, version, license } = JSON.parse(await readFile(join(root, folder, "package.json"), "utf8"));
  const file = (await readdir(join(root, folder))).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file ? await readFile(join(root, folder, file), "utf8") : "The package carries no text of it.";
  return `${name} ${version} (${license})\n\n${text.trim()}\n`;
}
