/** One storage buffer of a kernel, as its WGSL file declares it. */
export interface Binding {
  readonly name: string;
  readonly access: "read" | "write";
  /** The WGSL type, e.g. `array<vec4f, 0>`. */
  readonly type: string;
}

/** One member of a kernel's `struct Params`, a word each. */
export interface Param {
  readonly name: string;
  readonly type: string;
}

/**
 * A kernel in JavaScript, for the WASM device. It computes the elements `begin` to `end` of what the kernel counts.
 * `memory` has a view of each storage by the name of its binding: a Float32Array for bindings of f32 and vectors of it,
 * else a Uint32Array.
 */
export type Twin = (
  memory: Readonly<Record<string, Float32Array | Uint32Array>>,
  params: Readonly<Record<string, number>>,
  begin: number,
  end: number,
) => void;

/**
 * A compute kernel as read from its WGSL file, the only source of its signature. `Arguments` names every binding (a
 * `Storage`), every uniform parameter and every specialized constant (numbers).
 */
export interface Kernel<Arguments> {
  readonly id: string;
  /**
   * The id of the kernel that this is another form of: it has the same signature and gives the same bits, but computes
   * in a way that suits other adapters. It has no twin of its own, and WASM never runs it.
   */
  readonly formOf?: string;
  /** The device that alone runs it; the published library has no `code` of it then. */
  readonly only?: "wasm";
  /** Path from the repository's root, e.g. `kernels/lattice/blur.wgsl`. */
  readonly file: string;
  readonly code: string;
  readonly bindings: readonly Binding[];
  readonly params: readonly Param[];
  /** `const NAME: u32` declarations whose value is set when the pipeline is made; `argument` is its camelCase name. */
  readonly constants: readonly { readonly name: string; readonly argument: string }[];
  /** Whether `count` counts invocations, or workgroups where the kernel's invocations work together. */
  readonly unit: "invocation" | "workgroup";
  /** The number of invocations in a workgroup. */
  readonly workgroupSize: number;
  /** Returns how many invocations or workgroups a dispatch has, by the expression above the kernel's entry point. */
  count(args: Arguments): number;
  /**
   * Returns how many floating-point operations a dispatch takes, those on padding lanes included, where that is far more than one for
   * each byte it moves; a multiply-add counts as two.
   */
  operations?(args: Arguments): number;
  /** The twin of a kernel that `defineKernel` made. The library's kernels have theirs in the WebAssembly module. */
  readonly twin?: Twin;
  /** This field exists only for the type checker; no kernel has it. */
  readonly arguments?: Arguments;
}

/** The arguments of a kernel: storages for its bindings, numbers for its parameters and constants. */
export type ArgumentsOf<Of> = Of extends Kernel<infer Arguments> ? Arguments & object : never;

/** What build/kernels.ts says of a kernel, short, since every page loads it. */
type Described<Arguments> = Pick<Kernel<Arguments>, "formOf" | "only" | "file" | "code" | "count" | "operations"> &
  Partial<Pick<Kernel<Arguments>, "unit" | "workgroupSize">> & {
    /** Names with ! before those that are written, and with the type of the elements behind a colon where it is not u32. */
    readonly bindings: string;
    /** Names, with the type behind a colon where it is not u32. */
    readonly params: string;
    /** Names as in the WGSL, if there are any. */
    readonly constants?: string;
  };

const camelCase = (name: string): string => name.replace(/[._-](\w)/g, (_, letter: string) => letter.toUpperCase());
const listed = <Item>(words: string | undefined, item: (name: string, type: string) => Item): Item[] =>
  (words ?? "").split(" ").flatMap((word) => {
    const [name, type = "u32"] = word.split(":") as [string, string?];
    return name ? [item(name, type)] : [];
  });

/** Makes a kernel of build/kernels.ts, whose id follows from the name of its file. */
export const kernel = <Arguments>(described: Described<Arguments>): Kernel<Arguments> => ({
  unit: "invocation",
  workgroupSize: 64,
  ...described,
  id: camelCase(described.file.replace(/.*\/|\.wgsl$/g, "")),
  bindings: listed(described.bindings, (name, type) => ({
    name: name.replace("!", ""),
    access: name.startsWith("!") ? "write" : "read",
    type: `array<${type}, 0>`,
  })),
  params: listed(described.params, (name, type) => ({ name, type })),
  constants: listed(described.constants, (name) => ({ name, argument: camelCase(name.toLowerCase()) })),
});
