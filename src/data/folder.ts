import { FormatError, UsageError } from "../errors.ts";
import { quote } from "../quote.ts";
import { type Files, filesOf } from "./files.ts";
import { readFailure, reasonOf } from "./readFailure.ts";

/**
 * The largest file that is read as a whole, unless a reader sets a smaller bound. COCO's largest file has 470 MB, and a
 * string may have 536.
 */
const maximumBytes = 512e6;

/** The largest file of labels for one image. */
export const maximumLabelBytes = 2 ** 26;

/**
 * A folder that no path can leave. Paths from lists, manifests and annotations are accepted only below it, and a
 * symbolic link that points outside is refused.
 */
export class Folder {
  /** The folder as given, absolute: the one in messages. */
  readonly path: string;
  readonly #real: string;
  readonly #files: Files;

  private constructor(path: string, real: string, files: Files) {
    this.path = path;
    this.#real = real;
    this.#files = files;
  }

  /** @throws UsageError where `path` is no folder, or the host has none */
  static async open(path: string): Promise<Folder> {
    const files = filesOf(path);
    const { realpath, stat } = files;
    const absolute = files.resolve(path);
    const real = await realpath(absolute).catch(() => undefined);
    if (real === undefined || !(await stat(real)).isDirectory()) {
      throw new UsageError({
        where: path,
        expected: "a folder",
        got: real === undefined ? "nothing there" : "a file",
        remedy: "name the folder of the data set",
      });
    }
    return new Folder(absolute, real, files);
  }

  /**
   * The absolute path of a file below this folder; it need not exist. `from` is the file that names it, `locate` tells at
   * which byte.
   * @throws FormatError for an absolute path and for one that leads outside
   */
  join(path: string, from: string, locate?: () => number | undefined): string {
    const { isAbsolute, join } = this.#files;
    const parts = path.split(/[\\/]/);
    if (path === "" || isAbsolute(path) || /^[A-Za-z]:/.test(path) || parts.includes("..") || path.includes("\0")) {
      throw new FormatError({
        file: from,
        offset: locate?.(),
        expected: `paths below ${this.path}`,
        got: quote(path),
        remedy: "copy the file into the folder and name it from there",
      });
    }
    return join(this.path, ...parts);
  }

  /**
   * Checks that a path made by `join` leads, through every symbolic link, to something in this folder.
   * @throws FormatError where it is missing or leads outside
   */
  async confine(path: string): Promise<string> {
    const { isAbsolute, realpath, relative, sep } = this.#files;
    const real = await realpath(path).catch((cause: unknown) => {
      const got = reasonOf(cause);
      throw new FormatError({ file: path, expected: "a file", got, remedy: "fetch the missing file" }, { cause });
    });
    const inside = relative(this.#real, real);
    if (inside === ".." || inside.startsWith(`..${sep}`) || isAbsolute(inside)) {
      throw new FormatError({
        file: path,
        expected: `a file in ${this.path}`,
        got: "a symbolic link that leads outside",
        remedy: "copy the file into the folder",
      });
    }
    return real;
  }

  /**
   * Reads a whole file below this folder.
   * @throws FormatError where it is missing, leads outside, is no file, or is larger than `most` bytes
   */
  async read(path: string, most = maximumBytes): Promise<Uint8Array<ArrayBuffer>> {
    const real = await this.confine(path);
    const facts = await this.#files.stat(real);
    if (!facts.isFile()) throw new FormatError({ file: path, expected: "a file", got: "something else" });
    if (facts.size > most) {
      throw new FormatError({ file: path, expected: `at most ${most} bytes`, got: `${facts.size}` });
    }
    const bytes = await this.#files.readFile(real).catch((cause: unknown) => {
      throw readFailure(path, cause);
    });
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Whether something lies at a path below this folder. */
  async has(...parts: string[]): Promise<boolean> {
    const { join, stat } = this.#files;
    return stat(join(this.path, ...parts)).then(
      () => true,
      () => false,
    );
  }

  /** Names in a folder below this one, sorted; none where it is missing. */
  async list(...parts: string[]): Promise<string[]> {
    const path = this.#files.join(this.path, ...parts);
    if (!(await this.has(...parts))) return [];
    await this.confine(path);
    return (await this.#files.readdir(path)).sort();
  }
}
