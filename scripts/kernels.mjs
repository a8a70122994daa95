// Reads kernels/**/*.wgsl, the only source of every kernel's signature, and holds the AssemblyScript twins to it, and the
// other forms of a kernel: `<kernel>.<form>.wgsl`, the same results computed in another way.
import { readFile } from "node:fs/promises";
import { basename, dirname, join, posix, relative } from "node:path";
import { glob } from "./files.mjs";
import { WgslReflect } from "wgsl_reflect/wgsl_reflect.module.js";

const includeDirective = /^\/\/#include "(.+)"$/gm;
/** Above the entry point: what a dispatch counts, and how many there are, over parameters and specialized constants. */
const countDirective = /^\/\/#(invocations|workgroups) (.+)\n@compute @workgroup_size\((\d+)\)/gm;
/**
 * What a kernel computes at the least that takes long beyond what it moves: floating-point operations, those on padding lanes included. Forms share
 * the line with their operands.
 */
const operationsDirective = /^\/\/#operations (.+)$/gm;
/** A kernel that the library runs on this device alone: what it publishes goes without the WGSL, which tests compare the twin with. */
const deviceDirective = /^\/\/#device (wasm)$/m;
/** The size that `invocation` of kernels/shared/invocation.wgsl takes for granted. */
const commonWorkgroupSize = 64;
/** What a uniform block is packed from: see `run` of src/device/webgpu.ts. */
const packable = ["f32", "u32", "i32"];
/** Names of forms: `tiled` and `small` go through tiles in workgroup memory, `subgroup` from register to register. */
const formSuffix = /\.(tiled|small|subgroup)\.wgsl$/;
const specializedConstant = /^const ([A-Z_0-9]+): u32 = \d+u; \/\/ specialized/gm;

/** `hash.insert` → `hashInsert`, `NEIGHBOR_COUNT` → `neighborCount`. */
export const camelCase = (name) => name.replace(/[.-](\w)/g, (_, letter) => letter.toUpperCase());
const constantName = (name) => name.toLowerCase().replace(/_(\w)/g, (_, letter) => letter.toUpperCase());

async function withIncludes(file, seen = new Set()) {
  if (seen.has(file)) return "";
  seen.add(file);
  const text = await readFile(file, "utf8");
  const stray = text
    .split("\n")
    .find(
      (line) =>
        /^\s*\/\/\s*#\w/.test(line) &&
        !/^\/\/#(include "[^"]+"$|device wasm$|(invocations|workgroups|operations) \S)/.test(line),
    );
  if (stray) {
    throw new Error(
      `${file}: expected //#include "…", //#invocations …, //#workgroups …, //#operations … or //#device wasm, got ${stray.trim()}`,
    );
  }
  const included = [];
  // Included text goes behind the file's own, so that the compiler's line numbers stay those of the file.
  for (const [, path] of text.matchAll(includeDirective)) {
    included.push(await withIncludes(join(dirname(file), path), seen));
  }
  return [text, ...included].join("\n");
}

