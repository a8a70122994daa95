import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { entries, importName } from "../../scripts/entries.mjs";
import { root } from "../hosts/folders.ts";
import { toolProgram, tools, useTools } from "./tools.ts";

const run = promisify(execFile);
const project = useTools();

/** Every entry, and a few calls that need the types of each. */
const program = `
${Object.keys(entries)
  .map((name) => `import * as ${name} from "${importName(name)}";`)
  .join("\n")}
import { crfRnn, open, type Device, type Tensor } from "crf-rnn";
export const all: object[] = [${Object.keys(entries).join(", ")}];
export async function refine(gpu: GPUDevice, logits: Float32Array, image: Float32Array): Promise<Float32Array> {
  const device: Device = await open({ gpu, onFallback: (reason: string) => reason.length });
  const crf = crfRnn(device, { classes: 21 });
  const refined: Tensor = await crf(device.tensor([9, 9, 21], logits), device.tensor([9, 9, 3], image));
  return await refined.read();
}
`;

const compilers: Readonly<Record<string, string>> = {
  "5.4": `${tools}node_modules/typescript-5.4`,
  "5.6": `${tools}node_modules/typescript-5.6`,
  "5.9": `${tools}node_modules/typescript-5.9`,
  "6.0": `${root}node_modules/typescript`,
  "7.0": `${root}node_modules/@typescript/native`,
};

const nodenext = { module: "nodenext" };
const bundler = { module: "esnext", moduleResolution: "bundler" };

/** What a program has beside the package: a page, an older page, WebGPU by declarations of its own, and a server without pages. */
const surroundings: Readonly<Record<string, object>> = {
  "of a page": { lib: ["esnext", "dom"], types: [], ...nodenext },
  "of a page with an older library": { lib: ["es2022", "dom"], types: [], ...bundler },
  "with @webgpu/types": { lib: ["es2022", "dom"], types: ["@webgpu/types"], ...bundler },
  "of a server": { lib: ["es2022"], types: ["node"], ...nodenext },
};

const cases = Object.keys(compilers)
  .flatMap((version) => Object.keys(surroundings).map((around) => [version, around] as const))
  // The newer ones have WebGPU in dom, with which that package does not agree.
  .filter(([version, around]) => Number(version) < 6 || around !== "with @webgpu/types");

test.each(cases)("declarations hold in TypeScript %s %s, without skipLibCheck", async (version, around) => {
  await writeFile(join(project.folder, "types.ts"), program);
  const compilerOptions = { strict: true, noEmit: true, target: "es2022", ...surroundings[around] };
  await writeFile(join(project.folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["types.ts"] }));
  const tsc = [`${compilers[version]!}/bin/tsc`, "--project", project.folder, "--pretty", "false"];
  const output = await run(process.execPath, tsc).then(
    () => "",
    ({ stdout }: { stdout: string }) => stdout,
  );
  expect(output).toBe("");
});

test("publint finds nothing to say, strictly", async () => {
  const { stdout } = await run(toolProgram("publint"), ["run", root, "--strict"], { cwd: root });
  expect(stdout).toMatch(/All good!/);
});

test("attw finds no fault but that CommonJS gets a module, which Node takes by require", async () => {
  // It ends with status 1 where it finds one. The JSON Schema is for editors and has no types; resolvers that know no exports do not find it.
  const schema = ["--exclude-entrypoints", "manifest.schema.json"];
  const words = ["--pack", root, "--ignore-rules", "cjs-resolves-to-esm", "--format", "ascii", "--no-color", ...schema];
  const { stdout } = await run(toolProgram("attw"), words, { cwd: project.folder });
  for (const name of Object.keys(entries)) expect(stdout).toContain(`"${importName(name)}"`);
});
