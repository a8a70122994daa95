import type { ComponentChildren, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Icon } from "./Icon.tsx";
import "./DropZone.css";

interface DropZoneProps {
  /** What may be dropped, as words after “Drop”: `a photograph or a label map`. */
  readonly what: string;
  /** Takes what was dropped or pasted. What cannot be used is for the receiver to tell. */
  readonly onFiles: (files: readonly File[]) => void;
  /** Whether what is pasted is taken, too: a room that is not on view must not. */
  readonly pastes: boolean;
  readonly children: ComponentChildren;
}

/** A place that files are dropped on, and that takes what is pasted. `FileButton` is the way for the keyboard. */
export function DropZone({ what, onFiles, pastes, children }: DropZoneProps): JSX.Element {
  // Entering a child comes before leaving its parent: what counts is how many were entered.
  const [depth, setDepth] = useState(0);
  useEffect(() => {
    if (!pastes) return undefined;
    const paste = (event: ClipboardEvent): void => take(event.clipboardData, onFiles, event);
    document.addEventListener("paste", paste);
    return () => document.removeEventListener("paste", paste);
  }, [pastes, onFiles]);
  const step = (change: number) => (event: DragEvent) => {
    if (event.dataTransfer?.types.includes("Files")) setDepth((now) => Math.max(0, now + change));
  };
  return (
    <div
      class="drop"
      onDragEnter={step(1)}
      onDragLeave={step(-1)}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        setDepth(0);
        take(event.dataTransfer, onFiles, event);
      }}
    >
      {children}
      {depth > 0 && (
        <div class="drop-here">
          <Icon name="upload" size={28} />
          <p>Drop {what} here</p>
        </div>
      )}
    </div>
  );
}

function take(data: DataTransfer | null, onFiles: (files: readonly File[]) => void, event: Event): void {
  const files = [...(data?.files ?? [])];
  // Text that is pasted into a field is none of ours.
  if (files.length === 0) return;
  event.preventDefault();
  onFiles(files);
}
