import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";

/** Headers that make a page cross-origin isolated, so that it may share memory between threads. */
const ISOLATION = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };

const CONTENT_TYPES: Record<string, string> = { ".js": "text/javascript", ".json": "application/json" };

/** Folders by the first word of the paths that they are served under. */
export type Places = Readonly<Record<string, string | undefined>>;

/** Answers a request if it knows its path; tells whether it did. Errors become status 500, with their message. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;

export interface PageServer {
  readonly url: string;
  close(): void;
}

/** Serves an empty page, the files of some folders and what `answer` knows on the loopback interface. */
export async function servePage(places: Places, isolated: boolean, answer?: Answer): Promise<PageServer> {
  const headers = isolated ? ISOLATION : {};
  const server = createServer(async (request, response) => {
    const [, place, ...rest] = normalize(decodeURIComponent(new URL(request.url ?? "/", "http://page").pathname)).split(
      "/",
    );
    const folder = places[place];
    if (place === "")
      return void response
        .writeHead(200, { ...headers, "content-type": "text/html" })
        .end('<!doctype html><link rel="icon" href="data:,">');
    try {
      if (await answer?.(request, response)) return;
    } catch (error) {
      return void response.writeHead(500, headers).end(String(error));
    }
    const body = folder === undefined ? undefined : await readFile(join(folder, ...rest)).catch(() => undefined);
    if (body === undefined) return void response.writeHead(404, headers).end();
    const type = CONTENT_TYPES[extname(rest.at(-1) ?? "")] ?? "application/octet-stream";
    response.writeHead(200, { ...headers, "content-type": type }).end(body);
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
