import type { Command } from "commander";
import { UsageError } from "../errors.ts";
import { parametersOf, type Params, parseParams } from "../search/params.ts";
import type { CommonFlags } from "./options.ts";
import { readWhole } from "./input.ts";

/** Reads the file of `--params`. @throws FormatError for what `crf-rnn search` has not written */
export async function readParams(file: string): Promise<Params> {
  return parseParams(new TextDecoder().decode(await readWhole(file)), file);
}

/** The parameters by the names of flags. */
const flagsOf = ({ bilateral, spatial, compatibility, temperature, iterations, normalization }: Params) => ({
  thetaAlpha: bilateral.position,
  thetaBeta: bilateral.color,
  thetaGamma: spatial.position,
  spatialWeight: spatial.weight,
  bilateralWeight: bilateral.weight,
  compatibility,
  temperature,
  iterations,
  normalize: normalization,
});

/**
 * Adds `--params FILE` to a command. The file's parameters stand in for those flags of the command that are not given. In a command
 * that chooses its CRF by `--crf`, they are those of a disconnected one. `matrices`: whether the command takes weights by class and matrices.
 */
export function addParamsFlag(command: Command, { matrices }: { readonly matrices: boolean }): Command {
  return command
    .option("--params <params.json>", "CRF parameters that crf-rnn search found; flags that are given win")
    .hook("preAction", async (_, action) => {
      const { params: file, ...flags } = action.opts<CommonFlags & { readonly params?: string }>();
      if (file === undefined) return;
      const params = await readParams(file);
      requireDisconnected(action);
      if (!matrices) parametersOf(params, file);
      for (const [name, value] of Object.entries({ ...flagsOf(params), crf: "disconnected" })) {
        if (value !== undefined) replaceDefault(action, name, value);
      }
      if (params.found?.helps === false && !flags.quiet) {
        process.stderr.write(
          `note: ${file}: on the pictures that these parameters were found on, a CRF gained nothing for certain\n`,
        );
      }
    });
}

const isGiven = (command: Command, name: string): boolean => command.getOptionValueSource(name) === "cli";

function replaceDefault(command: Command, name: string, value: unknown): void {
  // No flag names the compatibility of a disconnected CRF.
  const known = name === "compatibility" || command.options.some((option) => option.attributeName() === name);
  if (known && !isGiven(command, name)) command.setOptionValueWithSource(name, value, "config");
}

/** @throws UsageError where another CRF was asked for, which has parameters of its own, or none */
function requireDisconnected(command: Command): void {
  const { crf } = command.opts<{ readonly crf?: string }>();
  if (crf === undefined || crf === "disconnected") return;
  throw new UsageError({
    where: "--params",
    expected: "--crf disconnected, or none of the two",
    got: `--crf ${crf}`,
    remedy: "leave one of them out",
  });
}
