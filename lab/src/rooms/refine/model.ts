import { signal } from "@preact/signals";
import { notify, notifyError } from "../../shell/notices.ts";
import { service, supply } from "./engine.ts";
import type { ModelFacts, Preparation } from "./onnx.ts";
import { picture } from "./state.ts";

/** A network that waits to be told how it wants to see the picture. */
export interface OpenModel extends ModelFacts {
  readonly name: string;
}

/** The network whose questions are on view. */
export const model = signal<OpenModel | undefined>(undefined);
export const running = signal(false);

/** Opens a model, and asks how it is to be run. @throws Error with a sentence */
export async function openModel(file: File): Promise<void> {
  if (!picture.peek()) return;
  const done = notify({ kind: "info", key: "file", text: "ONNX Runtime and the network are being loaded." });
  await supply();
  const facts = await service.openModel(new Uint8Array(await file.arrayBuffer()), file.name);
  done();
  model.value = { name: file.name, ...facts };
}

/** Runs the network, and closes its questions. */
export async function runModel(side: number, preparation: Preparation): Promise<void> {
  const { name, size } = model.peek()!;
  running.value = true;
  try {
    await supply();
    const { giveScores } = await import("./files.ts");
    giveScores(await service.runModel(size ?? [side, side], preparation), name);
    model.value = undefined;
  } catch (error) {
    notifyError(error, "file");
  } finally {
    running.value = false;
  }
}
