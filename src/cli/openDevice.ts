import type { Device } from "../device/device.ts";
import { open } from "../device/open.ts";
import type { CrfWarning } from "../errors.ts";
import { chromeTrace, trace } from "../device/trace.ts";
import { withLocalAdapter } from "./localAdapter.ts";
import { openOptionsOf, type CommonFlags } from "./options.ts";
import { checkDestinations, writeTogether } from "./output.ts";

/** A command's device, disposed of at the end of its `await using` block, when its trace is written if one was asked for. */
export interface Opened extends AsyncDisposable {
  readonly device: Device;
}

/**
 * Returns the file to which a trace is written: `--trace FILE`, or the variable CRF_RNN_TRACE, where 1 stands for a
 * default name.
 */
function traceFile({ trace: file }: CommonFlags): string | undefined {
  const variable = process.env.CRF_RNN_TRACE;
  return file ?? (variable === "1" ? "crf-rnn-trace.json" : variable || undefined);
}

/** Opens the device that a command's flags ask for. @throws DeviceError; FormatError where the trace cannot be written */
export async function openDevice(flags: CommonFlags): Promise<Opened> {
  const file = traceFile(flags);
  if (file !== undefined) checkDestinations([{ flag: "--trace", file, extension: ".json" }]);
  const onWarning = ({ message }: CrfWarning): void => {
    if (!flags.quiet) process.stderr.write(`note: ${message}\n`);
  };
  const device = await open({ ...openOptionsOf(await withLocalAdapter(flags)), onWarning });
  if (file === undefined) return { device, [Symbol.asyncDispose]: async () => device.dispose() };
  const running = trace(device);
  return {
    device,
    async [Symbol.asyncDispose]() {
      try {
        const bytes = new TextEncoder().encode(chromeTrace(await running.stop(), device));
        writeTogether([{ file, bytes }]);
        if (!flags.quiet && !flags.json)
          process.stderr.write(`trace: ${file}, for ui.perfetto.dev or chrome://tracing\n`);
      } finally {
        device.dispose();
      }
    },
  };
}
