import { env, pipeline } from "@huggingface/transformers";
import { open } from "crf-rnn";
import { refined } from "crf-rnn/transformers";

// The second word names a folder below ./models; without it the model comes from the hub.
const [photograph, model] = process.argv.slice(2);
if (model) Object.assign(env, { localModelPath: "./models/", allowRemoteModels: false });

const plain = await pipeline("image-segmentation", model ?? "Xenova/segformer-b0-finetuned-ade-512-512");
const segment = refined(plain, await open());
for (const { label, mask } of await segment(photograph!)) {
  await mask.save(`${label}.png`);
  console.log(label);
}
