import type { CrfParameters } from "../../crf/parameters.ts";
import { type Numbers, type ParameterName, parameterNames } from "./arrayCrf.ts";
import { callsOf, type Tf, type TfVariable } from "./module.ts";

/** The parameters of a layer as variables of TensorFlow.js. */
export type Variables<Variable = TfVariable> = Readonly<Record<keyof CrfParameters, Variable>>;

/** Makes them; those in `trainable` are, and their names begin with `prefix`, if there is one. */
export function makeVariables(
  tf: Tf,
  parameters: Readonly<Record<ParameterName, Numbers>>,
  trainable: readonly ParameterName[],
  prefix: string | undefined,
): Variables {
  const calls = callsOf(tf);
  const made = parameterNames.map((name) => {
    const { values, shape } = parameters[name];
    const initial = calls.tensor(Float32Array.from(values), shape, "float32");
    const variable = calls.variable(initial, trainable.includes(name), prefix && `${prefix}/${name}`);
    initial.dispose();
    return [name, variable];
  });
  return Object.fromEntries(made) as Variables;
}
