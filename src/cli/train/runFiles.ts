import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { metricsUntil, type Metric } from "../../train/metrics.ts";
import { metricsFile } from "../../train/surroundings.ts";

/** The files of a run, to be read while another process may be writing them: each is replaced as a whole, or grows. */
export class RunFiles {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  file(name: string): string {
    return join(this.path, name);
  }

  has(name: string): boolean {
    return existsSync(this.file(name));
  }

  metrics(until = Infinity): Metric[] {
    return this.has(metricsFile) ? metricsUntil(readFileSync(this.file(metricsFile), "utf8"), until) : [];
  }
}
