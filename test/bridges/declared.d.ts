/**
 * What the examples of bridges import, where the runtimes are not installed: `npm run typecheck` takes them for this.
 * examples.slow.ts holds the examples and the bridges to the real declarations.
 */
declare module "onnxruntime-web/webgpu" {
  export * from "onnxruntime-common";
}

declare module "@huggingface/transformers" {
  interface RawImage {
    readonly data: Uint8Array | Uint8ClampedArray;
    readonly width: number;
    readonly height: number;
    readonly channels: 1 | 2 | 3 | 4;
    save(path: string): Promise<unknown>;
  }
  interface ImageSegmentationPipeline {
    (picture: string): Promise<{ label: string | null; score: number | null; mask: RawImage }[]>;
    _call(...words: never[]): Promise<unknown>;
    readonly processor: unknown;
    readonly model: unknown;
  }
  export const env: { localModelPath: string; allowRemoteModels: boolean };
  export function pipeline(task: "image-segmentation", model: string): Promise<ImageSegmentationPipeline>;
}
