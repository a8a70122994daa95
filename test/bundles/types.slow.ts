import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
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

/** What a program has beside the package: a page, an older page, WebGPU by declarations of its own, and a server without pages. */
const surroundings = [
  { lib: ["esnext", "dom"], types: [] },
  { lib: ["es2022", "dom"], types: [] },
  { lib: ["es2022", "dom"], types: ["@webgpu/types"] },
  { lib: ["es2022"], types: ["node"] },
];
const resolutions = [{ module: "nodenext" }, { module: "esnext", moduleResolution: "bundler" }];

describe.each(Object.entries(compilers))("declarations in TypeScript %s", (_, compiler) => {
  test.each(resolutions)("hold with %j, without skipLibCheck", async (resolution) => {
    await writeFile(join(project.folder, "types.ts"), program);
    for (const around of surroundings) {
      const compilerOptions = { strict: true, noEmit: true, target: "es2022", ...around, ...resolution };
      await writeFile(join(project.folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["types.ts"] }));
      const tsc = [`${compiler}/bin/tsc`, "--project", project.folder, "--pretty", "false"];
      const output = await run(process.execPath, tsc).then(
        () => "",
        ({ stdout }: { stdout: string }) => stdout,
      );
      expect({ around, output }).toEqual({ around, output: "" });
    }
  });
});

test("publint finds nothing to say, strictly", async () => {
  const { stdout } = await run(toolProgram("publint"), ["run", root, "--strict"], { cwd: root });
  expect(stdout).toMatch(/All good!/);
});
