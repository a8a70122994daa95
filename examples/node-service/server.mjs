import { createServer } from "node:http";
import { open, refine } from "crf-rnn";

const most = { pixels: 2 ** 20, classes: 64, bytes: 2 ** 26, atOnce: 2, waiting: 16 };

/** A request that is not served, and why. */
class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** Lets a few through at a time, and a few more wait. */
class Gate {
  #inside = 0;
  #waiting = [];

  async enter() {
    if (this.#inside < most.atOnce) return void this.#inside++;
    if (this.#waiting.length >= most.waiting) throw new Refused(503, "busy, come again later");
    await new Promise((go) => this.#waiting.push(go));
  }

  leave() {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#inside--;
  }
}

/** A whole number of the query, from 1 to a limit. */
function sizeIn(query, name, limit) {
  const value = Number(query.get(name));
  if (Number.isInteger(value) && value >= 1 && value <= limit) return value;
  throw new Refused(400, `${name}: expected a whole number, 1 to ${limit}, got ${query.get(name)}`);
}

/** The body, which has to have as many bytes as were announced by the query. */
async function bodyOf(request, bytes) {
  if (bytes > most.bytes) throw new Refused(413, `expected at most ${most.bytes} bytes, got ${bytes}`);
  const body = new Uint8Array(bytes);
  let at = 0;
  for await (const piece of request) {
    if (at + piece.length > bytes) throw new Refused(400, `expected ${bytes} bytes, got more`);
    body.set(piece, at);
    at += piece.length;
  }
  if (at < bytes) throw new Refused(400, `expected ${bytes} bytes, got ${at}`);
  return body;
}

async function labelsFor(device, gate, request, query, signal) {
  const [width, height] = [sizeIn(query, "width", most.pixels), sizeIn(query, "height", most.pixels)];
  const classes = sizeIn(query, "classes", most.classes);
  if (width * height > most.pixels) throw new Refused(413, `expected at most ${most.pixels} pixels`);
  await gate.enter(); // before anything of the body is kept
  try {
    const colors = width * height * 3;
    const body = await bodyOf(request, colors + width * height * classes * 4);
    const picture = { data: body.subarray(0, colors), width, height };
    const scores = { data: new Float32Array(body.slice(colors).buffer), shape: [height, width, classes] };
    return (await refine(device, picture, scores, { signal })).labels;
  } finally {
    gate.leave();
  }
}

/** The service on a device, which stays the caller's. */
export function service(device) {
  const gate = new Gate();
  // Whoever sends too slowly does not keep others waiting.
  return createServer({ requestTimeout: 30_000, connectionsCheckingInterval: 5000 }, async (request, response) => {
    const gone = new AbortController();
    response.on("close", () => gone.abort());
    const { pathname, searchParams } = new URL(request.url, "http://localhost");
    try {
      if (request.method === "GET" && pathname === "/health") {
        response.setHeader("content-type", "application/json");
        return response.end(JSON.stringify({ bytes: device.bytes, peakBytes: device.peakBytes }));
      }
      if (request.method !== "POST" || pathname !== "/refine") throw new Refused(404, "expected POST /refine");
      response.end(await labelsFor(device, gate, request, searchParams, gone.signal));
    } catch (error) {
      // An error of the library is one sentence about what it was given.
      const status = error.status ?? (error.where ? 400 : 500);
      if (!response.headersSent) response.writeHead(status, { connection: "close" }).end(`${error.message}\n`);
    }
  });
}

if (process.argv[1] === import.meta.filename) {
  const device = await open();
  const server = service(device).listen(Number(process.env.PORT ?? 8080), () => {
    console.log(`listening on port ${server.address().port}, ${device.kind}, threads: ${device.info.threads}`);
  });
}
