import { ShapeError, ValueError } from "./errors.ts";
import type { Storage } from "./device/device.ts";
import type { Binding, Kernel, Twin } from "./kernel.ts";
import { type Names, requireOptions } from "./options.ts";
import { kindOf, requireChoice } from "./values.ts";

/** The most bytes that the uniform block of a kernel may have: see `uniformStride` of src/device/webgpu.ts. */
const mostParams = 64;
/** The number of storage buffers that every WebGPU device lets a kernel have. */
const mostBindings = 8;

/** A uniform parameter, in the order of the WGSL's `struct Params`. */
export interface ParamDefinition {
  readonly name: string;
  readonly type: "f32" | "u32" | "i32";
}

/** The arguments of a kernel: a storage for each binding, a number for each parameter. */
export type DefinedArguments<Bindings extends readonly Binding[], Params extends readonly ParamDefinition[]> = Readonly<
  Record<Bindings[number]["name"], Storage> & Record<Params[number]["name"], number>
>;

/** The definition of a kernel outside this library. */
export interface KernelDefinition<Bindings extends readonly Binding[], Params extends readonly ParamDefinition[]> {
  /** The name of the kernel in errors and traces; a path is a good name. */
  readonly id: string;
  /**
   * WGSL with an entry point `main`. The uniform block `params` is at binding 0 of group 0, and the storages follow
   * from binding 1 on, in the order of `bindings`. A grid of workgroups may fold over y, because one axis holds 65,535
   * of them. The index of an invocation is therefore `id.y * workgroupCount.x * workgroupSize + id.x`, where `id` is
   * its global_invocation_id and `workgroupCount` is num_workgroups.
   */
  readonly code: string;
  readonly bindings: Bindings;
  readonly params: Params;
  /** The number in `@workgroup_size(…)`. Default: 64. */
  readonly workgroupSize?: number;
  /** Whether `count` counts invocations (the default) or workgroups. */
  readonly unit?: "invocation" | "workgroup";
  readonly count: (args: DefinedArguments<Bindings, Params>) => number;
  /** The same computation in JavaScript, for the WASM device. Without it the kernel runs on WebGPU alone. */
  readonly twin?: Twin;
}

const definitionNames: Names<KernelDefinition<[], []>> = {
  id: true,
  code: true,
  bindings: true,
  params: true,
  workgroupSize: true,
  unit: true,
  count: true,
  twin: true,
};

/**
 * Makes a kernel for `device.run`, and for ops that get a gradient by `record`. The build reads the library's own
 * kernels from their WGSL and checks what is taken on trust here: that the bindings and parameters are those of the
 * code.
 * @throws ValueError, ShapeError for more than 8 bindings or 64 parameters
 * @example
 * // For an op around it, with a gradient, see examples/own-op.
 * const negate = defineKernel({
 *   id: "negate",
 *   bindings: [
 *     { name: "values", access: "read", type: "array<f32>" },
 *     { name: "result", access: "write", type: "array<f32>" },
 *   ],
 *   params: [{ name: "count", type: "u32" }],
 *   count: ({ count }) => count,
 *   code: wgsl,
 *   twin: ({ values, result }, _, begin, end) => {
 *     for (let i = begin; i < end; i++) result![i] = -values![i]!;
 *   },
 * });
 * const result = values.like();
 * device.run(negate, { values: values.storage, result: result.storage, count: values.storage.bytes / 4 });
 */
export function defineKernel<
  const Bindings extends readonly Binding[],
  const Params extends readonly ParamDefinition[],
>(definition: KernelDefinition<Bindings, Params>): Kernel<DefinedArguments<Bindings, Params>> {
  const where = "defineKernel";
  requireOptions(where, definition, definitionNames);
  const { id, code, bindings, params, workgroupSize = 64, unit = "invocation", count, twin } = definition;
  if (typeof code !== "string" || !/@compute/.test(code) || !/\bfn main\b/.test(code)) {
    const remedy = "write @compute @workgroup_size(64) fn main(…) { … }";
    throw new ValueError({ where, expected: "WGSL with an entry point main", got: kindOf(code), remedy });
  }
  if (typeof count !== "function") {
    const remedy = "pass a function of the arguments, such as ({ count }) => count";
    throw new ValueError({ where, expected: "a count", got: kindOf(count), remedy });
  }
  requireChoice(where, "unit", unit, ["invocation", "workgroup"]);
  if (bindings.length > mostBindings || params.length > mostParams) {
    throw new ShapeError({
      where,
      expected: `at most ${mostBindings} bindings and ${mostParams} parameters`,
      got: `${bindings.length} and ${params.length}`,
      remedy: "pack several arrays into one",
    });
  }
  return {
    id,
    file: id,
    code,
    bindings,
    params,
    constants: [],
    unit,
    workgroupSize,
    count,
    twin,
  };
}
