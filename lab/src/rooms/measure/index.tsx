import type { JSX } from "preact";
import { Lattice } from "../../ui/Lattice.tsx";
import { Workbench } from "../../ui/Workbench.tsx";

export function Room(): JSX.Element {
  return (
    <Workbench
      label="Controls"
      stage={<Lattice />}
      controls={<p>You will measure the kernels on your own GPU or processor, beside the ceilings of the machine.</p>}
    />
  );
}
