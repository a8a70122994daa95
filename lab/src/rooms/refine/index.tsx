import type { JSX } from "preact";
import { Lattice } from "../../ui/Lattice.tsx";
import { Workbench } from "../../ui/Workbench.tsx";

export function Room(): JSX.Element {
  return (
    <Workbench
      label="Controls"
      stage={<Lattice />}
      controls={<p>You will draw roughly on a photograph, and the CRF finds the edges while you draw.</p>}
    />
  );
}
