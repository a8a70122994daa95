import { ValueError } from "../errors.ts";
import { kindOf, remedyFor } from "../values.ts";

/** @throws ValueError */
export function requireGradients(where: string, gradients: unknown): void {
  if (gradients instanceof Map) return;
  throw new ValueError({
    where,
    expected: "a Map of gradients, as tape.gradients gives it",
    got: kindOf(gradients),
    remedy: remedyFor(gradients, "pass what await tape.gradients(loss) gives"),
  });
}
