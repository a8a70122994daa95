// What the compiler does not do for users of another compiler: the declarations that it writes hold in TypeScript 5.4 and with
// whatever `lib` and `types` a program has, without skipLibCheck. test/bundles/types.slow.ts holds it.
import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { glob } from "./files.mjs";

/** Interfaces of pages and of WebGPU that a server's program, or one of TypeScript before 6, may lack. */
const ofHosts = /^(GPU|HTML|Image|Canvas|Offscreen|Video)\w*$|^(AbortSignal|Blob|File|MessagePort|Worker)$/;

/** TypeScript before 5.7 knows no type parameter of typed arrays; what `from` returns is the same in both. */
const generic = /\b(\w+Array)<ArrayBuffer>/g;

const comments = /\/\*[\s\S]*?\*\/|\/\/.*$/gm;

/** Mends the declarations in a folder, of which `entries` are those that users import. */
export async function mendDeclarations(folder, entries) {
  const hosts = await interfacesOfHosts();
  const ambient = join(folder, "ambient.d.ts");
  const used = new Set();
  for (const file of await glob(folder, ".d.ts")) {
    const text = await readFile(file, "utf8");
    const mended = text.replace(generic, "ReturnType<typeof $1.from>");
    for (const [name] of mended.replace(comments, "").matchAll(/\b[A-Z]\w*/g)) if (hosts.has(name)) used.add(name);
    const references = `/// <reference lib="esnext.disposable" />\n/// <reference path="${relative(dirname(file), ambient)}" />\n`;
    await writeFile(file, entries.includes(file) ? `${references}${mended}` : mended);
  }
  await writeFile(ambient, ambientOf([...used].sort()));
}

/** The names of interfaces without type parameters that the newest compiler knows of pages. */
async function interfacesOfHosts() {
  const { resolve } = createRequire(import.meta.url);
  const text = await readFile(join(dirname(resolve("typescript")), "lib.dom.d.ts"), "utf8");
  const names = [...text.matchAll(/^interface (\w+) (?:extends|\{)/gm)].map(([, name]) => name);
  return new Set(names.filter((name) => ofHosts.test(name)));
}

const ambientOf = (
  names,
) => `// Interfaces that a program's own libraries fill in, such as dom or @webgpu/types; where there are none, they stay empty.
${names.map((name) => `interface ${name} {}`).join("\n")}
declare namespace WebAssembly {
  interface Module {}
  interface Memory {}
}
`;
