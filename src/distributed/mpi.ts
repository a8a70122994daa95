import { DeviceError } from "../errors.ts";
import type { Foreign, ForeignLibrary, OpenLibrary, Signatures, Word } from "./foreign.ts";
import { type Family, type Launched, launchedBy } from "./launcher.ts";

/** A transfer that is under way. It keeps the bytes from being collected, whose address MPI has. */
export interface Transfer {
  readonly request: Uint8Array;
  readonly bytes: Uint8Array;
}

/** Point-to-point messages among the processes that were started together. */
export interface Transport {
  /** What the library says of itself, e.g. `Open MPI 4.1.4`. */
  readonly name: string;
  readonly rank: number;
  readonly size: number;
  /** Begins to send. The bytes must lie outside the collector's heap (`offHeap`) and stay as they are until it is done. */
  send(bytes: Uint8Array, to: number, tag: number): Transfer;
  /** Begins to receive as many bytes. Without `from` they may come from any rank. */
  receive(bytes: Uint8Array, from: number | undefined, tag: number): Transfer;
  isDone(transfer: Transfer): boolean;
  /** Gives up a receipt that nobody will answer any more. */
  cancel(transfer: Transfer): void;
  /** Takes leave; resolves nothing that is under way. */
  finalize(): void;
  /** Ends all processes by way of their launcher, and this one. */
  abort(status: number): void;
}

/** Bytes that the collector never moves, for messages: small arrays else lie in its own heap. */
export const offHeap = (bytes: number): Uint8Array<SharedArrayBuffer> => new Uint8Array(new SharedArrayBuffer(bytes));

/** The names under which the libraries are installed: Debian's, Fedora's and conda's on Linux, Homebrew's on macOS. */
const names: Readonly<Record<Family, readonly string[]>> = {
  "Open MPI": ["libmpi.so.40", "libmpi.40.dylib"],
  MPICH: ["libmpich.so.12", "libmpi.so.12", "libmpi.12.dylib", "libmpich.12.dylib"],
};

/** Constants of mpi.h that differ. Open MPI's handles are addresses, which its own functions give after `MPI_Init`. */
const constants = {
  MPICH: { anySource: -2, world: 0x44000000, byte: 0x4c00010d },
  "Open MPI": { anySource: -1, world: 0, byte: 1 },
} as const;

/** Only the thread that calls MPI_Init calls MPI. */
const funneled = 1;

const versionSignatures = {
  MPI_Get_library_version: ["int", "bytes", "bytes"],
  MPI_Get_version: ["int", "bytes", "bytes"],
} as const satisfies Signatures;

const handleSignatures = {
  MPI_Comm_f2c: ["address", "int"],
  MPI_Type_f2c: ["address", "int"],
} as const satisfies Signatures;

/** `handle`: an `int` with MPICH, an address with Open MPI. */
const signaturesWith = (handle: Word) =>
  ({
    MPI_Init_thread: ["int", "bytes", "bytes", "int", "bytes"],
    MPI_Comm_rank: ["int", handle, "bytes"],
    MPI_Comm_size: ["int", handle, "bytes"],
    MPI_Type_size: ["int", handle, "bytes"],
    MPI_Isend: ["int", "bytes", "int", handle, "int", "int", handle, "bytes"],
    MPI_Irecv: ["int", "bytes", "int", handle, "int", "int", handle, "bytes"],
    MPI_Test: ["int", "bytes", "bytes", "bytes"],
    MPI_Cancel: ["int", "bytes"],
    MPI_Request_free: ["int", "bytes"],
    MPI_Finalize: ["int"],
    MPI_Abort: ["int", handle, "int"],
  }) as const satisfies Signatures;

interface Found {
  readonly library: ForeignLibrary;
  readonly family: Family;
  readonly name: string;
}

/**
 * Finds the system's MPI and joins the processes that `mpirun` or `srun` started. The variable CRF_RNN_MPI may name the library.
 * @throws DeviceError where there is none, where it is too old or another than the launcher's, and where the process was started by
 * no launcher, so that every process would be the first of one
 */
export function joinMpi(open: OpenLibrary, environment: Readonly<Record<string, string | undefined>>): Transport {
  const launched = launchedBy(environment);
  const found = find(open, environment.CRF_RNN_MPI, launched);
  requireFamily(found, launched);
  const functions = found.library.bind(signaturesWith(found.family === "MPICH" ? "int" : "address"));
  const integer = new Int32Array(1);
  const check = checking(found.name);
  check("MPI_Init_thread", functions.MPI_Init_thread(null, null, funneled, integer));
  const { world, byte } = handlesOf(found);
  const ask = (name: "MPI_Comm_rank" | "MPI_Comm_size" | "MPI_Type_size", handle: Handle): number => {
    check(name, functions[name](handle, integer));
    return integer[0]!;
  };
  const [rank, size] = [ask("MPI_Comm_rank", world), ask("MPI_Comm_size", world)];
  if (ask("MPI_Type_size", byte) !== 1) throw unknownAbi(found.name);
  try {
    requireSize(found, launched, size);
  } catch (error) {
    functions.MPI_Finalize();
    throw error;
  }
  return transportOf({ functions, world, byte, found, rank, size });
}

type Handle = number | object;

