// npm run coverage [-- FILTER…] [--write]: runs the tests (or those whose files match a filter) and measures, by room of src/, which share of its lines
// ran, in the tests' own processes and in those that they start (suites in Node, the command line). Ends with status 1 where
// a room is below its floor in test/coverage.json; --write sets the floors to what was measured, less a half and rounded down, since
// some lines run only when something takes long.
//
// Two reports are put together: Vitest's of what it runs itself, and V8's of the processes (NODE_V8_COVERAGE), which are
// mapped back to the sources by the converter that Vitest uses. A line counts if either saw it run.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { mergeScriptCovs } from "@bcoe/v8-coverage";
import { convert } from "ast-v8-to-istanbul";
import { parse } from "vite";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const folder = join(root, "build/coverage");
const raw = join(folder, "raw");
const floorsFile = join(root, "test/coverage.json");
const { values: flags, positionals: filters } = parseArgs({
  allowPositionals: true,
  options: { write: { type: "boolean", default: false }, help: { type: "boolean", short: "h", default: false } },
});

function run(program, words, environment = {}) {
  const { status, error } = spawnSync(process.execPath, [join(root, program), ...words], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, ...environment },
  });
  if (error) throw error;
  return status;
}

function measure() {
  rmSync(folder, { recursive: true, force: true });
  const built = run("scripts/build.mjs", ["--maps"]);
  if (built !== 0) return built;
  const coverage = {
    enabled: "true",
    provider: "v8",
    include: "src/**",
    reporter: "json",
    reportsDirectory: join(folder, "vitest"),
    reportOnFailure: "true",
  };
  const words = Object.entries(coverage).map(([name, value]) => `--coverage.${name}=${value}`);
  // These hosts do not tell Node what ran.
  const unmeasured = ["--project", "!elsewhere"];
  return run("node_modules/vitest/vitest.mjs", ["run", ...words, ...unmeasured, ...filters], { NODE_V8_COVERAGE: raw });
}

/** The bundles that processes run: the command line, its thread that talks to other ranks, and all suites in one file. */
const bundles = ["dist/cli.js", "dist/mpiWorker.js", "build/test/suites.js"].map((file) => join(root, file));

/** V8's reports of all processes on each bundle, put together one by one, because each is large. */
function mergedReports() {
  const merged = new Map();
  for (const file of readdirSync(raw)) {
    const { result } = JSON.parse(readFileSync(join(raw, file), "utf8"));
    for (const script of result) {
      const bundle = bundles.find((path) => script.url === pathToFileURL(path).href);
      if (bundle) merged.set(bundle, mergeScriptCovs([merged.get(bundle), script].filter(Boolean)));
    }
  }
  return merged;
}

/** The map of a bundle, which lies beside it or at its end. */
function sourceMapOf(bundle, code) {
  const inline = /\/\/# sourceMappingURL=data:application\/json;base64,([\w+/=]+)\s*$/.exec(code)?.[1];
  const map = JSON.parse(inline ? Buffer.from(inline, "base64") : readFileSync(`${bundle}.map`, "utf8"));
  return { ...map, sources: map.sources.map((source) => resolve(dirname(bundle), source)) };
}

async function reportOfProcesses([bundle, coverage]) {
  const code = readFileSync(bundle, "utf8");
  return await convert({
    code,
    ast: parse(bundle, code, { preserveParens: false }).then(({ program }) => program),
    sourceMap: sourceMapOf(bundle, code),
    coverage,
    wrapperLength: 0,
  });
}

/** Lines that ran and lines that did not, by file of src/, of all reports together. */
function linesByFile(reports) {
  const files = new Map();
  for (const [file, { statementMap, s }] of reports.flatMap(Object.entries)) {
    const name = relative(root, file).split(sep).join("/");
    if (!name.startsWith("src/")) continue;
    const lines = files.get(name) ?? files.set(name, new Map()).get(name);
    for (const [id, { start }] of Object.entries(statementMap)) {
      lines.set(start.line, (lines.get(start.line) ?? false) || s[id] > 0);
    }
  }
  return files;
}

/** The room of a file: its folder in src/, or "src" for what lies there itself. */
const roomOf = (file) => (file.split("/").length > 2 ? file.split("/")[1] : "src");

function sharesByRoom(reports) {
  const rooms = new Map();
  for (const [file, lines] of linesByFile(reports)) {
    const room = rooms.get(roomOf(file)) ?? rooms.set(roomOf(file), { lines: 0, ran: 0 }).get(roomOf(file));
    room.lines += lines.size;
    room.ran += [...lines.values()].filter(Boolean).length;
  }
  return [...rooms]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([room, { lines, ran }]) => ({ room, lines, share: (100 * ran) / lines }));
}

if (flags.help) {
  console.log("npm run coverage [-- FILTER…] [--write]: the share of the lines of each room of src/ that tests run");
  process.exit(0);
}
const status = measure();
if (status !== 0) process.exit(status);
const floors = existsSync(floorsFile) ? JSON.parse(readFileSync(floorsFile, "utf8")) : {};
const vitest = JSON.parse(readFileSync(join(folder, "vitest/coverage-final.json"), "utf8"));
const shares = sharesByRoom([vitest, ...(await Promise.all([...mergedReports()].map(reportOfProcesses)))]);
for (const { room, lines, share } of shares) {
  console.log(
    `${room.padEnd(12)} ${share.toFixed(1).padStart(5)} % of ${lines} lines, floor ${floors[room] ?? "none"}`,
  );
}
if (flags.write) {
  const measured = Object.fromEntries(shares.map(({ room, share }) => [room, Math.floor(share - 0.5)]));
  writeFileSync(floorsFile, `${JSON.stringify(measured, undefined, 2)}\n`);
} else {
  const low = shares.filter(({ room, share }) => !(share >= floors[room]));
  for (const { room, share } of low) {
    const wanted =
      floors[room] === undefined ? "a floor in test/coverage.json" : `at least ${floors[room]} % of its lines`;
    console.error(
      `src/${room}: expected ${wanted}, got ${share.toFixed(1)} % — add tests, or run npm run coverage -- --write`,
    );
  }
  if (low.length > 0 && filters.length === 0) process.exit(1);
}
