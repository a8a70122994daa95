export interface Entry {
  readonly text: string;
  readonly page: string;
  readonly items?: readonly Entry[];
}

interface Group {
  readonly text: string;
  readonly items: readonly Entry[];
}

/** The pages of the site in the order of its sidebar, by their names in docs/. */
export const guide: readonly Group[] = [
  {
    text: "Guide",
    items: [
      { text: "Start here", page: "start" },
      { text: "Choose parameters", page: "parameters" },
      {
        text: "Behind your network",
        page: "networks/index",
        items: [
          { text: "ONNX Runtime", page: "networks/onnxruntime" },
          { text: "transformers.js", page: "networks/transformers" },
          { text: "MediaPipe", page: "networks/mediapipe" },
          { text: "TensorFlow.js", page: "networks/tfjs" },
          { text: "Any other", page: "networks/other" },
        ],
      },
      { text: "Your own data", page: "data" },
      { text: "Train", page: "train" },
      { text: "More than one machine", page: "distributed" },
      { text: "Volumes and points", page: "volumes-and-points" },
      { text: "Concurrency and memory", page: "concurrency" },
      { text: "Bundlers and policies", page: "bundlers" },
      { text: "Hosts and GPUs", page: "gpus" },
    ],
  },
  {
    text: "Understand",
    items: [
      { text: "How the lattice works", page: "lattice" },
      { text: "Accuracy", page: "accuracy" },
      { text: "Results", page: "results" },
      { text: "Glossary", page: "glossary" },
      { text: "Questions", page: "faq" },
    ],
  },
];
