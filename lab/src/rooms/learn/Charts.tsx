import type { JSX } from "preact";
import { Chart } from "./Chart.tsx";
import { drawn, history, run, settings, step } from "./state.ts";

/** The loss of every step, and the mean IU of every validation. */
export function Charts(): JSX.Element {
  return (
    <div class="learn-charts">
      <Chart
        title="Loss per pixel"
        label="The loss per pixel of every step, and smoothed over twenty steps"
        scale="log"
        drawn={drawn}
        data={() => {
          const { steps, loss, smooth } = history.value;
          return {
            steps,
            end: step.value,
            lines: [
              { name: "each step", color: "--learn-faint", width: 1, values: loss, silent: true },
              { name: "smoothed", color: "--accent", width: 2, values: smooth },
            ],
          };
        }}
      />
      <Chart
        title="Mean IU"
        label="The mean intersection over union on the pictures kept apart, of the network alone and with the CRF"
        scale="share"
        drawn={drawn}
        data={() => {
          const { validations, network, crf } = history.value;
          const refines = (run.value?.settings ?? settings.value).stage === "crf-rnn";
          return {
            steps: validations,
            end: step.value,
            lines: [
              { name: "network", color: "--learn-second", width: 2, values: network, dots: true },
              { name: "with CRF", color: "--accent", width: 2, values: crf, dots: true, silent: !refines },
            ],
          };
        }}
      />
    </div>
  );
}
