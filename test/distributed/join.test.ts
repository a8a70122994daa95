import { describe, expect, test } from "vitest";
import type { Foreign, ForeignLibrary, OpenLibrary, Signatures } from "../../src/distributed/foreign.ts";
import { joinMpi } from "../../src/distributed/mpi.ts";

interface Fake {
  /** What the library says of itself. */
  readonly says?: string;
  /** The version of MPI's standard. */
  readonly standard?: readonly [number, number];
  readonly size?: number;
  /** Bytes of what the handle of MPI_BYTE names there. */
  readonly byte?: number;
}

const put =
  (...values: readonly number[]): Foreign =>
  (...given) => {
    const places = given.filter((each): each is Int32Array => each instanceof Int32Array);
    places.forEach((place, index) => (place[0] = values[index]!));
    return 0;
  };

/** A library that answers like MPI, as far as joining asks. `called` lists what was called, with its first argument. */
function fakeLibrary(
  { says = "MPICH Version:\t4.0.2", standard = [4, 0], size = 2, byte = 1 }: Fake,
  called: unknown[],
) {
  const functions: Record<string, Foreign> = {
    MPI_Get_library_version: (text, length) => {
      const bytes = new TextEncoder().encode(says);
      (text as Uint8Array).set(bytes);
      (length as Int32Array)[0] = bytes.length;
      return 0;
    },
    MPI_Get_version: put(...standard),
    MPI_Init_thread: put(1),
    MPI_Comm_f2c: (index) => ({ world: index }),
    MPI_Type_f2c: (index) => ({ type: index }),
    MPI_Comm_size: put(size),
    MPI_Comm_rank: put(1),
    MPI_Type_size: put(byte),
  };
  const bind = (signatures: Signatures) =>
    Object.fromEntries(
      Object.keys(signatures).map((name): [string, Foreign] => [
        name,
        (...given) => {
          called.push([name, given[0]]);
          return functions[name]?.(...given) ?? 0;
        },
      ]),
    );
  return { bind } as ForeignLibrary;
}

/** Joins where these libraries are installed. */
function join(libraries: Readonly<Record<string, Fake>>, environment: Readonly<Record<string, string>>) {
  const called: unknown[] = [];
  const open: OpenLibrary = (name) => (libraries[name] ? fakeLibrary(libraries[name], called) : undefined);
  return { transport: () => joinMpi(open, environment), called };
}

const mpich = { PMI_SIZE: "2", PMI_RANK: "1" };
const openMpi = { OMPI_COMM_WORLD_SIZE: "2", OMPI_COMM_WORLD_RANK: "1" };
const openMpiSays = "Open MPI v4.1.4, package: Debian OpenMPI, ident: 4.1.4";

describe("joining the ranks of MPI", () => {
  test("takes the launcher's library where both are installed, with its own handles", () => {
    const both = { "libmpi.so.40": { says: openMpiSays }, "libmpich.so.12": {} };
    const first = join(both, mpich);
    expect(first.transport()).toMatchObject({ name: "MPICH 4.0.2", rank: 1, size: 2 });
    expect(first.called).toContainEqual(["MPI_Comm_size", 0x44000000]);
    const second = join(both, openMpi);
    expect(second.transport()).toMatchObject({ name: "Open MPI 4.1.4", rank: 1, size: 2 });
    expect(second.called).toContainEqual(["MPI_Comm_size", { world: 0 }]);
    // Before MPI_Init, Open MPI has no handles, and ends the process that asks for one.
    const names = second.called.map((each) => (each as [string])[0]);
    expect(names.indexOf("MPI_Init_thread")).toBeLessThan(names.indexOf("MPI_Comm_f2c"));
  });

  test("takes a library of MPICH's interface under another name, and one that is named", () => {
    expect(join({ "libmpi.so.12": { says: "Intel(R) MPI Library 2021.9 for Linux" } }, mpich).transport().name).toMatch(
      /^MPICH/,
    );
    const named = { ...mpich, CRF_RNN_MPI: "/opt/mpi/libmpi.so" };
    expect(join({ "/opt/mpi/libmpi.so": {} }, named).transport().size).toBe(2);
  });

  test.each<readonly [string, Readonly<Record<string, Fake>>, Readonly<Record<string, string>>, RegExp]>([
    ["no library", {}, mpich, /expected MPICH or Open MPI on this machine, got none — install one/],
    ["no library where one is named", {}, { ...mpich, CRF_RNN_MPI: "x.so" }, /an MPI library in x\.so, .* got none/],
    [
      "a library of MPI 2",
      { "libmpich.so.12": { standard: [2, 2], says: "MPICH Version: 1.4" } },
      mpich,
      /expected a library of MPI 3 or later, got MPICH 1\.4, of MPI 2\.2/,
    ],
    [
      "the other family's library",
      { "libmpich.so.12": {} },
      openMpi,
      /expected the library of the launcher, which is Open MPI's, got MPICH 4\.0\.2/,
    ],
    [
      "a library that knows of fewer ranks than were started",
      { "libmpich.so.12": { size: 1 } },
      mpich,
      /expected the 2 ranks that the launcher started, got 1, as MPICH 4\.0\.2 has it — use the launcher and the library of one/,
    ],
    [
      "no launcher",
      { "libmpich.so.12": { size: 1 } },
      {},
      /expected a process that a launcher started, got one that was started by itself/,
    ],
    [
      "handles that are others than were expected",
      { "libmpich.so.12": { byte: 4 } },
      mpich,
      /expected the binary interface of MPICH or of Open MPI, got another one, of MPICH 4\.0\.2/,
    ],
  ])("refuses %s in a sentence", (_, libraries, environment, message) => {
    expect(join(libraries, environment).transport).toThrow(message);
  });
});
