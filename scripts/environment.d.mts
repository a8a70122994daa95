export const OLDEST_MESA: number;
export const NEWER_NODE: { readonly package: string; readonly version: string };
export function findChromium(): Promise<string | undefined>;
export function hasVulkanLoader(): boolean;
export function mesaVersion(): number | undefined;
export function findLavapipe(): string | undefined;
export function findRadv(): string | undefined;
export function findCompiler(): string | undefined;
export function canCompile(): boolean;
export function findSwiftShader(chromium?: string): string | undefined;
export function nodeFolder(version: string): string;
export function findNewerNode(): string | undefined;
export function findNode(version: string): string | undefined;
export function findDeno(): Promise<string>;
export function vulkanEnvironment(chromium?: string): Record<string, string>;
export function findMpirun(name: "mpich" | "openmpi"): string | undefined;
export type Found =
  | "chromium"
  | "vulkan-loader"
  | "lavapipe"
  | "swiftshader"
  | "newer-node"
  | "c-compiler"
  | "mpich"
  | "openmpi";
export function findAll(): Promise<Record<Found, string | undefined>>;
