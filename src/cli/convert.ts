import { extname } from "node:path";
import { Command, Option } from "commander";
import {
  asFloat16,
  asFloat32,
  fileSource,
  openCheckpoint,
  writePytorch,
  writeSafetensors,
  type Checkpoint,
} from "../checkpoint/checkpoint.ts";
import { forProgram, type PublicProgram } from "../checkpoint/publicNetworks.ts";
import { writePlain } from "../checkpoint/pytorchWriter.ts";
import { UsageError } from "../errors.ts";
import { printable } from "../quote.ts";
import { poolScalesIn, torchObjectOf } from "../train/torch.ts";
import { report, type CommonFlags } from "./options.ts";
import { checkDestinations } from "./output.ts";
import { startProgress } from "./progress.ts";
import { writeStreamed } from "./streamedOutput.ts";

interface ConvertFlags extends CommonFlags {
  readonly list?: boolean;
  readonly float32?: boolean;
  readonly float16?: boolean;
  readonly partial?: boolean;
  readonly input?: "caffe" | "torchvision";
  readonly for?: "torch" | PublicProgram;
}

/** Writes a checkpoint; returns what it could not keep. */
type Write = typeof writePytorch;

/** Writers by the ending of the file's name. */
const writers: Record<string, Write> = {
  ".safetensors": writeSafetensors,
  ".pth": writePytorch,
};

const examples = `
Examples:
  crf-rnn convert TVG_CRFRNN_COCO_VOC.caffemodel crf-rnn.safetensors
  crf-rnn convert crf-rnn.safetensors crf-rnn.pth
  crf-rnn convert --float16 crf-rnn.safetensors crf-rnn-half.safetensors
  crf-rnn convert --list vgg16-397923af.pth
  crf-rnn convert --input torchvision vgg16-397923af.pth vgg16.safetensors
  A run that goes on in PyTorch, and comes back:
    crf-rnn convert --for torch runs/fcn/checkpoint.safetensors fcn.pth
    crf-rnn convert fcn.pth runs/fcn/checkpoint.safetensors

Reads .caffemodel, Keras .h5, .pth and .safetensors, whatever the name ends in. A .pth has the names of
crfasrnn_pytorch, for load_state_dict(torch.load(file, weights_only=True)).
--for torch keeps the optimizer's memory, too: {"model_state_dict", "optimizer_state_dict", "crf_rnn"}, which examples/torch takes up.
--for crfasrnn and --for fcn write a state dictionary that crfasrnn_pytorch's Fcn8s and CrfRnnNet, or pytorch-fcn's FCN8s, FCN16s and
FCN32s, take as it is: with what they have and we have not, without what they lack, and to the same scores.
Networks here get blue, green, red in 0…255 less a mean, as Caffe's do. torchvision's own VGG expects red, green, blue,
0…1, normalized: --input torchvision changes conv1_1 so that it gives the same but within a pixel of the border.`;

export function convertCommand(): Command {
  return new Command("convert")
    .description("convert a checkpoint between frameworks, with its names and layouts")
    .argument("<in>", "a .caffemodel, .h5, .pth or .safetensors")
    .argument("[out]", "a .safetensors or .pth; left out with --list")
    .option("--list", "print names, shapes and what is skipped; write nothing")
    .option("--float32", "widen half floats and narrow doubles to float32")
    .addOption(
      new Option("--float16", "narrow the weights of convolutions to half floats, as --precision half does").conflicts(
        "float32",
      ),
    )
    .option("--partial", "convert even if tensors of a known network are missing, and name them")
    .addOption(
      new Option(
        "--input <whose>",
        "colors that conv1_1 was trained on; torchvision's are folded into its weights",
      ).choices(["caffe", "torchvision"]),
    )
    .addOption(
      new Option(
        "--for <program>",
        "what a .pth is for: torch (a run, with the optimizer's memory), or a network of crfasrnn_pytorch or pytorch-fcn",
      ).choices(["torch", "crfasrnn", "fcn"]),
    )
    .addHelpText("after", examples)
    .action(run);
}

