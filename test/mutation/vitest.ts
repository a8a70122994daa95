/**
 * What files of vitest take from it where the mutation driver runs them: their tests become cases, so that they run in the
 * worker's process in milliseconds, one by one. Assertions and stand-ins are vitest's own.
 */
import { format } from "node:util";
import { vi as original } from "vitest";

export { expect } from "vitest";

type Work = (...args: readonly never[]) => unknown;

/** A file or a block `describe`, with its hooks. */
interface Group {
  readonly name: string;
  readonly parent?: Group;
  readonly beforeAll: Work[];
  readonly afterAll: Work[];
  readonly afterEach: Work[];
}

/** All tests of the files that were loaded, by their full names, `device/open.test: …`. */
export const tests = new Map<string, () => Promise<void>>();

let group = makeGroup("");

function makeGroup(name: string, parent?: Group): Group {
  return { name, parent, beforeAll: [], afterAll: [], afterEach: [] };
}

/** Stands in front of every file. */
export function beginFile(name: string): void {
  group = makeGroup(name);
}

/** Gives `declare` the method `each`, which declares once for each row of a table. */
function withEach(declare: (name: string, body: Work) => void) {
  const each =
    (rows: readonly unknown[]) =>
    (name: string, body: Work): void => {
      for (const row of rows) {
        const values = Array.isArray(row) ? row : [row];
        const shown = values.slice(0, name.split(/%[sj]/).length - 1);
        declare(format(name, ...shown), () => body(...(values as never[])));
      }
    };
  return Object.assign(declare, { each });
}

export const describe = withEach((name, body) => {
  const parent = group;
  group = makeGroup(name, parent);
  body();
  group = parent;
});

export const test = withEach((name, body) => {
  const groups: Group[] = [];
  for (let at: Group | undefined = group; at; at = at.parent) groups.unshift(at);
  const [file, ...names] = [...groups.map((one) => one.name), name];
  const title = `${file}: ${names.join(" > ")}`;
  if (tests.has(title)) throw new Error(`two tests are named ${title}`);
  tests.set(title, () => runTest(groups, body));
});

/** A test with all of its hooks: it may run again, or without those before it. */
async function runTest(groups: readonly Group[], body: Work): Promise<void> {
  const inward = [...groups];
  const outward = [...groups].reverse();
  try {
    for (const hook of inward.flatMap(({ beforeAll }) => beforeAll)) await hook();
    await body();
  } finally {
    for (const hook of outward.flatMap(({ afterEach }) => afterEach)) await hook();
    for (const hook of outward.flatMap(({ afterAll }) => afterAll)) await hook();
  }
}

export const beforeAll = (hook: Work): number => group.beforeAll.push(hook);
export const afterAll = (hook: Work): number => group.afterAll.push(hook);
export const afterEach = (hook: Work): number => group.afterEach.push(hook);

/** vitest's own asks its runner for the state of fake timers. The foreman ends what never comes true. */
async function waitFor(condition: Work): Promise<void> {
  for (;;) {
    try {
      return void (await condition());
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** What environment variables were before tests set them. */
const environment = new Map<string, string | undefined>();

function setVariable(name: string, value: string | undefined): void {
  if (value === undefined) Reflect.deleteProperty(process.env, name);
  else process.env[name] = value;
}

/** vitest's own have the environment and the modules from its runner. */
const ofRunner = {
  stubEnv(name: string, value: string | undefined) {
    if (!environment.has(name)) environment.set(name, process.env[name]);
    setVariable(name, value);
  },
  unstubAllEnvs() {
    for (const [name, value] of environment) setVariable(name, value);
    environment.clear();
  },
  doMock: (name: string, make: () => object) => void standIns.set(name, make),
  doUnmock: (name: string) => void standIns.delete(name),
  resetModules: () => void loads++,
};

let loads = 0;
/** Packages in whose place tests put something: modules that are loaded anew look here before they import one. */
const standIns = new Map<string, () => object>();
Object.assign(globalThis, { standIns });

/** Imports a file of `src/device` as a new process has it (bundle.ts calls this for `import`). */
export const importAnew = (name: string): Promise<unknown> =>
  import(new URL(`./anew/${name}.js?${loads}`, import.meta.url).href);

export const vi = { ...original, ...ofRunner, waitFor };
