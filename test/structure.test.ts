import { readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { basename, posix } from "node:path";
import { createContext, runInContext } from "node:vm";
import { build } from "esbuild";
import { beforeAll, describe, expect, test } from "vitest";
import packageJson from "../package.json" with { type: "json" };
import { floors } from "../bench/floors.ts";
import * as kernelModule from "../build/kernels.ts";
import { entries, importName, packageFields } from "../scripts/entries.mjs";
import type { Kernel } from "../src/kernel.ts";
import { kernelForms } from "../src/nn/tune.ts";
import { root } from "./hosts/folders.ts";

/** Files among the ops that put ops of several concepts together; the others run the kernels of their own concept. */
const composites = [
  "lattice/(lattice|readLattice|normalization|filterChannels|featureGradient|taps|filter|upsample)",
  "crf/(options|bandwidths|filteredQuads|onVertices|messagePassing|lattices|guideLattices|prune|crfRnn|denseCrf)",
  "nn/(convolution|patches|winograd|chooseAlgorithm|conv2d|convTranspose2d|tune)",
  "optim/(optimizer|accumulate|sgd|adam)",
].join("|");

/** ARCHITECTURE.md's layers, lowest first; a file may import from its own layer and those below. */
const LAYERS: readonly (readonly [name: string, files: RegExp])[] = [
  ["the version", /^package\.json$/],
  [
    "errors, shape",
    /^src\/(errors|values|options|description|quote|budget|shape|float16|layout|held|scope|turn|mismatches|ignoreLabel|warnings)\.ts$|^src\/diagnosis\//,
  ],
  ["kernel types, Device interface", /^(src\/(kernel|device\/device)\.ts|build\/)/],
  [
    "tensor, tape",
    /^src\/(tensor|labels|loading|defineKernel|inputs|elementwise|addUnrecorded|tape|device\/(flags|ranges|readTogether|work|workspace))\.ts$/,
  ],
  ["devices", /^src\/device\/(?!open)/],
  ["shared ops", /^src\/shared\//],
  ["ops", new RegExp(`^src/(?!(${composites})\\.ts$)(lattice|crf|nn|optim)/`)],
  ["composites", new RegExp(`^src/(${composites})\\.ts$`)],
  ["models", /^src\/models\//],
  [
    "checkpoint, data, train, search, study, pictures, stream",
    /^src\/(checkpoint|data|train|search|study|pictures|stream)\//,
  ],
  ["open, index", /^src\/(device\/open|index|worker)\.ts$/],
  ["bridges", /^src\/bridges\//],
  ["distributed", /^src\/distributed\//],
  ["cli, bench", /^(src\/cli|scripts|bench)\//],
];

const layerOf = (file: string): number => LAYERS.findIndex(([, files]) => files.test(file));
const DEVICES = LAYERS.findIndex(([name]) => name === "devices");
const OPEN = LAYERS.findIndex(([name]) => name === "open, index");

const list = (folder: string, suffix: string): string[] =>
  readdirSync(`${root}${folder}`, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(suffix))
    .map((file) => `${folder}/${file}`)
    .sort();

const sources = list("src", ".ts");
const text = (file: string): string => readFileSync(`${root}${file}`, "utf8");

const kernelsById = kernelModule as Record<string, Kernel<unknown>>;

/** Imports at run time: esbuild leaves out those that are only of types. */
let imports: { readonly from: string; readonly to: string; readonly external: boolean }[];

beforeAll(async () => {
  const { metafile } = await build({
    entryPoints: sources,
    absWorkingDir: root,
    outdir: "unused",
    bundle: true,
    write: false,
    metafile: true,
    format: "esm",
    platform: "node",
    packages: "external",
  });
  imports = Object.entries(metafile.inputs).flatMap(([from, input]) =>
    input.imports.map(({ path, external = false }) => ({ from, to: path, external })),
  );
});

/** All imports within src/ and bench/, those of types included, which esbuild does not see. */
const withTypes = [...sources, ...list("bench", ".ts")].flatMap((from) =>
  [...text(from).matchAll(/^(?:import|export)\b[^;]*?\bfrom "(\.[^"]+)";/gm)].map(([, path]) => ({
    from,
    to: posix.join(posix.dirname(from), path!),
  })),
);

const within = (): typeof imports => imports.filter(({ external }) => !external);
const line = ({ from, to }: { from: string; to: string }): string => `${from} imports ${to}`;

type Edges = readonly { readonly from: string; readonly to: string }[];

/** Files that `file` reaches by imports, itself included. */
function reachable(file: string, edges: Edges = within()): Set<string> {
  const seen = new Set([file]);
  for (const reached of seen) for (const { from, to } of edges) if (from === reached) seen.add(to);
  return seen;
}

/** Files that reach themselves, sorted. */
const cyclic = (edges: Edges): string[] =>
  [...new Set(edges.filter(({ from, to }) => reachable(to, edges).has(from)).map(({ from }) => from))].sort();

describe("imports", () => {
  test("every file has a layer", () => {
    expect([...sources, ...within().map(({ to }) => to)].filter((file) => layerOf(file) < 0)).toEqual([]);
  });

  test("lead only to the same layer or one below", () => {
    expect(
      within()
        .filter(({ from, to }) => layerOf(to) > layerOf(from))
        .map(line),
    ).toEqual([]);
  });

  test("only open, index and cli know the devices, and the devices not each other", () => {
    const wrong = within().filter(({ from, to }) => {
      if (layerOf(to) !== DEVICES) return false;
      if (layerOf(from) !== DEVICES) return layerOf(from) < OPEN;
      return /webgpu|pipelines|bufferPool/.test(from)
        ? /wasm|threads|heap/.test(to)
        : /webgpu|pipelines|bufferPool/.test(to);
    });
    expect(wrong.map(line)).toEqual([]);
  });

  test("form no cycle", () => {
    expect(cyclic(within())).toEqual([]);
  });

  test("form one cycle where types count: a device makes tensors, labels and scopes, and each of these knows its device", () => {
    // Held is what tensors and labels are by class; a scope disposes of what it holds, and what it holds knows its scope.
    expect(cyclic(withTypes)).toEqual([
      "src/device/device.ts",
      "src/held.ts",
      "src/labels.ts",
      "src/scope.ts",
      "src/tensor.ts",
    ]);
  });

  test("of ops lead to shared ops and to their own room: putting rooms together is for composites", () => {
    const ops = LAYERS.find(([name]) => name === "ops")![1];
    const room = (file: string): string => file.split("/")[1]!;
    const rooms = ["lattice", "crf", "nn", "optim"];
    const wrong = withTypes.filter(
      ({ from, to }) => ops.test(from) && rooms.includes(room(to)) && room(to) !== room(from),
    );
    expect(wrong.map(line)).toEqual([]);
  });

  test.each(Object.entries(entries).filter(([, { alone }]) => alone))(
    "from the entry %s on reach no package and no built-in of Node",
    (_, { source }) => {
      const library = reachable(source);
      const outside = imports.filter(({ from, external }) => external && library.has(from));
      expect(outside.map(line)).toEqual([]);
    },
  );

  test.each(Object.entries(entries))(
    "from the entry %s on reach no built-in of Node when they are loaded",
    (_, { source }) => {
      const library = reachable(source);
      const builtIn = imports.filter(({ from, to, external }) => external && library.has(from) && isBuiltin(to));
      expect(builtIn.map(line)).toEqual([]);
    },
  );

  test("have no effect: they need nothing but the language, and add nothing to it", async () => {
    const stdin = { contents: 'export * from "./src/index.ts";', resolveDir: root };
    const options = { bundle: true, write: false, format: "iife", globalName: "library", target: "es2022" } as const;
    const { outputFiles } = await build({ ...options, stdin });
    // A bare context: no process, navigator, Worker, fetch, timers or console.
    const context = createContext({});
    const names = (): string[] => runInContext("Object.getOwnPropertyNames(globalThis)", context);
    const before = names();
    runInContext(outputFiles[0]!.text, context);
    expect(names().filter((name) => !before.includes(name))).toEqual(["library"]);
  });
});

describe("the entries", () => {
  test("are in package.json as scripts/entries.mjs has them: node scripts/entries.mjs --write brings it up to date", () => {
    expect(packageJson).toMatchObject(packageFields());
    expect(Object.keys(packageJson.exports)).toEqual(Object.keys(packageFields().exports as object));
  });

  test("say what they are in a comment with @module, which the site shows", () => {
    const silent = Object.values(entries).filter(
      ({ source }) => !/^\/\*\*(?:(?!\*\/)[^])* @module\b/.test(text(source)),
    );
    expect(silent).toEqual([]);
  });

  test("are what tsconfig.json finds their names at", () => {
    const { paths } = (JSON.parse(text("tsconfig.json")) as { compilerOptions: { paths: object } }).compilerOptions;
    expect(paths).toEqual(
      Object.fromEntries(Object.entries(entries).map(([name, { source }]) => [importName(name), [`./${source}`]])),
    );
  });
});

describe("one concept, one path", () => {
  const forms = Object.values(kernelsById).filter(({ formOf }) => formOf);
  const kernels = list("kernels", ".wgsl").filter((file) => text(file).includes("@compute"));
  const own = kernels.filter((kernel) => !forms.some(({ file }) => file === kernel));

  test("every form has the signature of a kernel, and is one that tune() can choose", () => {
    for (const form of forms) {
      const { bindings, params, constants } = kernelsById[form.formOf!]!;
      expect(form).toMatchObject({ bindings, params, constants });
    }
    const chosen = kernelForms.flatMap(({ usual, others }) => others.map(({ kernel }) => [usual.kernel.id, kernel.id]));
    expect(chosen.sort()).toEqual(forms.map(({ id, formOf }) => [formOf, id]).sort());
  });

  test("every kernel keeps to what compatibility mode allows: 128 invocations a workgroup, and 8 buffers", () => {
    const large = Object.values(kernelsById).filter(
      ({ workgroupSize, bindings }) => workgroupSize > 128 || bindings.length > 8,
    );
    expect(large.map(({ file }) => file)).toEqual([]);
  });

  test("every kernel has a twin in assembly/, and every twin a kernel", () => {
    const wgsl = own.map((file) => file.slice("kernels/".length, -".wgsl".length));
    const assembly = list("assembly", ".ts").filter((file) => text(file).includes("begin: u32"));
    expect(assembly.map((file) => file.slice("assembly/".length, -".ts".length)).sort()).toEqual(wgsl.sort());
  });

  test("every kernel has its floor in bench/, by its own name; those of kernels/bench are what bench is made of", () => {
    const measured = own.filter((kernel) => !kernel.startsWith("kernels/bench/")).sort();
    const declared = list("bench", ".bench.ts").map((file) =>
      file.replace(/^bench\/(.*)\.bench\.ts$/, "kernels/$1.wgsl"),
    );
    expect(declared.sort()).toEqual(measured);
    expect(floors.map(({ kernel }) => kernel.file).sort()).toEqual(measured);
  });

  test("every kernel has its suite, with its forms and its pullback", () => {
    const suites = list("test", ".suite.ts").map((file) => file.slice("test/".length, -".suite.ts".length));
    const concepts = own.map((file) => file.slice("kernels/".length).replace(/^([^.]*).*/, "$1"));
    expect([...new Set(concepts)].filter((concept) => !suites.includes(concept))).toEqual([]);
  });

  test("every kernel is run by the source file of its own name only; those of kernels/shared by any", () => {
    // It runs none: it names those that others run, to have them compiled.
    const running = sources.filter((file) => file !== "src/crf/ahead.ts");
    const users = running.flatMap((file) =>
      [...text(file).matchAll(/^import \{([^}]+)\} from "[./]*build\/kernels\.ts"/gm)].flatMap(([, names]) =>
        names!.match(/\w+(?: as \w+)?/g)!.map((name) => ({ file, kernel: kernelsById[name.split(" ")[0]!]!.file })),
      ),
    );
    const single = kernels.filter((kernel) => !/^kernels\/(shared|bench)\//.test(kernel));
    const used = single.map((kernel) => ({
      kernel,
      by: users.filter((user) => user.kernel === kernel).map((u) => u.file),
    }));
    const expected = single.map((kernel) => {
      const [, room, name] = /^kernels\/(.+)\/([^/.]+)[^/]*\.wgsl$/.exec(kernel)!;
      return { kernel, by: [`src/${room}/${name}.ts`] };
    });
    expect(used).toEqual(expected);
  });

  test("no name that says nothing, and one index only", () => {
    const everything = [...sources, ...list("kernels", ".wgsl"), ...list("assembly", ".ts")];
    expect(everything.filter((file) => /util|helper|manager|common/i.test(basename(file)))).toEqual([]);
    expect(sources.filter((file) => basename(file) === "index.ts")).toEqual(["src/index.ts"]);
  });
});

describe("the glossary", () => {
  test("writes as code what occurs in the code, and names files that are there", () => {
    const folders = { ".ts": ["src", "assembly", "test", "bench"], ".wgsl": ["kernels"], ".mjs": ["scripts"] };
    const files = Object.entries(folders).flatMap(([suffix, all]) => all.flatMap((folder) => list(folder, suffix)));
    const known = new Set(files.flatMap((file) => text(file).match(/[A-Za-z_]\w*/g) ?? []));
    const spans = [...text("docs/glossary.md").matchAll(/`([^`]+)`/g)].map(([, span]) => span!);
    const paths = spans.filter((span) => /^\w+\/[\w./]*\.\w+$/.test(span));
    expect(paths.length).toBeGreaterThan(20);
    expect(paths.filter((path) => !files.includes(path))).toEqual([]);
    const words = spans.filter((span) => !paths.includes(span)).flatMap((span) => span.match(/[A-Za-z_]\w*/g) ?? []);
    expect(words.length).toBeGreaterThan(40);
    expect(words.filter((word) => !known.has(word))).toEqual([]);
  });
});

describe("classes", () => {
  test("write #name, which is private at run time, too, and the word before constructors alone", () => {
    const byWord = /^[^*/\n]*\bprivate (?!constructor\b)(?=[\w#])/m;
    const classes = [...sources, ...list("lab/src", ".ts"), ...list("lab/src", ".tsx")];
    expect(byWord.test("  constructor(private readonly shape: Shape) {}")).toBe(true);
    expect(classes.filter((file) => byWord.test(text(file)))).toEqual([]);
  });
});

describe("the library", () => {
  const library = sources.filter((file) => !file.startsWith("src/cli/"));

  test("prints nothing but warnings, to the console, unless they are asked for elsewhere", () => {
    // Examples in doc comments may print.
    const code = (file: string): string => text(file).replace(/^ *\*.*$/gm, "");
    const others = library.filter((file) => file !== "src/warnings.ts");
    expect(others.filter((file) => /\bconsole\.\w+\(|process\.std(out|err)/.test(code(file)))).toEqual([]);
  });

  test("throws its own errors only", () => {
    const plain = /throw new (Error|TypeError|RangeError|SyntaxError)\(/;
    expect(library.filter((file) => plain.test(text(file)))).toEqual([]);
  });
});
