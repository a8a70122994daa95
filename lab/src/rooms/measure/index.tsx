import type { JSX } from "preact";
import { connect } from "../../engine/connect.ts";
import { Lattice } from "../../ui/Lattice.tsx";
import { Workbench } from "../../ui/Workbench.tsx";
import type { MeasureService } from "./service.ts";

connect<MeasureService>(
  "measure",
  () => new Worker(new URL("./measure.worker.ts", import.meta.url), { type: "module" }),
);

export function Room(): JSX.Element {
  return (
    <Workbench
      label="Controls"
      stage={<Lattice />}
      controls={<p>You will measure the kernels on your own GPU or processor, beside the ceilings of the machine.</p>}
    />
  );
}
