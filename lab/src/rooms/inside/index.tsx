import type { ComponentType, JSX } from "preact";
import type { RoomProps } from "../../shell/rooms.ts";
import { DropZone } from "../../ui/DropZone.tsx";
import { Segmented } from "../../ui/Segmented.tsx";
import { Workbench } from "../../ui/Workbench.tsx";
import { ColorBelow, ColorControls, ColorLesson, ColorStage, ColorTools } from "./color/ColorView.tsx";
import {
  IterationBelow,
  IterationControls,
  IterationLesson,
  IterationStage,
  IterationTools,
} from "./iteration/IterationView.tsx";
import "./inside.css";
import { openFiles, PictureChoice } from "./PictureChoice.tsx";
import { PlaneBelow, PlaneControls, PlaneLesson, PlaneStage, PlaneTools } from "./plane/PlaneView.tsx";
import { animate } from "./plane/player.ts";
import { change, follow, parameters, type ViewName, waiting } from "./state.ts";

/** The parts of each view. */
const views: Readonly<
  Record<ViewName, Readonly<Record<"Stage" | "Tools" | "Below" | "Lesson" | "Controls", ComponentType>>>
> = {
  plane: { Stage: PlaneStage, Tools: PlaneTools, Below: PlaneBelow, Lesson: PlaneLesson, Controls: PlaneControls },
  color: { Stage: ColorStage, Tools: ColorTools, Below: ColorBelow, Lesson: ColorLesson, Controls: ColorControls },
  iteration: {
    Stage: IterationStage,
    Tools: IterationTools,
    Below: IterationBelow,
    Lesson: IterationLesson,
    Controls: IterationControls,
  },
};

follow();
animate();

/** The lattice in two dimensions and in five, and one iteration of mean field. */
export function Room({ active }: RoomProps): JSX.Element {
  const { view } = parameters.value;
  const { Stage, Tools, Below, Lesson, Controls } = views[view];
  return (
    <div class="inside" data-waiting={waiting.value > 0}>
      <Workbench
        label="Numbers and parameters"
        tools={
          <>
            <Segmented<ViewName>
              label="What is looked at"
              unlabeled
              options={[
                { value: "plane", label: "Two dimensions" },
                { value: "color", label: "Five dimensions" },
                { value: "iteration", label: "One iteration" },
              ]}
              value={view}
              onChange={(value) => change({ view: value })}
            />
            <span class="inside-gap" />
            <Tools />
          </>
        }
        stage={
          <DropZone what="a picture" onFiles={openFiles} pastes={active.value}>
            <div class="inside-stage">
              <Stage key={view} />
            </div>
          </DropZone>
        }
        below={<Below />}
        controls={
          <>
            <Lesson />
            <Controls />
            <PictureChoice />
          </>
        }
      />
    </div>
  );
}
