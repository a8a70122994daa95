import type { JSX } from "preact";
import { useId } from "preact/hooks";
import { Button } from "../../ui/Button.tsx";
import { Segmented } from "../../ui/Segmented.tsx";
import { lastFrame } from "./engine.ts";
import { parameters, set } from "./parameters.ts";
import { pause, play, playing, seek } from "./player.ts";
import { film, frame, isEmpty } from "./state.ts";

/** What is looked at, and the iterations one by one. */
export function Below(): JSX.Element {
  const { view, wipe, strokes } = parameters.value;
  const overlaid = view === "result" || view === "confidence" || view === "difference";
  return (
    <>
      <div class="refine-views">
        <Segmented
          label="View"
          unlabeled
          options={[
            { value: "photograph", label: "Photograph" },
            { value: "drawing", label: "Drawing" },
            { value: "result", label: "Result" },
            { value: "confidence", label: "Confidence" },
            { value: "difference", label: "Difference" },
          ]}
          value={view}
          onChange={(value) => set({ view: value })}
        />
        <Button
          look="quiet"
          icon="wipe"
          label="Wipe between before and after"
          pressed={overlaid && wipe > 0}
          disabled={!overlaid}
          onClick={() => set({ wipe: wipe > 0 ? 0 : 50 })}
        />
        <Button
          look="quiet"
          icon="eye"
          label="Show the drawing over the result"
          pressed={view === "result" && strokes}
          disabled={view !== "result"}
          onClick={() => set({ strokes: !strokes })}
        />
      </div>
      <Player />
    </>
  );
}

/** Plays the label maps after 0 … 20 iterations. */
function Player(): JSX.Element {
  const id = useId();
  const { iterations } = parameters.value;
  const at = frame.value ?? iterations;
  const here = film.value?.maps.length ?? 0;
  const loaded = film.value ? Math.max(here - 1, 0) / lastFrame : 0;
  return (
    <div class="refine-player" data-whole={film.value?.whole ?? false}>
      <Button
        look="quiet"
        icon={playing.value ? "pause" : "play"}
        label={playing.value ? "Pause" : "Play the iterations"}
        disabled={isEmpty.value}
        onClick={() => (playing.value ? pause() : void play())}
      />
      <label for={id}>Iteration</label>
      <div class="slider" style={{ "--part": at / lastFrame, "--usual": iterations / lastFrame, "--loaded": loaded }}>
        <input
          id={id}
          type="range"
          min={0}
          max={lastFrame}
          value={at}
          disabled={isEmpty.value}
          aria-valuetext={`After ${at} of ${lastFrame}`}
          onInput={({ currentTarget }) => void seek(Number(currentTarget.value))}
        />
      </div>
      <span class="refine-compact-value">
        {at} / {lastFrame}
      </span>
    </div>
  );
}
