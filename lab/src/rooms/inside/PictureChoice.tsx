import type { JSX } from "preact";
import { Panel } from "../../ui/Panel.tsx";
import { PictureStrip } from "../../ui/PictureStrip.tsx";
import { longest } from "./picture.ts";
import { change, ownFile, ownPicture, parameters, usualPicture } from "./state.ts";

/** Opens a picture of the reader's. */
export function openFiles([file]: readonly File[]): void {
  if (!file) return;
  ownFile.value = file;
  change({ picture: ownPicture });
}

/** Which picture is looked into. */
export function PictureChoice(): JSX.Element {
  const name = parameters.value.picture;
  const isOwn = name === ownPicture && ownFile.value !== undefined;
  return (
    <Panel title="The picture">
      <PictureStrip
        label="Picture"
        value={isOwn ? undefined : name === ownPicture ? usualPicture : name}
        onChange={({ name: chosen }) => change({ picture: chosen })}
        onFiles={openFiles}
      />
      <p class="hint">Pictures are made small here, {longest} pixels on the longer side, so that pixels can be seen.</p>
    </Panel>
  );
}
