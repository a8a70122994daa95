import { linkSync, mkdirSync, readFileSync, symlinkSync, utimesSync } from "node:fs";
import * as fs from "node:fs";
import { basename, dirname, join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { checkDestinations, makeFolder, writeTogether } from "../../src/cli/output.ts";
import { writeStreamed } from "../../src/cli/streamedOutput.ts";
import { beside, finishedName } from "../../src/cli/unfinished.ts";
import { FormatError, UsageError } from "../../src/errors.ts";
import { Folder } from "./command.ts";

vi.mock("node:fs", { spy: true });
afterEach(() => vi.resetAllMocks());

/** The path of a file as its folder spells it, where letters' case does not count. */
function spelled(path: string): string {
  const [folder, name] = [dirname(path), basename(path).toLowerCase()];
  return join(folder, fs.readdirSync(folder).find((other) => other.toLowerCase() === name) ?? basename(path));
}

const failure = (code: string): Error => Object.assign(new Error(`${code}: refused`), { code });
const one = new TextEncoder().encode("one");
const two = new TextEncoder().encode("two");

describe("writeTogether", () => {
  test("writes every file and leaves nothing else", () => {
    using folder = new Folder();
    folder.write("b", "old");
    writeTogether([
      { file: folder.file("a"), bytes: one },
      { file: folder.file("b"), bytes: two },
    ]);
    expect(folder.names()).toEqual(["a", "b"]);
    expect(readFileSync(folder.file("a"), "utf8") + readFileSync(folder.file("b"), "utf8")).toBe("onetwo");
  });

  test.each([
    ["ENOSPC", /expected a place to write to, got a full disk — free some space/],
    ["EDQUOT", /exhausted disk quota/],
    ["EIO", /EIO: refused/],
    ["ENAMETOOLONG", /a name that is too long — choose a shorter one/],
  ])("leaves nothing behind when the second write ends in %s", (code, sentence) => {
    using folder = new Folder();
    let calls = 0;
    vi.mocked(fs.writeSync).mockImplementation((_handle, bytes) => {
      if (++calls === 2) throw failure(code);
      return (bytes as unknown as Uint8Array).length;
    });
    const write = () =>
      writeTogether([
        { file: folder.file("a"), bytes: one },
        { file: folder.file("b"), bytes: two },
      ]);
    expect(write).toThrow(FormatError);
    calls = 0;
    expect(write).toThrow(sentence);
    expect(folder.names()).toEqual([]);
  });

  test("puts the former files back when a later one cannot be renamed into place", () => {
    using folder = new Folder();
    folder.write("a", "old a");
    folder.write("c", "old c");
    const files = ["a", "b", "c"].map((name) => ({ file: folder.file(name), bytes: one }));
    for (let failing = 0; failing < 3; failing++) {
      let calls = 0;
      const rename = vi.mocked(fs.renameSync);
      rename.mockImplementation((from, to) => {
        expect(folder.names()).toEqual(expect.arrayContaining(["a", "c"])); // at no moment is one missing
        if (calls++ === failing) throw failure("EACCES");
        fs.copyFileSync(from, to);
        fs.unlinkSync(from);
      });
      expect(() => writeTogether(files)).toThrow(/may not be written to/);
      expect(calls).toBeGreaterThan(failing);
      expect(folder.names()).toEqual(["a", "c"]);
      expect(readFileSync(folder.file("a"), "utf8")).toBe("old a");
      expect(readFileSync(folder.file("c"), "utf8")).toBe("old c");
    }
  });

  test("goes on after a write of a part", () => {
    using folder = new Folder();
    const written: number[] = [];
    vi.mocked(fs.writeSync).mockImplementation((_handle, bytes, offset) => {
      written.push(...(bytes as unknown as Uint8Array).subarray(offset as number, (offset as number) + 2));
      return Math.min(2, (bytes as unknown as Uint8Array).length - (offset as number));
    });
    writeTogether([{ file: folder.file("a"), bytes: one }]);
    expect(written).toEqual([...one]);
  });
});

test.each<[string, (file: string) => unknown]>([
  ["writeTogether", (file) => writeTogether([{ file, bytes: one }])],
  ["writeStreamed", (file) => writeStreamed(file, (sink) => sink.write(one))],
])("%s syncs the file before the rename, and the folder after it", async (_, write) => {
  using folder = new Folder();
  const events: string[] = [];
  const { openSync, fsyncSync, renameSync } = await vi.importActual<typeof fs>("node:fs");
  const folders = new Set<number>();
  vi.mocked(fs.openSync).mockImplementation((path, flags) => {
    const handle = openSync(path, flags);
    if (path === folder.path) folders.add(handle);
    return handle;
  });
  vi.mocked(fs.fsyncSync).mockImplementation((handle) => {
    events.push(folders.has(handle) ? "folder synced" : "file synced");
    fsyncSync(handle);
  });
  vi.mocked(fs.renameSync).mockImplementation((from, to) => {
    events.push("renamed");
    renameSync(from, to);
  });
  await write(folder.file("a"));
  expect(events).toEqual(["file synced", "renamed", "folder synced"]);
  expect(folder.names()).toEqual(["a"]);
});

describe("unfinished files", () => {
  test("have names that are drawn anew each time, and that tell what they become", () => {
    const names = Array.from({ length: 100 }, () => beside("folder/.odd name.1.png", "new"));
    expect(new Set(names).size).toBe(100);
    for (const name of names) {
      expect(name).toMatch(/^folder[\\/]\.\.odd name\.1\.png\.\d+\.new\.tmp$/);
      expect(finishedName(name.slice("folder/".length))).toBe(".odd name.1.png");
    }
    expect(finishedName("photo.png")).toBeUndefined();
  });

  test("that killed processes left an hour ago are removed; younger ones and other files' stay", () => {
    using folder = new Folder();
    const [old, young, another] = ["a.png", "a.png", "b.png"].map((name) => beside(folder.file(name), "new")) as [
      string,
      string,
      string,
    ];
    for (const file of [old, young, another]) fs.writeFileSync(file, "unfinished");
    const before = Date.now() / 1000 - 3700;
    for (const file of [old, another]) utimesSync(file, before, before);
    checkDestinations([{ flag: "--out", file: folder.file("a.png"), extension: ".png" }]);
    expect(folder.names()).toEqual([young, another].map((file) => file.slice(folder.path.length + 1)).sort());
  });
});

describe("checkDestinations", () => {
  const destination = (file: string) => ({ flag: "--out", file, extension: ".png" });

  test("accepts a new file, and one that is there, and leaves no trace", () => {
    using folder = new Folder();
    folder.write("there.png", "old");
    checkDestinations([destination(folder.file("new.png")), destination(folder.file("there.png"))]);
    expect(folder.names()).toEqual(["there.png"]);
  });

  test("refuses missing folders, files in place of folders, folders, other extensions, doubles and inputs", () => {
    using folder = new Folder();
    folder.write("file", "x");
    mkdirSync(folder.file("folder.png"));
    const refusals: [string[], RegExp, string[]?][] = [
      [["missing/a.png"], /a folder that does not exist — create the folder first/],
      [["file/a.png"], /a path through something that is no folder/],
      [["folder.png"], /got a folder — give the name of a file/],
      [["a.npy"], /--out: expected a file name that ends in \.png, got '.*a\.npy'/],
      [["a.png", "a.png"], /the same file as --out/],
      [["a.png"], /which is read/, ["a.png"]],
    ];
    for (const [files, sentence, inputs = []] of refusals) {
      const check = () =>
        checkDestinations(
          files.map((name) => destination(folder.file(name))),
          inputs.map((name) => folder.file(name)),
        );
      expect(check).toThrow(sentence);
    }
    expect(folder.names()).toEqual(["file", "folder.png"]);
  });

  test("refuses an input under another name: a link to it, to its folder, or the same name in other letters", async () => {
    using folder = new Folder();
    folder.write("in.png", "photograph");
    linkSync(folder.file("in.png"), folder.file("hard.png"));
    symlinkSync("in.png", folder.file("soft.png"));
    symlinkSync(".", folder.file("same"));
    const check = (...names: string[]) =>
      checkDestinations(
        names.map((name) => destination(folder.file(name))),
        [folder.file("in.png")],
      );
    for (const name of ["hard.png", "soft.png", "same/in.png"])
      expect(() => check(name), name).toThrow("which is read");
    expect(() => check("new.png", "same/new.png")).toThrow("the same file as --out");
    check("new.png", "New.png");
    // A file system that takes names in other letters for the same.
    const { statSync, existsSync } = await vi.importActual<typeof fs>("node:fs");
    vi.mocked(fs.existsSync).mockImplementation((path) => existsSync(spelled(path as string)));
    vi.mocked(fs.statSync).mockImplementation((path, options) => statSync(spelled(path as string), options));
    expect(() => check("IN.png")).toThrow("which is read");
    expect(() => check("new.png", "New.png")).toThrow("the same file as --out");
  });

  test("accepts a folder that may be written to but not listed", () => {
    using folder = new Folder();
    vi.mocked(fs.readdirSync).mockImplementation(() => {
      throw failure("EACCES");
    });
    checkDestinations([destination(folder.file("new.png"))]);
    vi.mocked(fs.readdirSync).mockReset();
    expect(folder.names()).toEqual([]);
  });

  test("throws UsageError for words and FormatError for folders", () => {
    expect(() => checkDestinations([destination("a.npy")])).toThrow(UsageError);
    expect(() => checkDestinations([destination("no/such/folder/a.png")])).toThrow(FormatError);
  });
});

test("makeFolder refuses a path through a file", () => {
  using folder = new Folder();
  folder.write("file", "x");
  makeFolder(folder.file("made/deep"));
  expect(() => makeFolder(folder.file("file/deep"))).toThrow(FormatError);
  expect(() => makeFolder(folder.file("file"))).toThrow(/a file of that name/);
});
