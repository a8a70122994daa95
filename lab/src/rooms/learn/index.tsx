import type { JSX } from "preact";
import { Lattice } from "../../ui/Lattice.tsx";
import { Workbench } from "../../ui/Workbench.tsx";

export function Room(): JSX.Element {
  return (
    <Workbench
      label="Controls"
      stage={<Lattice />}
      controls={
        <p>
          You will train FCN-8s with CRF-RNN in this page, and watch its loss, its matrices and its bandwidths move.
        </p>
      }
    />
  );
}
