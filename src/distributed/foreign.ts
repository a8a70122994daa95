import { DeviceError } from "../errors.ts";

/** What a C function takes and gives: an `int`, an address that is passed on unseen, or the bytes of an array. */
export type Word = "int" | "address" | "bytes";

/** The functions of a library, each with its result, which comes first, and its parameters. */
export type Signatures = Readonly<Record<string, readonly [result: Word, ...parameters: Word[]]>>;

type Argument = number | object | bigint | null;

/** A C function. An `int` comes as a number; an address is whatever the host makes of it, good for being passed on. */
export type Foreign = (...values: readonly Argument[]) => unknown;

/** An open library, from which functions are taken. */
export interface ForeignLibrary {
  /** @throws Error where the library lacks one of them */
  bind<Names extends string>(signatures: Readonly<Record<Names, Signatures[string]>>): Readonly<Record<Names, Foreign>>;
}

/** Opens a shared library by the name that the system's linker knows or by its path; undefined where there is none. */
export type OpenLibrary = (name: string) => ForeignLibrary | undefined;

/**
 * The host's way to call C: Deno has its own, Node takes the package `koffi`, which a user installs who needs it. (Node 26 has
 * one behind a flag; when it is there without one, koffi can go.)
 * @throws DeviceError where koffi is missing
 */
export async function foreignLibraries(): Promise<OpenLibrary> {
  const { Deno } = globalThis as unknown as { Deno?: DenoForeign };
  return Deno ? inDeno(Deno) : inNode(await loadKoffi());
}

/** What of koffi is used. */
interface Koffi {
  load(name: string): { func(name: string, result: string, parameters: readonly string[]): Foreign };
}

async function loadKoffi(): Promise<Koffi> {
  const name = ["kof", "fi"].join(""); // A name that no bundler can compute.
  const loading = import(/* @vite-ignore */ name) as Promise<{ default: Koffi }>;
  const found = await loading.catch((cause: unknown) => {
    throw new DeviceError(
      {
        where: "--distributed mpi",
        expected: "the package koffi, by which Node calls the system's MPI",
        got: "none",
        remedy: "npm install koffi",
      },
      { cause },
    );
  });
  return found.default;
}

const koffiWords: Readonly<Record<Word, string>> = { int: "int", address: "void *", bytes: "void *" };

function inNode(koffi: Koffi): OpenLibrary {
  return (name) => {
    let library: ReturnType<Koffi["load"]>;
    try {
      library = koffi.load(name);
    } catch {
      return undefined;
    }
    return {
      bind: (signatures) =>
        mapped(signatures, (symbol, [result, ...parameters]) =>
          library.func(
            symbol,
            koffiWords[result],
            parameters.map((word) => koffiWords[word]),
          ),
        ),
    };
  };
}

/** What of Deno is used. */
interface DenoForeign {
  dlopen(
    name: string,
    symbols: Readonly<Record<string, object>>,
  ): { readonly symbols: Readonly<Record<string, Foreign>> };
}

const denoWords: Readonly<Record<Word, string>> = { int: "i32", address: "pointer", bytes: "buffer" };

function inDeno({ dlopen }: DenoForeign): OpenLibrary {
  return (name) => {
    try {
      dlopen(name, {});
    } catch {
      return undefined;
    }
    return {
      bind: <Names extends string>(signatures: Readonly<Record<Names, Signatures[string]>>) =>
        dlopen(
          name,
          mapped(signatures, (_, [result, ...parameters]) => ({
            result: denoWords[result],
            parameters: parameters.map((word) => denoWords[word]),
          })),
        ).symbols,
    };
  };
}

const mapped = <Names extends string, Made>(
  signatures: Readonly<Record<Names, Signatures[string]>>,
  make: (name: string, signature: Signatures[string]) => Made,
) =>
  Object.fromEntries(
    Object.entries<Signatures[string]>(signatures).map(([name, signature]) => [name, make(name, signature)]),
  ) as Readonly<Record<Names, Made>>;
