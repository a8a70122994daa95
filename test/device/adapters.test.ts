import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { findChromium, findLavapipe, findSwiftShader, vulkanEnvironment } from "../../scripts/environment.mjs";
import type * as Adapters from "../../src/device/adapters.ts";
import { ValueError } from "../../src/errors.ts";
import { open } from "../../src/device/open.ts";
import { openWebGpu } from "./software.ts";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  vi.doUnmock("webgpu");
  vi.resetModules();
});

/** The module as a new process has it: entries of Dawn are made once. */
const fresh = (): Promise<typeof Adapters> => {
  vi.resetModules();
  return import("../../src/device/adapters.ts");
};

describe("in Node, by Dawn's names", () => {
  test("an index or a part of a name leads to its adapter, which need not be hardware", async () => {
    using whole = await openWebGpu({ adapter: 0 });
    expect(whole.info).toMatchObject({ hardware: false, vendor: "mesa", model: expect.stringMatching(/^llvmpipe \(/) });
    using part = await openWebGpu({ adapter: "LLVMpipe", bindingBytes: 4096 });
    expect(part.info).toEqual(whole.info);
    expect(part.limits.bindingBytes).toBe(4096);
  });

  test("what is not there is refused with what is, by name and by index", async () => {
    const { findAdapter } = await fresh();
    await expect(findAdapter("Radeon")).rejects.toThrow(
      /^open: expected one adapter named Radeon, got adapters 0: llvmpipe .* — see crf-rnn doctor$/,
    );
    await expect(findAdapter(3)).rejects.toThrow(/expected an adapter of index 3, got adapters 0: llvmpipe /);
    for (const wrong of [-1, 0.5, "", " ", NaN, null, {}]) {
      await expect(findAdapter(wrong as number)).rejects.toMatchObject({ name: "ValueError" });
    }
  });

  test("adapters of several drivers are listed, and each can be had", async () => {
    const swiftShader = findSwiftShader(await findChromium())!;
    vi.stubEnv("VK_DRIVER_FILES", [findLavapipe()!, swiftShader].join(delimiter));
    const { listAdapters, findAdapter } = await fresh();
    const all = await listAdapters();
    expect(all.map(({ index }) => index)).toEqual([0, 1]);
    for (const { name } of all) {
      const { info } = await (await findAdapter(name)).request();
      expect(info.device).toBe(name.toLowerCase().replace(/[^a-z0-9]+/g, "-"));
    }
    await expect(findAdapter("i")).rejects.toThrow(/got 2 that fit \(0: .*, 1: .*\) — pass the index/);
  });

  test("the second of two equal adapters is not taken for the first", async () => {
    const folder = mkdtempSync(join(tmpdir(), "crf-rnn-drivers-"));
    try {
      const twin = join(folder, "twin.json");
      copyFileSync(findLavapipe()!, twin);
      vi.stubEnv("VK_DRIVER_FILES", [findLavapipe()!, twin].join(delimiter));
      const { listAdapters } = await fresh();
      const [first, second] = await listAdapters();
      expect(second!.name).toBe(first!.name);
      expect((await first!.request()).info.vendor).toBe("mesa");
      // Nothing on this machine tells one from the other: both compute on the processor.
      await expect(second!.request()).rejects.toThrow(
        /expected the adapter llvmpipe.*got another adapter.*VK_DRIVER_FILES/,
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  describe("of equal GPUs, told apart by their addresses", () => {
    const bus = {
      "0000:00:00.0": ["0x060000", "Bridge"],
      "0000:81:00.0": ["0x030200", "H100"],
      "0000:05:00.0": ["0x030000", "H100 PCIe"],
      "0000:41:00.0": ["0x030200", "H100"],
      "0000:c1:00.0": ["0x030200", ""], // of the machine, and not shown to this program
    } as const;
    const asked: [string | undefined, string][] = [];

    /** Dawn on this bus, with Mesa's layer or without. */
    function standIn(layer: boolean): void {
      asked.length = 0;
      const all = Object.entries(bus).filter(([, [code, name]]) => code.startsWith("0x03") && name !== "");
      const shown = (): typeof all => {
        const tag = layer ? process.env.DRI_PRIME : undefined;
        const only = all.filter(([address]) => tag === `pci-${address.replace(/[:.]/g, "_")}!`);
        return only.length > 0 ? only : all;
      };
      const create = (flags: string[]) => ({
        requestAdapter: async () => {
          const wanted = flags.find((flag) => flag.startsWith("adapter="))?.slice(8) ?? "";
          const names = shown().map(([, [, name]]) => name);
          const taken = shown().find(([, [, name]]) => name.includes(wanted));
          if (!taken) {
            const rows = names.map((name) => `\n * backend: 'vulkan', name: '${name}'`).join("");
            throw new Error(`no suitable backends found\nAvailable adapters:${rows}`);
          }
          asked.push([process.env.DRI_PRIME, wanted]);
          return { info: { description: taken[0] } };
        },
      });
      vi.doMock("webgpu", () => ({ create }));
      const files = process.getBuiltinModule("node:fs/promises");
      const { readFile } = files;
      vi.spyOn(files, "readdir").mockResolvedValue(Object.keys(bus) as never);
      vi.spyOn(files, "readFile").mockImplementation(async (file, options) => {
        const [, address] = /devices\/(.*)\/class$/.exec(String(file)) ?? [];
        // Node reads modules so, too.
        if (address === undefined) return readFile(file, options);
        return `${bus[address as keyof typeof bus][0]}\n`;
      });
    }

    test("each index has one of its own, and the environment is as before", async () => {
      standIn(true);
      vi.stubEnv("DRI_PRIME", "1");
      const { listAdapters } = await fresh();
      const all = await listAdapters();
      expect(all.map(({ name }) => name)).toEqual(["H100", "H100 PCIe", "H100"]);
      const addresses: string[] = [];
      for (const { request } of all) addresses.push((await request()).info.description);
      expect(addresses).toEqual(["0000:41:00.0", "0000:05:00.0", "0000:81:00.0"]);
      expect(process.env.DRI_PRIME).toBe("1");
      expect(asked.map(([tag]) => tag)).toEqual(["pci-0000_41_00_0!", "1", "pci-0000_81_00_0!"]);
    });

    test("without Mesa's layer the second is refused", async () => {
      standIn(false);
      const { listAdapters } = await fresh();
      const all = await listAdapters();
      expect((await all[0]!.request()).info.description).toBe("0000:81:00.0");
      await expect(all[2]!.request()).rejects.toThrow(/apt-get install mesa-vulkan-drivers/);
      expect(process.env.DRI_PRIME).toBeUndefined();
    });
  });
});

describe("in pages and Deno, by what the host's preferences lead to", () => {
  const info = (description: string) => ({ vendor: "acme", architecture: "", device: "", description });
  const adapters = { "high-performance": info("Acme Two"), "low-power": info("Acme One") };
  const gpu = {
    requestAdapter: async ({ powerPreference }: GPURequestAdapterOptions) =>
      powerPreference ? { info: adapters[powerPreference] } : null,
  };

  test("each is listed once, and can be had", async () => {
    vi.stubGlobal("navigator", { gpu });
    const { listAdapters, findAdapter } = await fresh();
    expect((await listAdapters()).map(({ index, name }) => `${index} ${name}`)).toEqual(["0 Acme Two", "1 Acme One"]);
    expect((await (await findAdapter("one")).request()).info.description).toBe("Acme One");
    vi.stubGlobal("navigator", { gpu: { requestAdapter: async () => ({ info: adapters["low-power"] }) } });
    expect((await listAdapters()).map(({ index }) => index)).toEqual([0]);
  });

  test("each request leads to an adapter of its own, or to the one that was listed where the host has no more; one of before 2025 has no name", async () => {
    let left = 4; // Three are asked for to be listed.
    const requestAdapter = async () => (left-- > 0 ? { left } : null);
    vi.stubGlobal("navigator", { gpu: { requestAdapter } });
    const { listAdapters } = await fresh();
    const all = await listAdapters();
    expect(all.map(({ index, name }) => `${index} ${name}`)).toEqual(["0 unnamed adapter"]);
    expect(await all[0]!.request()).toEqual({ left: 0 });
    expect(await all[0]!.request()).toEqual({ left: 3 });
  });

  test("what leads to others is said, for each host", async () => {
    vi.stubGlobal("navigator", { gpu });
    const { findAdapter } = await fresh();
    vi.stubGlobal("Deno", {});
    await expect(findAdapter(2)).rejects.toThrow(/powerPreference and the variable DENO_WEBGPU_BACKEND lead to/);
    vi.unstubAllGlobals();
    vi.stubGlobal("navigator", { gpu });
    vi.stubGlobal("process", undefined);
    const refused = await findAdapter(2).catch((error: unknown) => error);
    vi.unstubAllGlobals();
    expect((refused as Error).message).toContain("the browser's own settings and flags choose among the rest");
  });
});

test("an adapter is for WebGPU alone, and refused beside what has one", async () => {
  await expect(open({ prefer: "wasm", adapter: 0 })).rejects.toThrow(ValueError);
  const own = { createShaderModule() {} } as unknown as GPUDevice;
  await expect(open({ gpu: own, adapter: 0 })).rejects.toThrow(/beside a GPUDevice, which has one — leave one out/);
  await expect(open({ simd: "plain", adapter: 0 })).rejects.toThrow(/simd: "plain" for WebAssembly alone/);
  // What is asked for by name is an error where it cannot be had.
  Object.assign(process.env, vulkanEnvironment(await findChromium()));
  await expect(open({ adapter: "no such GPU" })).rejects.toMatchObject({ name: "DeviceError" });
});
