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
          You will see the permutohedral lattice of a picture, and follow splat, blur and slice through it, one after
          the other.
        </p>
      }
    />
  );
}
