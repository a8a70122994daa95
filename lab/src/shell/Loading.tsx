import type { JSX } from "preact";
import { Lattice } from "../ui/Lattice.tsx";
import { Workbench } from "../ui/Workbench.tsx";

/** A room's place while it is loaded: as large as the room. */
export function Loading(): JSX.Element {
  return <Workbench label="Loading" stage={<Lattice />} controls={<p role="status">The room is being loaded.</p>} />;
}
