import { signal } from "@preact/signals";

/** A sentence for the reader. */
export interface Note {
  readonly kind: "info" | "success" | "warning" | "error";
  readonly text: string;
  /** A notice takes the place of the one before it with the same key. */
  readonly key?: string;
  /** What the reader may do about it. */
  readonly action?: { readonly label: string; readonly run: () => void };
}

export interface ShownNote extends Note {
  readonly id: number;
}

/** The notices on view, oldest first. */
export const notes = signal<readonly ShownNote[]>([]);

/** How long what asks for nothing stays on view, in milliseconds. */
const stay = 8000;
/** More would cover the page. */
const most = 4;
let last = 0;

/**
 * Shows a sentence and has screen readers read it. Errors, warnings and what can be answered stay until they are closed,
 * the others for some seconds.
 * @returns a function that closes it
 */
export function notify(note: Note): () => void {
  const id = ++last;
  const others = notes
    .peek()
    .filter(({ key, kind, text }) =>
      note.key === undefined ? kind !== note.kind || text !== note.text : key !== note.key,
    );
  notes.value = [...others, { ...note, id }].slice(-most);
  if (!note.action && (note.kind === "info" || note.kind === "success")) setTimeout(() => dismiss(id), stay);
  return () => dismiss(id);
}

/** Shows what was thrown. Messages of the package are sentences; what was aborted by the reader is nothing to tell. */
export function notifyError(error: unknown, key?: string): void {
  const { name, message } = error instanceof Error ? error : { name: "", message: String(error) };
  if (name !== "AbortError") notify({ kind: "error", text: message, key });
}

/** Closes a notice. */
export function dismiss(id: number): void {
  notes.value = notes.peek().filter((note) => note.id !== id);
}

/** Has every error that nobody catches told in the page. */
export function tellUncaught(): void {
  addEventListener("error", ({ error, message }) => {
    // Browsers say so where a size is told in the next frame only, which does no harm.
    if (!message.startsWith("ResizeObserver loop")) notifyError(error ?? message);
  });
  addEventListener("unhandledrejection", ({ reason }) => notifyError(reason));
}
