import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkTwins, kernelsModule, readKernels, withoutSpaces } from "../scripts/kernels.mjs";
import { validateKernels } from "../scripts/validate.mjs";
import { type Kernel, kernel as made } from "../src/kernel.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "crf-rnn-kernels-"));
  await mkdir(join(root, "kernels/shared"), { recursive: true });
});
afterAll(() => rm(root, { recursive: true, force: true }));

const invocation = `fn invocation(id: vec3u, workgroupCount: vec3u) -> u32 {
  return id.y * workgroupCount.x * 64u + id.x;
}`;

/** A kernel that the build takes, with parts of it replaced. */
const kernel = (...changes: readonly (readonly [from: string, to: string])[]): string =>
  changes.reduce(
    (text, [from, to]) => {
      expect(text).toContain(from);
      return text.replace(from, to);
    },
    `// result = 2·values
//#include "shared/invocation.wgsl"

struct Params {
  count: u32,
  factor: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> values: array<f32>;
@group(0) @binding(2) var<storage, read_write> result: array<f32>;

//#invocations (count + 3) / 4 * ceilDiv(count, 2)
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroupCount: vec3u) {
  let index = invocation(id, workgroupCount);
  if (index >= params.count) { return; }
  result[index] = params.factor * values[index];
}
`,
  );

/** Reads the one kernel that there is, and validates it. */
async function build(text: string): Promise<string> {
  await writeFile(join(root, "kernels/shared/invocation.wgsl"), invocation);
  await writeFile(join(root, "kernels/twice.wgsl"), text);
  const kernels = await readKernels(root);
  const source = kernelsModule(kernels);
  expect(await validateKernels(kernels)).toBe(true);
  return source;
}

/** The one kernel of a source, as the library makes it of what the source says. */
const described = (source: string): Kernel<{ readonly count: number }> =>
  made(new Function(`return ${/kernel\((\{.*\})\);/.exec(source)![1]!}`)() as Parameters<typeof made>[0]) as Kernel<{
    readonly count: number;
  }>;

test("a kernel's signature, workgroup size and count come from its file", async () => {
  const source = await build(kernel());
  expect(source).toContain("Kernel<{ values: Storage; result: Storage; count: number; factor: number }>");
  const { count, ...rest } = described(source);
  expect(rest).toMatchObject({
    id: "twice",
    file: "kernels/twice.wgsl",
    bindings: [
      { name: "values", access: "read", type: "array<f32, 0>" },
      { name: "result", access: "write", type: "array<f32, 0>" },
    ],
    params: [
      { name: "count", type: "u32" },
      { name: "factor", type: "f32" },
    ],
    constants: [],
    unit: "invocation",
    workgroupSize: 64,
  });
  // Divisions are WGSL's, of whole numbers.
  expect([1, 4, 5, 6].map((n) => count({ count: n }))).toEqual([1, 2, 6, 6]);
});

test("a kernel's operations come from its file, where it tells them", async () => {
  expect(await build(kernel())).not.toContain('"operations"');
  const line = "//#operations count * 8 / (2 * count) + ceilDiv(count, 4)\nstruct Params";
  const source = await build(kernel(["struct Params", line]));
  const { operations } = described(source);
  expect([1, 8, 9].map((n) => operations!({ count: n }))).toEqual([5, 6, 7]);
  await expect(build(kernel(["struct Params", "//#operations counts\nstruct Params"]))).rejects.toThrow(/got counts/);
});

test("constants, other units and other sizes of workgroups are told, and the id is the file's name in one word", async () => {
  const text = kernel(
    ["struct Params", "const ROW_QUADS: u32 = 2u; // specialized\nvar<workgroup> rows: array<f32, 32>;\nstruct Params"],
    ["#invocations", "#workgroups"],
    ["size(64)", "size(32)"],
  );
  const source = await build(text);
  expect(described(source)).toMatchObject({
    constants: [{ name: "ROW_QUADS", argument: "rowQuads" }],
    unit: "workgroup",
    workgroupSize: 32,
  });
  const { id } = described(source.replace("kernels/twice.wgsl", "kernels/nn/twice.as-much.wgsl"));
  expect(id).toBe("twiceAsMuch");
});

