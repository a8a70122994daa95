import { open, refine } from "crf-rnn";
import { scene, sizeOf } from "../../../scene.js";

export const dynamic = "force-dynamic";

/** One device serves all requests. */
let device;

export async function GET({ signal }) {
  device ??= open();
  const { picture, scores } = scene();
  const refined = await refine(await device, picture, scores, { signal });
  const { kind, info, bytes } = await device;
  return Response.json({ pixels: sizeOf(refined), kind, threads: info.threads, bytes });
}
