import { type ReadonlySignal, signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { FileButton } from "../../ui/FileButton.tsx";
import { Icon } from "../../ui/Icon.tsx";
import { Notice } from "../../ui/Notice.tsx";
import { droppedFiles, pickedFiles } from "./files.ts";
import type { FileAt } from "./run.ts";
import { folder, takeFolder } from "./state.ts";

const reading = signal(false);

async function take(name: string, files: readonly FileAt[]): Promise<void> {
  reading.value = true;
  await takeFolder(name, files);
  reading.value = false;
}

/** Where a folder of the reader's is chosen or dropped, and what was found in it. */
export function FolderPicker({ active }: { readonly active: ReadonlySignal<boolean> }): JSX.Element {
  const [over, setOver] = useState(false);
  useEffect(() => setOver(false), [active.value]);
  const found = folder.value;
  const drop = async (event: DragEvent): Promise<void> => {
    event.preventDefault();
    setOver(false);
    const files = await droppedFiles(event.dataTransfer);
    if (files.length > 0) await take("The folder", files);
  };
  return (
    <div class="field">
      <div
        class="learn-folder"
        data-over={over}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => void drop(event)}
      >
        <Icon name="upload" size={22} />
        <p>
          Drop a folder here: photographs in <code>images/</code> and label maps of the same names in{" "}
          <code>masks/</code>, or one with a <code>manifest.json</code>.
        </p>
        <FileButton
          accept=""
          folder
          multiple
          disabled={reading.value}
          onFiles={(files) => void take(...pickedFiles(files))}
        >
          {reading.value ? "Reading …" : "Choose a folder"}
        </FileButton>
      </div>
      <div role="status">
        {found && (
          <p class="hint">
            {found.name}: {found.train} pictures to learn from and {found.val} to validate by, of {found.classes.length}{" "}
            classes: {found.classes.slice(0, 8).join(", ")}
            {found.classes.length > 8 ? " and more" : ""}.
          </p>
        )}
      </div>
      {found?.notes.map((note) => (
        <Notice key={note} kind="warning" text={note} />
      ))}
    </div>
  );
}
