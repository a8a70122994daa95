import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { open } from "node:fs/promises";
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { pipeline } from "node:stream/promises";

/** Headers that make a page cross-origin isolated, so that it may share memory between threads. */
const ISOLATION = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };

/** No other origin may embed an answer, no cache may keep it, and the path with its token goes nowhere else. */
const PRIVACY = {
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

const CONTENT_TYPES: ReadonlyMap<string, string> = new Map([
  [".js", "text/javascript"],
  [".json", "application/json"],
]);

const emptyPage = new TextEncoder().encode('<!doctype html><link rel="icon" href="data:,">');

/** Folders by the first word of the paths that they are served under. */
export type Places = Readonly<Record<string, string | undefined>>;

/** The answer to a request. */
export type Reply =
  | { readonly bytes: Uint8Array; readonly type?: string }
  | { readonly file: string; readonly type?: string };

/** Answers a request by the words of its path, behind the token; undefined where it does not know them. @throws Refused */
export type Answer = (words: readonly string[], request: IncomingMessage) => Promise<Reply | undefined>;

/** A request that is not served. The fault is the asker's, so nothing but the request fails. */
export class Refused extends Error {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;

  constructor(status: number, reason: string, headers: OutgoingHttpHeaders = {}) {
    super(reason);
    this.status = status;
    this.headers = headers;
  }
}

export interface PageServer {
  /** The page's address. Whoever knows it may request everything below it. */
  readonly url: string;
  close(): void;
}

/**
 * Serves an empty page, the files of some folders and what `answer` knows on the loopback interface, to the page alone: every
 * path begins with a random token, and a request under another name of the host or from another origin is refused.
 */
export async function servePage(places: Places, isolated: boolean, answer?: Answer): Promise<PageServer> {
  const token = randomBytes(32).toString("base64url");
  const folders = new Map(Object.entries(places));
  const headers = isolated ? { ...PRIVACY, ...ISOLATION } : PRIVACY;
  let host = "";

  const replyTo = async (request: IncomingMessage): Promise<Reply> => {
    checkSender(request, host);
    const words = wordsBehind(token, request.url ?? "");
    const reply = words.length === 0 ? undefined : await answer?.(words, request);
    if (reply) return reply;
    allowOnly("GET", request);
    if (words.length === 0) return { bytes: emptyPage, type: "text/html" };
    const [place = "", ...rest] = words;
    const folder = folders.get(place);
    if (folder === undefined || rest.length === 0) throw unknown();
    return { file: join(folder, ...rest), type: CONTENT_TYPES.get(extname(rest.at(-1)!)) };
  };

  // A large file takes its time to arrive; a request's head does not.
  const server = createServer({ requestTimeout: 0, headersTimeout: 60_000 }, (request, response) => {
    response.on("error", () => {}); // whoever hangs up harms only itself
    replyTo(request)
      .then((reply) => send(reply, response, headers))
      .catch((error: unknown) => refuse(error, response, headers));
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  server.on("error", () => {}); // a connection that could not be taken; the next ones can
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `http://${host}/${token}/`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** @throws Refused unless a request has the method */
export function allowOnly(method: "GET" | "POST", request: IncomingMessage): void {
  if (request.method !== method) throw new Refused(405, `expected ${method}`, { allow: method });
}

/** Makes the refusal of a path that does not exist. */
export const unknown = (): Refused => new Refused(404, "nothing here");

/** The body of a request, piece by piece. @throws Refused where it is larger than `most` bytes or was broken off */
export async function* bodyOf(request: IncomingMessage, most: number): AsyncGenerator<Uint8Array> {
  const tooLarge = (): Refused => new Refused(413, `expected at most ${most} bytes`);
  if (Number(request.headers["content-length"] ?? 0) > most) throw tooLarge();
  let size = 0;
  try {
    // The connection stays, so that the refusal can be sent.
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > most) throw tooLarge();
      yield chunk;
    }
  } catch (error) {
    throw error instanceof Refused ? error : new Refused(400, `expected a whole body, got ${String(error)}`);
  }
}

/** Refuses requests of other pages, and of those that reach this server under a name that leads to it by DNS rebinding. */
function checkSender({ headers, rawHeaders }: IncomingMessage, host: string): void {
  const names = rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === "host");
  if (names.length !== 1 || headers.host !== host) throw new Refused(403, "expected this server's own name");
  if (headers.origin !== undefined && headers.origin !== `http://${host}`) {
    throw new Refused(403, "expected a request of the page");
  }
}

/** The decoded words of a path behind the token; none for the page itself. */
function wordsBehind(token: string, target: string): string[] {
  const [path = ""] = target.split("?", 1);
  const [start, first = "", ...rest] = path.split("/");
  if (start !== "" || !isEqual(first, token)) throw unknown();
  const words = rest.length === 1 && rest[0] === "" ? [] : rest.map(decode);
  if (words.some((word) => word === "" || word === "." || word === ".." || /[/\\\0]/.test(word))) {
    throw new Refused(400, "expected a plain path");
  }
  return words;
}

function decode(word: string): string {
  try {
    return decodeURIComponent(word);
  } catch {
    throw new Refused(400, "expected a path in UTF-8");
  }
}

/** Compares two texts in a time that does not depend on how much of them is equal. */
function isEqual(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

async function send(reply: Reply, response: ServerResponse, headers: OutgoingHttpHeaders): Promise<void> {
  const all = { ...headers, "content-type": reply.type ?? "application/octet-stream" };
  if ("bytes" in reply) return void response.writeHead(200, all).end(reply.bytes);
  const handle = await open(reply.file).catch(() => undefined);
  try {
    const facts = await handle?.stat();
    if (!handle || !facts?.isFile()) throw unknown();
    response.writeHead(200, { ...all, "content-length": facts.size });
    await pipeline(handle.createReadStream({ autoClose: false }), response);
  } finally {
    await handle?.close();
  }
}

/** Status 4xx for what is wrong with the request, 500 for what failed here; the connection ends with it. */
function refuse(error: unknown, response: ServerResponse, headers: OutgoingHttpHeaders): void {
  if (response.headersSent) return void response.destroy();
  const [status, own] = error instanceof Refused ? [error.status, error.headers] : [500, {}];
  const all = { ...headers, ...own, connection: "close", "content-type": "text/plain; charset=utf-8" };
  response.writeHead(status, all).end(error instanceof Refused ? error.message : String(error));
}