function find(open: OpenLibrary, named: string | undefined, { family }: Launched): Found {
  const families = Object.keys(names) as Family[];
  if (family === "MPICH") families.reverse();
  const candidates = named ? [named] : families.flatMap((each) => names[each]);
  for (const candidate of candidates) {
    const library = open(candidate);
    const found = library && identify(library);
    if (found) return found;
  }
  throw new DeviceError({
    where: "--distributed mpi",
    expected: named ? `an MPI library in ${named}, which CRF_RNN_MPI names` : "MPICH or Open MPI on this machine",
    got: "none",
    remedy: "install one (apt-get install mpich, or openmpi-bin), or name its library by CRF_RNN_MPI",
  });
}

/** Which MPI a library is, by what it says itself; undefined for what is no MPI. @throws DeviceError where it is too old */
function identify(library: ForeignLibrary): Found | undefined {
  let functions: Readonly<Record<keyof typeof versionSignatures, Foreign>>;
  try {
    functions = library.bind(versionSignatures);
  } catch {
    return undefined;
  }
  const [text, length] = [offHeap(16384), new Int32Array(1)];
  functions.MPI_Get_library_version(text, length);
  const said = new TextDecoder().decode(text.slice(0, length[0]));
  const family: Family = said.includes("Open MPI") ? "Open MPI" : "MPICH";
  const version = /(?:v|Version:?\s*)(\d+(?:\.\d+)*)/i.exec(said)?.[1] ?? "of an unknown version";
  const [major, minor] = [new Int32Array(1), new Int32Array(1)];
  functions.MPI_Get_version(major, minor);
  const name = `${family} ${version}`;
  if (major[0]! >= 3) return { library, family, name };
  throw new DeviceError({
    where: "--distributed mpi",
    expected: "a library of MPI 3 or later",
    got: `${name}, of MPI ${major[0]}.${minor[0]}`,
    remedy: "install a newer one, or name its library by CRF_RNN_MPI",
  });
}

function handlesOf({ family, library }: Found): { readonly world: Handle; readonly byte: Handle } {
  const { world, byte } = constants[family];
  if (family === "MPICH") return { world, byte };
  const functions = library.bind(handleSignatures);
  return { world: functions.MPI_Comm_f2c(world) as object, byte: functions.MPI_Type_f2c(byte) as object };
}

/** A library of the other family would make every process the first of one, silently. */
function requireFamily({ family, name }: Found, launched: Launched): void {
  if (launched.family === undefined || launched.family === family) return;
  throw new DeviceError({
    where: "--distributed mpi",
    expected: `the library of the launcher, which is ${launched.family}'s`,
    got: name,
    remedy: `start the run by ${family}'s mpirun, or install ${launched.family}`,
  });
}

function requireSize({ name }: Found, launched: Launched, size: number): void {
  if (launched.size === undefined && size > 1) return;
  if (launched.size === size) return;
  const alone = launched.size === undefined;
  throw new DeviceError({
    where: "--distributed mpi",
    expected: alone ? "a process that a launcher started" : `the ${launched.size} ranks that the launcher started`,
    got: alone ? "one that was started by itself" : `${size}, as ${name} has it`,
    remedy: alone
      ? "start it as mpirun -n 4 crf-rnn train … --distributed mpi"
      : "use the launcher and the library of one and the same MPI",
  });
}

const unknownAbi = (name: string): DeviceError =>
  new DeviceError({
    where: "--distributed mpi",
    expected: "the binary interface of MPICH or of Open MPI",
    got: `another one, of ${name}`,
    remedy: "name another library by CRF_RNN_MPI",
  });

const checking =
  (library: string) =>
  (name: string, code: unknown): void => {
    if (code === 0) return;
    throw new DeviceError({ where: name, expected: "success", got: `error ${String(code)} of ${library}` });
  };

interface Joined {
  readonly functions: Readonly<Record<keyof ReturnType<typeof signaturesWith>, Foreign>>;
  readonly world: Handle;
  readonly byte: Handle;
  readonly found: Found;
  readonly rank: number;
  readonly size: number;
}

/** No MPI_Status is larger; nobody looks into it. */
const statusBytes = 256;
/** An MPI_Request is an `int` or an address. */
const requestBytes = 8;

function transportOf({ functions, world, byte, found, rank, size }: Joined): Transport {
  const check = checking(found.name);
  const { anySource } = constants[found.family];
  const flag = new Int32Array(1);
  const status = offHeap(statusBytes);
  return {
    name: found.name,
    rank,
    size,
    send(bytes, to, tag) {
      const request = new Uint8Array(requestBytes);
      check("MPI_Isend", functions.MPI_Isend(bytes, bytes.length, byte, to, tag, world, request));
      return { request, bytes };
    },
    receive(bytes, from, tag) {
      const request = new Uint8Array(requestBytes);
      check("MPI_Irecv", functions.MPI_Irecv(bytes, bytes.length, byte, from ?? anySource, tag, world, request));
      return { request, bytes };
    },
    isDone({ request }) {
      check("MPI_Test", functions.MPI_Test(request, flag, status));
      return flag[0] !== 0;
    },
    cancel({ request }) {
      functions.MPI_Cancel(request);
      functions.MPI_Request_free(request);
    },
    finalize: () => check("MPI_Finalize", functions.MPI_Finalize()),
    abort: (code) => void functions.MPI_Abort(world, code),
  };
}
