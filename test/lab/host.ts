import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";

const types: Readonly<Record<string, string>> = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".json": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".webmanifest": "application/manifest+json",
  ".webp": "image/webp",
};

/** A static host below a path, whose files may be replaced, and which may go away. */
export interface Host {
  readonly url: string;
  /** The folder that is served from now on. */
  folder: string;
  /** What an answer to a path waits for. */
  readonly held: Map<string, Promise<void>>;
  /** Ends it, as a network does that is gone. */
  stop(): void;
  /** The paths that were asked for, in their order. */
  readonly asked: readonly string[];
}

/** Serves a folder below `base` with these headers, while `work` runs. */
export async function hosting<Result>(
  folder: string,
  { base = "/", headers = {} }: { readonly base?: string; readonly headers?: Readonly<Record<string, string>> },
  work: (host: Host) => Promise<Result>,
): Promise<Result> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = new URL(request.url!, "http://localhost").pathname;
    asked.push(path);
    if (!path.startsWith(base)) return void response.writeHead(404).end();
    const file = path.slice(base.length).replace(/(^|\/)$/, "$1index.html");
    const bytes = Promise.resolve(host.held.get(path)).then(() => readFile(join(host.folder, file)));
    bytes.then(
      (read) => response.writeHead(200, { ...headers, "content-type": types[extname(file)] ?? "text/plain" }).end(read),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = (): void => {
    server.close();
    server.closeAllConnections();
  };
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${base}`;
  const host: Host = { url, folder, held: new Map(), stop, asked };
  try {
    return await work(host);
  } finally {
    stop();
  }
}
