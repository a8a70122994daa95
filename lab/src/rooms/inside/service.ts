import type { Device } from "crf-rnn";
import { Latest } from "../../engine/latest.ts";
import { moved } from "../../engine/moved.ts";
import { type Footprint, FootprintMaker, type FootprintRequest } from "./color/footprint.ts";
import { type Stages, StageMaker, type StagesRequest } from "./iteration/stages.ts";
import { openPicture, type Picture, type PictureSource } from "./picture.ts";
import { type Plane, planeOf, type PlaneRequest } from "./plane/plane.ts";

/** What the room computes, on one device. */
export class InsideService implements Disposable {
  readonly #footprints: FootprintMaker;
  readonly #stages: StageMaker;
  readonly #plane: Latest<PlaneRequest, Plane>;
  readonly #footprint: Latest<FootprintRequest, Footprint>;
  readonly #iteration: Latest<StagesRequest, Stages>;

  constructor(device: Device) {
    this.#footprints = new FootprintMaker(device);
    this.#stages = new StageMaker(device);
    this.#plane = new Latest((request, signal) => planeOf(device, request, signal));
    this.#footprint = new Latest((request, signal) => this.#footprints.make(request, signal));
    this.#iteration = new Latest((request, signal) => this.#stages.make(request, signal));
  }

  picture = async (source: PictureSource): Promise<Picture> => moved(await openPicture(source));

  plane = async (request: PlaneRequest): Promise<Plane | undefined> => moved(await this.#plane.run(request));

  footprint = async (request: FootprintRequest): Promise<Footprint | undefined> =>
    moved(await this.#footprint.run(request));

  stages = async (request: StagesRequest): Promise<Stages | undefined> => moved(await this.#iteration.run(request));

  [Symbol.dispose](): void {
    for (const latest of [this.#plane, this.#footprint, this.#iteration]) latest.cancel();
    this.#footprints[Symbol.dispose]();
    this.#stages[Symbol.dispose]();
  }
}