async function run(input: string, output: string | undefined, flags: ConvertFlags): Promise<void> {
  const write = flags.list ? undefined : writerFor(input, output, flags.for);
  const source = await fileSource(input);
  try {
    // A list is there to see what a file has, whole or not.
    const stored = await openCheckpoint(source, { partial: flags.partial || flags.list, input: flags.input });
    const checkpoint = flags.float32 ? asFloat32(stored) : flags.float16 ? asFloat16(stored) : stored;
    const lost = write && output !== undefined ? await writeAll(checkpoint, output, write, flags) : [];
    print(flags, input, output, checkpoint, lost);
  } finally {
    await source.close();
  }
}

/** @throws UsageError or FormatError before anything is read, if OUT cannot be written */
function writerFor(input: string, output: string | undefined, program: ConvertFlags["for"]): Write {
  if (output === undefined) {
    throw new UsageError({
      where: "convert",
      expected: "a file to write",
      got: "none",
      remedy: "name OUT, or pass --list",
    });
  }
  const extension = extname(output).toLowerCase();
  if (!Object.hasOwn(writers, extension)) {
    const expected = `a file name that ends in ${Object.keys(writers).join(" or ")}`;
    const remedy = "other formats are read, not written";
    throw new UsageError({ where: "OUT", expected, got: `'${output}'`, remedy });
  }
  if (program && extension !== ".pth")
    throw new UsageError({ where: "--for", expected: "a .pth to write", got: `'${output}'`, remedy: "leave it out" });
  checkDestinations([{ flag: "OUT", file: output, extension }], [input]);
  return program ? writerOf(program, input) : writers[extension]!;
}

/** Writes for PyTorch's own programs. */
const writerOf =
  (program: "torch" | PublicProgram, input: string): Write =>
  async (checkpoint, sink, begin) => {
    if (program !== "torch") {
      const { tensors, notes } = forProgram(checkpoint, program, poolScalesIn(checkpoint), input);
      return [...notes, ...(await writePytorch({ ...checkpoint, tensors }, sink, begin))];
    }
    await writePlain(torchObjectOf(checkpoint, input), sink, begin);
    const stays = checkpoint.tensors.has("bandwidths");
    return stays ? ["bandwidths stays as it is in PyTorch: crfasrnn_pytorch has no parameter for it"] : [];
  };

async function writeAll(
  checkpoint: Checkpoint,
  output: string,
  write: Write,
  flags: CommonFlags,
): Promise<readonly string[]> {
  using progress = startProgress(flags, checkpoint.tensors.size);
  let begun = false;
  // This is awaited here, so that the progress does not end before the work.
  return await writeStreamed(output, (sink) =>
    write(checkpoint, sink, (name) => {
      if (begun) progress.step();
      begun = true;
      progress.stage(printable(name));
    }),
  );
}

function print(
  flags: ConvertFlags,
  input: string,
  output: string | undefined,
  { format, tensors, metadata, notes }: Checkpoint,
  lost: readonly string[],
): void {
  const list = [...tensors].map(([name, { shape, type }]) => ({ name, shape, type }));
  const outputs = flags.list || output === undefined ? [] : [output];
  const everyNote = [...notes, ...lost];
  const facts = { command: "convert", input, format, tensors: list, metadata, notes: everyNote, outputs };
  const lines = everyNote.map((note) => `note: ${printable(note, 1000)}`);
  if (outputs.length > 0) lines.push(`${output}: ${list.length} tensors of ${input} (${format})`);
  else {
    const names = list.map(({ name }) => printable(name));
    const width = Math.max(0, ...names.map(({ length }) => length));
    lines.unshift(...list.map(({ shape, type }, i) => `${names[i]!.padEnd(width)}  ${type}  [${shape.join(", ")}]`));
    lines.push(`${input}: ${list.length} tensors (${format})`);
  }
  report(flags, facts, lines.join("\n"));
}
