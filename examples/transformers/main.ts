import { env, pipeline } from "@huggingface/transformers";
import { open } from "crf-rnn";
import { refined } from "crf-rnn/transformers";

const [photograph, model = "Xenova/segformer-b0-finetuned-ade-512-512"] = process.argv.slice(2);
env.localModelPath = "./models/"; // models that are here are not downloaded

const segment = refined(await pipeline("image-segmentation", model), await open());
for (const { label, mask } of await segment(photograph!)) {
  await mask.save(`${label}.png`);
  console.log(label);
}
