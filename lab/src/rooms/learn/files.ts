import type { FileAt } from "./run.ts";

/** The files of a folder that was picked, and its name. */
export function pickedFiles(files: readonly File[]): [name: string, files: FileAt[]] {
  const all = files.map((file) => ({ path: file.webkitRelativePath || file.name, file }));
  return [all[0]?.path.split("/")[0] ?? "The folder", all];
}

/** All files in what was dropped, folders included, with their paths. */
export async function droppedFiles(data: DataTransfer | null): Promise<FileAt[]> {
  // Items are gone once the event has been handled, so all entries are asked for before anything is awaited.
  const entries = [...(data?.items ?? [])].flatMap((item) => item.webkitGetAsEntry() ?? []);
  return (await Promise.all(entries.map(filesBelow))).flat();
}

async function filesBelow(entry: FileSystemEntry): Promise<FileAt[]> {
  if (isFile(entry)) {
    const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
    return [{ path: entry.fullPath.replace(/^\//, ""), file }];
  }
  return isFolder(entry) ? (await Promise.all((await entriesOf(entry)).map(filesBelow))).flat() : [];
}

const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;
const isFolder = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;

/** Browsers hand out a hundred at a time. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return all;
    all.push(...some);
  }
}
