import type { ComponentChildren, JSX } from "preact";
import { useRef } from "preact/hooks";
import { Button } from "./Button.tsx";
import type { IconName } from "./Icon.tsx";

interface FileButtonProps {
  /** As `<input accept>` has it. */
  readonly accept: string;
  readonly onFiles: (files: readonly File[]) => void;
  readonly multiple?: boolean;
  /** Whether a folder is chosen, with all that is in it. */
  readonly folder?: boolean;
  readonly look?: "primary" | "plain" | "quiet";
  readonly icon?: IconName;
  readonly label?: string;
  readonly disabled?: boolean;
  readonly children?: ComponentChildren;
}

/** A button that lets the reader choose files. */
export function FileButton({
  accept,
  onFiles,
  multiple,
  folder = false,
  icon = "upload",
  ...rest
}: FileButtonProps): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  const choose = (): void => {
    input.current!.webkitdirectory = folder;
    input.current!.click();
  };
  return (
    <>
      <Button {...rest} icon={icon} onClick={choose} />
      <input
        ref={input}
        type="file"
        hidden
        accept={accept}
        multiple={multiple}
        onChange={({ currentTarget }) => {
          onFiles([...(currentTarget.files ?? [])]);
          // The same file may be chosen again, after it was changed.
          currentTarget.value = "";
        }}
      />
    </>
  );
}
