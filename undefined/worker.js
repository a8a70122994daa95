// test/mutation/worker.ts
import { readFile } from "node:fs/promises";
import { join } from "node:path";
var { choice, folders } = JSON.parse(process.argv[2]);
var fixtures = {
  shared: folders.shared !== void 0,
  bytes: async (path) => {
    const [folder, ...rest] = path.split("/");
    return new Uint8Array(await readFile(join(folders[folder] ?? folder, ...rest)));
  }
};
var load = (query = "") => {
  const url = new URL(`./mutants.js${query}`, import.meta.url).href;
  return import(url);
};
var tell = (answer) => void process.send(answer);
var unhandled;
process.on("unhandledRejection", (error) => unhandled ??= error);
var usual = await load();
var switches = globalThis.mutation;
var loaded = [...switches.reached];
var usualCases = await usual.listCases(usual.suites, fixtures);
async function run(bundle, entry, mutant, limit) {
  Object.assign(switches, { active: mutant, asked: 0, limit, reached: /* @__PURE__ */ new Set() });
  unhandled = void 0;
  try {
    const device = await bundle.open(choice);
    await bundle.runCase(entry, device, fixtures);
    device.dispose();
    await new Promise(setImmediate);
    if (unhandled !== void 0) throw unhandled;
    return void 0;
  } catch (error) {
    return String(error).split("\n")[0].slice(0, 200);
  } finally {
    switches.active = -1;
  }
}
async function measure(only) {
  const measured = [];
  for (const [name, entry] of usualCases) {
    if (only && !only.includes(name)) continue;
    tell({ kind: "case", name, milliseconds: 0 });
    const start = performance.now();
    const error = await run(usual, entry, -1, Infinity);
    const milliseconds = performance.now() - start;
    measured.push({ name, milliseconds, asked: switches.asked, reached: [...switches.reached], error });
  }
  return measured;
}
async function attempt({ mutant, cases, load: anew }) {
  let bundle = usual;
  let entries = usualCases;
  if (anew) {
    Object.assign(switches, { active: mutant, asked: 0, limit: 1e6 });
    try {
      bundle = await load(`?${mutant}`);
      entries = await bundle.listCases(bundle.suites, fixtures);
    } catch (error) {
      return { kind: "tried", case: "loading", reason: String(error) };
    }
  }
  for (const { name, milliseconds, asked } of cases) {
    tell({ kind: "case", name, milliseconds });
    const reason = await run(bundle, entries.get(name), mutant, 20 * asked + 1e5);
    if (reason === void 0) continue;
    const soiled = !anew && await run(usual, usualCases.get(name), -1, Infinity) !== void 0;
    return { kind: "tried", case: name, reason, soiled };
  }
  return { kind: "tried" };
}
process.on("message", (request) => {
  void (async () => {
    tell(
      request.kind === "measure" ? { kind: "measured", cases: await measure(request.only), loaded } : await attempt(request)
    );
  })();
});
