import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { globSync, isDynamicPattern } from "tinyglobby";
import { readFailure } from "../data/readFailure.ts";
import { UsageError } from "../errors.ts";

/** A picture that a command was given, by name or with others. */
export interface Listed {
  readonly file: string;
  /** Whether its name is no UTF-8: `file` is then what can be shown of it, and leads nowhere. */
  readonly misnamed?: boolean;
}

/** The endings of pictures in folders. */
export const pictureExtensions = [".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".npy"];

/** What may stand for several pictures; for help. */
export const placesHelp =
  "pictures (PNG, JPEG, WebP, TIFF or .npy [H, W, 3]), folders, globs in quotes, or lists NAME.txt";

/** Whether a place is one picture and no more. */
export const isOnePicture = (places: readonly string[]): boolean =>
  places.length === 1 && !places[0]!.toLowerCase().endsWith(".txt") && isFile(places[0]!);

function isFile(place: string): boolean {
  try {
    const facts = statSync(place, { throwIfNoEntry: false });
    return facts ? !facts.isDirectory() : !isDynamicPattern(place);
  } catch {
    return true; // Reading it will tell what is wrong.
  }
}

/**
 * The pictures that are named, those in folders and of globs, sorted, and those of lists, a path a line.
 * @throws UsageError for none, and for a place where nothing is
 */
export function listPictures(places: readonly string[]): Listed[] {
  const pictures = places.flatMap((place) => {
    try {
      return listPlace(place);
    } catch (error) {
      throw error instanceof UsageError ? error : readFailure(place, error);
    }
  });
  if (pictures.length > 0) return pictures;
  throw new UsageError({ where: places.join(", "), expected: `images (${pictureExtensions.join(", ")})`, got: "none" });
}

function listPlace(place: string): Listed[] {
  const facts = statSync(place, { throwIfNoEntry: false });
  if (facts?.isDirectory()) return listFolder(place);
  if (facts && extname(place).toLowerCase() === ".txt") return listLines(place);
  if (facts) return [{ file: place }];
  if (isDynamicPattern(place)) {
    const found = globSync(place, { expandDirectories: false, dot: false }).sort();
    if (found.length > 0) return found.map((file) => ({ file }));
  }
  throw new UsageError({ where: place, expected: "an image or a folder", got: "nothing there" });
}

function listLines(list: string): Listed[] {
  const lines = readFileSync(list, "utf8").split(/\r?\n/);
  return lines.filter((line) => line.trim() !== "").map((file) => ({ file }));
}

function listFolder(folder: string): Listed[] {
  const names = readdirSync(folder, { encoding: "buffer" }).map((bytes) => {
    const name = bytes.toString();
    return { name, misnamed: !Buffer.from(name).equals(bytes) };
  });
  return names
    .filter(({ name }) => pictureExtensions.includes(extname(name).toLowerCase()))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, misnamed }) => ({ file: join(folder, name), misnamed }));
}

/** A picture's name without its ending, by which files that belong to it are found. */
export const nameOf = (file: string): string => basename(file, extname(file));