describe("the build refuses, with the file,", () => {
  const refused: readonly (readonly [what: string, text: string, says: RegExp])[] = [
    ["a misspelled include", kernel(["//#include", "// #include"]), /expected \/\/#include "…".*got \/\/ #include/],
    ["an unknown directive", kernel(["//#invocations", "//#invocation"]), /got \/\/#invocation /],
    [
      "a count that is missing",
      kernel(["//#invocations (count + 3) / 4 * ceilDiv(count, 2)\n", ""]),
      /expected one \/\/#invocations/,
    ],
    ["a count of something else", kernel(["(count + 3)", "(counts + 3)"]), /expected one of count, factor, got counts/],
    ["a count that does not end", kernel(["(count + 3)", "(count + 3"]), /expected \)/],
    ["a count that goes on", kernel(["ceilDiv(count, 2)", "ceilDiv(count, 2) 5"]), /expected the end/],
    ["a workgroup that invocation() does not count by", kernel(["size(64)", "size(32)"]), /@workgroup_size\(64\)/],
    ["workgroups where each works by itself", kernel(["//#invocations", "//#workgroups"]), /expected \/\/#invocations/],
    ["a parameter that cannot be packed", kernel(["factor: f32", "factor: vec2f"]), /f32, u32, i32, got factor: vec2f/],
    ["a binding out of order", kernel(["@binding(2)", "@binding(3)"]), /binding result is at 3, expected 2/],
    ["a name that nothing has", kernel(["params.factor *", "factor *"]), /kernels\/twice.wgsl:18: .*factor/],
    [
      "types that do not fit",
      kernel(["array<f32>;\n@group(0) @binding(2)", "array<u32>;\n@group(0) @binding(2)"]),
      /twice.wgsl:18/,
    ],
  ];
  test.each(refused)("%s", async (_, text, says) => {
    await expect(build(text)).rejects.toThrow(says);
    await expect(build(text)).rejects.toThrow(/twice\.wgsl/);
  });

  test("an include that is not there", async () => {
    await expect(build(kernel(["shared/invocation", "shared/missing"]))).rejects.toThrow(/missing\.wgsl/);
  });

  test("a form that differs, and one of nothing", async () => {
    const tiled = kernel(["factor: f32", "other: f32"], ["params.factor", "params.other"]);
    await writeFile(join(root, "kernels/twice.tiled.wgsl"), tiled);
    await expect(build(kernel())).rejects.toThrow(/twice\.tiled\.wgsl: its params differ/);
    await rm(join(root, "kernels/twice.tiled.wgsl"));
    await writeFile(join(root, "kernels/thrice.tiled.wgsl"), kernel());
    await expect(build(kernel())).rejects.toThrow(
      /thrice\.tiled\.wgsl: it is a form of .*thrice\.wgsl, which is missing/,
    );
    await rm(join(root, "kernels/thrice.tiled.wgsl"));
  });

  test("a twin that is missing or differs", async () => {
    await build(kernel());
    const kernels = await readKernels(root);
    await expect(checkTwins(root, kernels)).rejects.toThrow(/its twin assembly\/twice\.ts is missing/);
    await mkdir(join(root, "assembly"), { recursive: true });
    const twin = (params: string): string => `export function twice(${params}, begin: u32, end: u32): void {}\n`;
    await writeFile(join(root, "assembly/twice.ts"), twin("values: usize, result: usize, count: u32"));
    await expect(checkTwins(root, kernels)).rejects.toThrow(/the signature of twice differs/);
    await writeFile(join(root, "assembly/twice.ts"), twin("values: usize, result: usize, count: u32, factor: f32"));
    await checkTwins(root, kernels);
  });
});

describe("published WGSL", () => {
  /** What a compiler reads: names, numbers, and the longest signs that there are. */
  const tokens = (code: string): string[] =>
    code.match(/[\w.]+|<<=|>>=|->|&&|\|\||[-+*/%&|^<>=!]=|\+\+|--|<<|>>|\/\*|\/\/|[^\s\w]/g) ?? [];

  test("has the tokens of what it is made from, line by line, and the constants that pipelines set", async () => {
    const every = await readKernels(fileURLToPath(new URL("..", import.meta.url)));
    expect(every.length).toBeGreaterThan(80);
    let [before, after] = [0, 0];
    for (const { code, file, constants } of every) {
      const lines = code.split("\n").map((line) => line.replace(/[ \t]*\/\/.*$/, ""));
      const shorter = lines.map(withoutSpaces);
      lines.forEach((line, i) => expect(tokens(shorter[i]!), `${file}:${i + 1}: ${line}`).toEqual(tokens(line)));
      for (const { name } of constants)
        expect(shorter.join("\n")).toMatch(new RegExp(`^const ${name}: u32 = \\d+u;`, "m"));
      before += lines.join("\n").length;
      after += shorter.join("\n").length;
    }
    expect(after).toBeLessThan(0.9 * before);
  });

  test.each([
    ["  let a = b + c * d[i] - (e % 2u);", "let a=b+c*d[i]-(e%2u);"],
    ["x = -y - -z;", "x=-y - -z;"],
    ["if (a < b && c > d) { return; } else { a += 1u; }", "if(a<b&&c>d){return;}else{a+=1u;}"],
    ["@group(0) @binding(1) var<storage, read> a: array<u32>;", "@group(0)@binding(1)var<storage,read>a:array<u32>;"],
    ["fn f(a: u32) -> u32 { return a / 2u >> 1u; }", "fn f(a:u32)->u32{return a/2u>>1u;}"],
    ["const ROW_QUADS: u32 = 2u; // specialized", "const ROW_QUADS: u32 = 2u; // specialized"],
  ])("%s", (line, expected) => {
    expect(withoutSpaces(line)).toBe(expected);
  });
});
