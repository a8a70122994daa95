import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { RoomProps } from "../../shell/rooms.ts";
import { DropZone } from "../../ui/DropZone.tsx";
import { Workbench } from "../../ui/Workbench.tsx";
import { Below } from "./Below.tsx";
import { ClassPanel } from "./ClassPanel.tsx";
import { CompatibilityPanel, CrfPanel } from "./CrfPanel.tsx";
import { ExportPanel } from "./ExportPanel.tsx";
import { take } from "./files.ts";
import { pressKey } from "./keys.ts";
import { ModelDialog } from "./ModelDialog.tsx";
import { NumbersPanel } from "./NumbersPanel.tsx";
import { followPicture } from "./open.ts";
import { PicturePanel } from "./PicturePanel.tsx";
import { Stage } from "./Stage.tsx";
import { Tools } from "./Tools.tsx";
import "./refine.css";

/** Refine: draw roughly on a photograph, and the CRF finds the edges while one draws. */
export function Room({ active }: RoomProps): JSX.Element {
  const here = active.value;
  useEffect(followPicture, []);
  useEffect(() => {
    if (!here) return undefined;
    document.addEventListener("keydown", pressKey);
    return () => document.removeEventListener("keydown", pressKey);
  }, [here]);
  return (
    <Workbench
      label="Classes, picture, CRF and export"
      tools={<Tools />}
      stage={
        <DropZone what="a photograph, a label map or logits" pastes={here} onFiles={(files) => void take(files)}>
          <Stage />
        </DropZone>
      }
      below={<Below />}
      controls={
        <>
          <ClassPanel />
          <PicturePanel />
          <CrfPanel />
          <CompatibilityPanel />
          <NumbersPanel />
          <ExportPanel />
          <ModelDialog />
        </>
      }
    />
  );
}