/** One kernel's descriptor: what `src/kernel.ts` calls a `Kernel`. */
async function describe(root, file) {
  const path = posix.normalize(relative(root, file));
  const code = await withIncludes(file);
  let module;
  try {
    // Only declarations matter here, and the parser takes some comparisons and shifts in bodies for templates.
    module = new WgslReflect(code.replace(/^(fn [^{]*)\{[\s\S]*?^\}/gm, "$1{}"));
  } catch (error) {
    throw new Error(`${path}: ${error.message ?? JSON.stringify(error)}`, { cause: error });
  }
  if (module.entry.compute.length === 0) {
    if (code.includes("@compute"))
      throw new Error(`${path}: no entry point found; a function's body must end in a line of its own`);
    return undefined; // a file that others include
  }
  const bindings = module.storage
    .map(({ name, binding, access, type }) => ({
      name,
      binding,
      access: access === "read" ? "read" : "write",
      type: type.getTypeName(),
    }))
    .sort((a, b) => a.binding - b.binding);
  bindings.forEach(({ name, binding }, index) => {
    if (binding !== index + 1)
      throw new Error(`${path}: binding ${name} is at ${binding}, expected ${index + 1} (0 is params)`);
  });
  const uniform = module.uniforms[0];
  const unpackable = uniform?.type.members.find(({ type }) => !packable.includes(type.name));
  if (unpackable) {
    const { name, type } = unpackable;
    throw new Error(`${path}: expected parameters of type ${packable.join(", ")}, got ${name}: ${type.name}`);
  }
  return {
    id: camelCase(basename(file, ".wgsl")),
    ...(formSuffix.test(file) ? { formOf: camelCase(basename(file).replace(formSuffix, "")) } : {}),
    ...(deviceDirective.test(code) ? { only: "wasm" } : {}),
    file: path,
    code,
    bindings: bindings.map(({ name, access, type }) => ({ name, access, type })),
    params: (uniform?.type.members ?? []).map(({ name, type }) => ({ name, type: type.name })),
    constants: [...code.matchAll(specializedConstant)].map(([, name]) => ({ name, argument: constantName(name) })),
    ...dispatchOf(path, code),
    operations: [...code.matchAll(operationsDirective)][0]?.[1],
  };
}

/** How a kernel is dispatched, from the directive above its entry point. */
function dispatchOf(path, code) {
  const found = [...code.matchAll(countDirective)];
  if (found.length !== 1) {
    throw new Error(`${path}: expected one //#invocations or //#workgroups above @compute @workgroup_size(number)`);
  }
  const [[, unit, count, size]] = found;
  const workgroupSize = Number(size);
  // Where invocations work together, the work has to be counted in workgroups.
  const together = /^(var<workgroup>|enable subgroups;)/m.test(code);
  if (together !== (unit === "workgroups")) {
    throw new Error(
      `${path}: expected //#${together ? "workgroups" : "invocations"}, as its invocations work ${together ? "together" : "each by itself"}`,
    );
  }
  if (!together && workgroupSize !== commonWorkgroupSize) {
    throw new Error(
      `${path}: expected @workgroup_size(${commonWorkgroupSize}), which invocation() counts by, got ${size}`,
    );
  }
  return { unit: unit.slice(0, -1), workgroupSize, count };
}

/** JavaScript of a count: the same expression, whose divisions are WGSL's of whole numbers. */
function countFunction({ file, params, constants }, count) {
  const names = new Set([...params.map(({ name }) => name), ...constants.map(({ argument }) => argument)]);
  const used = new Set();
  let at = 0;
  const fail = (expected) => new Error(`${file}: count "${count}": expected ${expected} at "${count.slice(at)}"`);
  const take = (pattern) => {
    const found = new RegExp(`^ *(${pattern})`).exec(count.slice(at));
    if (found) at += found[0].length;
    return found?.[1];
  };
  const need = (pattern, what) => take(pattern) ?? raise(fail(what));
  const factor = () => {
    if (take("\\(")) return `(${[sum(), need("\\)", ")")][0]})`;
    const number = take("\\d+");
    if (number) return number;
    const name = need("[a-z]\\w*", "a number, a parameter or ceilDiv(a, b)");
    if (name !== "ceilDiv") {
      if (!names.has(name))
        throw new Error(`${file}: count "${count}": expected one of ${[...names].join(", ")}, got ${name}`);
      used.add(name);
      return name;
    }
    need("\\(", "(");
    const dividend = [sum(), need(",", ",")][0];
    return `Math.ceil((${dividend}) / (${[sum(), need("\\)", ")")][0]}))`;
  };
  const term = () => {
    let text = factor();
    for (let sign = take("[*/]"); sign; sign = take("[*/]")) {
      text = sign === "*" ? `${text} * ${factor()}` : `Math.floor(${text} / ${factor()})`;
    }
    return text;
  };
  const sum = () => {
    let text = term();
    for (let sign = take("[+-]"); sign; sign = take("[+-]")) text = `${text} ${sign} ${term()}`;
    return text;
  };
  const body = sum();
  if (at < count.length) throw fail("the end");
  return `(${used.size > 0 ? `{ ${[...used].join(", ")} }` : ""}) => ${body}`;
}

function raise(error) {
  throw error;
}

export async function readKernels(root) {
  const kernels = [];
  for (const file of await glob(join(root, "kernels"), ".wgsl")) {
    const kernel = await describe(root, file);
    if (!kernel) continue;
    if (kernels.some(({ id }) => id === kernel.id))
      throw new Error(`${kernel.file}: the kernel id ${kernel.id} is taken`);
    kernels.push(kernel);
  }
  for (const form of kernels.filter(({ formOf }) => formOf)) checkForm(form, kernels);
  return kernels;
}

/** Fails unless a form has the signature of its kernel, which stands in the same folder. */
function checkForm(form, kernels) {
  const file = form.file.replace(formSuffix, ".wgsl");
  const kernel = kernels.find((other) => other.file === file);
  if (!kernel) throw new Error(`${form.file}: it is a form of ${file}, which is missing`);
  for (const part of ["bindings", "params", "constants"]) {
    const [expected, found] = [JSON.stringify(kernel[part]), JSON.stringify(form[part])];
    if (expected === found) continue;
    throw new Error(`${form.file}: its ${part} differ from ${file}\n  expected ${expected}\n  found    ${found}`);
  }
}

/** The parameter list that the AssemblyScript twin of a kernel must have. */
function twinParameters({ bindings, params, constants }) {
  return [
    ...bindings.map(({ name }) => `${name}: usize`),
    ...params.map(({ name, type }) => `${name}: ${type}`),
    ...constants.map(({ argument }) => `${argument}: u32`),
    "begin: u32",
    "end: u32",
  ];
}

/** Kernels that have a twin: a form has its kernel's. */
export const twinned = (kernels) => kernels.filter(({ formOf }) => !formOf);

/** Fails unless assembly/<room>/<name>.ts exports the kernel's twin with the kernel's own signature. */
export async function checkTwins(root, kernels) {
  for (const kernel of twinned(kernels)) {
    const twin = kernel.file.replace(/^kernels/, "assembly").replace(/\.wgsl$/, ".ts");
    const text = await readFile(join(root, twin), "utf8").catch(() => {
      throw new Error(`${kernel.file}: its twin ${twin} is missing`);
    });
    const found = text.match(new RegExp(`export function ${kernel.id}\\(([^)]*)\\): void`))?.[1];
    if (found === undefined) throw new Error(`${twin}: expected "export function ${kernel.id}(…): void"`);
    const actual = found
      .split(",")
      .map((part) => part.trim().replace(/\s+/g, " "))
      .filter(Boolean);
    const expected = twinParameters(kernel);
    if (actual.join(", ") !== expected.join(", ")) {
      throw new Error(
        `${twin}: the signature of ${kernel.id} differs from ${kernel.file}\n  expected (${expected.join(", ")})\n  found    (${actual.join(", ")})`,
      );
    }
  }
}

/** A binding or a parameter in a word, as src/kernel.ts reads it. */
const mark = (access, name, type) => `${access === "write" ? "!" : ""}${name}${type === "u32" ? "" : `:${type}`}`;

/** The type of a binding's elements, without a space, by which words are told apart. */
const elementOf = (file, type) =>
  /^array<(\S+), 0>$/.exec(type)?.[1] ?? raise(new Error(`${file}: expected a binding array<…>, got ${type}`));

/** An object with a function in it. */
const literal = (json, functions) =>
  `${[json.slice(0, -1), ...Object.entries(functions).map(([name, text]) => `"${name}":${text}`)].join(",")}}`;

/** Half of what is carried is comments; lines and columns stay as they are, so that a compiler's messages are true. */
const withoutComments = (code) => code.replace(/[ \t]*\/\/.*$/gm, "");

/**
 * A line of WGSL without the spaces that begin it or lie between a name, a number or a parenthesis and a sign. Signs that could become others with
 * what is beside them keep theirs, as do constants that src/device/pipelines.ts looks for.
 */
export const withoutSpaces = (line) =>
  /^const [A-Z_0-9]+: u32 = \d+u;/.test(line)
    ? line
    : line
        .trimStart()
        .replaceAll(/(?<=[\w)\]]) ([-=+*/%|&^<>]|[-+*=!<>]=|->|&&|\|\||<<|>>) (?=[\w(])/g, "$1")
        .replaceAll(/(?<=[\w)\]>])([,:;]) (?=[-\w(@])/g, "$1")
        .replaceAll(/(?<=[\w)\]]) = (?=[-!])/g, "=")
        .replaceAll(
          /(?<=[{};]) (?=[\w}])|(?<=[\w)>]) (?=[{@])|(?<=[)>]) (?=\w)|(?<=\b(?:if|for|while|return)) (?=\()/g,
          "",
        );

