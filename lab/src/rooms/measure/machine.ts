/** What a machine tells of itself, for whoever reads its figures. */
export interface Machine {
  /** What the browser calls itself. */
  readonly browser: string;
  readonly processors: number;
  readonly isolated: boolean;
  /** The adapter that WebGPU takes, where there is one: all that it says. */
  readonly adapter?: {
    readonly info: Readonly<Record<string, string | number | boolean>>;
    readonly features: readonly string[];
    readonly limits: Readonly<Record<string, number>>;
  };
}

/** Reads all that the browser tells, in a worker. */
export async function readMachine(): Promise<Machine> {
  const { userAgent: browser, hardwareConcurrency: processors, gpu } = navigator as Navigator & { gpu?: GPU };
  const host = { browser, processors, isolated: globalThis.crossOriginIsolated };
  const adapter = await gpu?.requestAdapter({ powerPreference: "high-performance" }).catch(() => null);
  if (!adapter) return host;
  return {
    ...host,
    adapter: {
      info: fieldsOf<string | number | boolean>(adapter.info),
      features: [...adapter.features].sort(),
      limits: fieldsOf<number>(adapter.limits),
    },
  };
}

/** The fields of a host's object, which are its prototype's, but for empty ones. */
function fieldsOf<Value extends string | number | boolean>(object: object | undefined): Record<string, Value> {
  const found: Record<string, Value> = {};
  for (const name in object) {
    const value = (object as Record<string, unknown>)[name];
    if (["string", "number", "boolean"].includes(typeof value) && value !== "") found[name] = value as Value;
  }
  return found;
}
