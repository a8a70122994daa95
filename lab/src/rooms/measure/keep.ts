import { notify } from "../../shell/notices.ts";

/** Hands a file to the reader. */
export function save(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Puts a text onto the clipboard, and says so. A browser may forbid it. */
export async function copy(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    notify({ kind: "success", key: "copy", text: `${what} is on the clipboard.` });
  } catch {
    const remedy = "the file can be saved instead, and the text below can be marked and copied by hand";
    notify({ kind: "warning", key: "copy", text: `The browser does not let this page use the clipboard: ${remedy}.` });
  }
}