/** Bundles build/kernels.ts without the WGSL that only tests run, and that of all others without most spaces; lines stay what they are. */
export const withoutUnusedWgsl = {
  name: "without unused WGSL",
  setup({ onLoad }) {
    onLoad({ filter: /[/\\]build[/\\]kernels\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      const unused = /("only":"wasm","file":"[^"]*","code":)"(?:[^"\\]|\\.)*"/g;
      const used = text.replace(unused, '$1""');
      const code = /(?<="code":)"(?:[^"\\]|\\.)*"/g;
      const shorter = (json) => JSON.stringify(JSON.parse(json).split("\n").map(withoutSpaces).join("\n"));
      return { contents: used.replace(code, shorter), loader: "ts" };
    });
  },
};

/** TypeScript source of build/kernels.ts: every kernel with the types of its arguments. */
export function kernelsModule(kernels) {
  const entries = kernels.map(({ id, ...rest }) => {
    const fields = [
      ...rest.bindings.map(({ name }) => `${name}: Storage`),
      ...rest.params.map(({ name }) => `${name}: number`),
      ...rest.constants.map(({ argument }) => `${argument}: number`),
    ];
    const { count, operations, ...described } = { ...rest, code: withoutComments(rest.code) };
    const usual = { unit: "invocation", workgroupSize: commonWorkgroupSize };
    const plain = {
      ...Object.fromEntries(Object.entries(described).filter(([name, value]) => value !== usual[name])),
      bindings: rest.bindings.map(({ name, access, type }) => mark(access, name, elementOf(rest.file, type))).join(" "),
      params: rest.params.map(({ name, type }) => mark("read", name, type)).join(" "),
      constants: rest.constants.map(({ name }) => name).join(" ") || undefined,
    };
    const functions = {
      count: countFunction(rest, count),
      ...(operations && { operations: countFunction(rest, operations) }),
    };
    return `export const ${id}: Kernel<{ ${fields.join("; ")} }> = /* @__PURE__ */ kernel(${literal(JSON.stringify(plain), functions)});\n`;
  });
  return `// Generated by scripts/build.mjs from kernels/; do not edit.\nimport { type Kernel, kernel } from "../src/kernel.ts";\nimport type { Storage } from "../src/device/device.ts";\n\n${entries.join("\n")}`;
}
