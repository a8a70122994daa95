/** Golden cases: what the references computed, and by how much one may differ. See the goldens' own README. */
import { type Cases, check, close, type Fixtures, readJson, readNpy, type Tolerance } from "../suite.ts";
import type { NpyArray } from "../npy.ts";
import { activation } from "../reference/crf.ts";
import { onDevice } from "./device.ts";
import type { Implementation, Inference, Rows } from "./implementation.ts";

/** An entry of manifest.json. */
export interface Golden {
  readonly name: string;
  readonly kind: string;
  // Each kind has its own words here; the checks below know them.
  readonly params: Record<string, any>;
  readonly arrays: Readonly<Record<string, { readonly file: string }>>;
  readonly facts: Record<string, any>;
  readonly suggested_tolerance_rel_to_max: Readonly<Record<string, number>>;
}

/** A case with its arrays at hand. */
export interface Loaded extends Golden {
  array(role: string): Promise<NpyArray>;
}

/** The manifest's tolerance for one array, and as many points beyond it as it counts near-ties, `channels` values each. */
export function tolerance(
  { facts, suggested_tolerance_rel_to_max }: Golden,
  role: string,
  channels: number,
): Tolerance {
  const counted = [facts, facts.ties_spatial, facts.ties_bilateral, facts.ties_gaussian]
    .map((ties) => ties?.points_on_a_near_tie_float32_may_flip ?? 0)
    .reduce((sum: number, count: number) => sum + count, 0);
  return { ofMaximum: suggested_tolerance_rel_to_max[role], outliers: counted * channels };
}

export async function rows(golden: Loaded, role: string): Promise<Rows> {
  const { data, shape } = await golden.array(role);
  return { data, channels: shape[1] ?? 1 };
}

/** [channels, height, width] as [height, width, channels]. */
export function channelsLast({ data, shape }: NpyArray): Rows {
  const [channels, height, width] = shape as [number, number, number];
  const pixels = height * width;
  return { channels, data: data.map((_, i) => data[(i % channels) * pixels + Math.floor(i / channels)]!) };
}

async function checkFilter(golden: Loaded, run: Implementation): Promise<void> {
  const features = await rows(golden, "features");
  const values = await rows(golden, golden.arrays.values ? "values" : "grad_out");
  const compare = async (role: string, input: Rows, transpose: boolean): Promise<void> => {
    const expected = await rows(golden, role);
    const actual = await run.filter(features, input, { transpose });
    close(actual, expected.data, tolerance(golden, role, input.channels), role);
  };
  if (golden.arrays.out) await compare("out", values, false);
  if (golden.arrays.out_reverse) await compare("out_reverse", values, true);
  if (golden.arrays.grad_values) await compare("grad_values", await rows(golden, "grad_out"), true);
  const points = features.data.length / features.channels;
  if (golden.arrays.norm) await compare("norm", { data: new Float32Array(points).fill(1), channels: 1 }, false);
  const { vertices } = golden.facts;
  if (vertices !== undefined) check((await run.vertices(features)) === vertices, `expected ${vertices} vertices`);
}

async function checkTables(golden: Loaded, run: Implementation): Promise<void> {
  const features = await rows(golden, "features");
  const d = features.channels;
  const [keys, offset, bary, neighbors, rank] = await Promise.all(
    ["keys", "offset", "bary", "neighbours", "rank"].map(async (role) => (await golden.array(role)).data),
  );
  const tables = await run.tables(features);
  const vertices = keys!.length / d;
  check(tables.keys.length === vertices, `expected ${vertices} vertices, got ${tables.keys.length}`);
  close(tables.weights.flat(), bary!, tolerance(golden, "bary", d + 1), "barycentric weights");
  const goldenKey = (row: number): string => (row < 0 ? "absent" : keys!.slice(row * d, (row + 1) * d).join());
  const ownKey = (vertex: number): string => (vertex === vertices ? "absent" : tables.keys[vertex]!.join());
  const row = new Map(Array.from({ length: vertices }, (_, i) => [goldenKey(i), i]));
  tables.simplices.forEach((simplex, point) => {
    simplex.forEach((vertex, r) => {
      const expected = goldenKey(offset![point * (d + 1) + r]!);
      check(ownKey(vertex) === expected, `vertex ${r} of point ${point}: expected ${expected}, got ${ownKey(vertex)}`);
    });
    // Coordinate i of vertex r is r more than at vertex 0, or r − (d + 1) more for the last rank_i of the vertices.
    for (let i = 0; i < d; i++) {
      const over = simplex.filter((vertex, r) => tables.keys[vertex]![i]! - tables.keys[simplex[0]!]![i]! !== r).length;
      check(over === rank![point * (d + 1) + i], `rank of coordinate ${i} of point ${point}: got ${over}`);
    }
  });
  tables.neighbors.forEach((pairs, axis) =>
    pairs.forEach((pair, vertex) => {
      const at = (axis * vertices + row.get(ownKey(vertex))!) * 2;
      const expected = `${goldenKey(neighbors![at]!)} and ${goldenKey(neighbors![at + 1]!)}`;
      const actual = pair.map(ownKey).join(" and ");
      check(actual === expected, `neighbors of ${ownKey(vertex)} on axis ${axis}: expected ${expected}, got ${actual}`);
    }),
  );
}

/** Features of a lattice_facts case, which names them in words: `x/160,y/160,rgb/3`. */
async function factsFeatures(golden: Loaded): Promise<Rows> {
  const { d, height, width, features } = golden.params;
  const image = golden.arrays.image_hwc && (await golden.array("image_hwc")).data;
  const bandwidths = (features as string).match(/[\d.]+/g)!.map(Number);
  const position = d === 3 ? [] : [bandwidths[0]!, bandwidths[0]!];
  const color = d === 2 ? [] : new Array<number>(3).fill(bandwidths.at(-1)!);
  const data = new Float32Array(height * width * d);
  for (let point = 0; point < height * width; point++) {
    const xy = [point % width, Math.floor(point / width)];
    position.forEach((theta, i) => (data[point * d + i] = xy[i]! / theta));
    color.forEach((theta, c) => (data[point * d + position.length + c] = image![point * 3 + c]! / theta));
  }
  return { data, channels: d };
}

async function checkFacts(golden: Loaded, run: Implementation): Promise<void> {
  const features = await factsFeatures(golden);
  const vertices = await run.vertices(features);
  const acceptable = golden.facts.acceptable_vertices as number[];
  check(acceptable.includes(vertices), `expected ${acceptable.join(" or ")} vertices, got ${vertices}`);
  const points = features.data.length / features.channels;
  const norm = await run.filter(features, { data: new Float32Array(points).fill(1), channels: 1 });
  const expected = (await golden.array("norm_strided")).data;
  const stride = Math.floor((points - 1) / (expected.length - 1));
  const strided = Float32Array.from(expected, (_, i) => norm[i * stride]!);
  close(strided, expected, tolerance(golden, "norm_strided", 1), `norm at every ${stride}th point`);
}

/** The manifest rounds its facts to three digits. */
const rounding = 1.005;

async function checkGauss(golden: Loaded, run: Implementation): Promise<void> {
  const features = await rows(golden, "features");
  const values = await rows(golden, "values");
  const actual = Array.from(await run.filter(features, values, { normalization: "after" }));
  const lattice = (await golden.array("out_lattice_normalised")).data;
  // The case states no tolerance for the lattice's own result: that of its exact one is as strict as any.
  close(actual, lattice, { ofMaximum: 1e-5 }, "out_lattice_normalised");
  const exact = (await golden.array("out_exact_normalised")).data;
  const facts = golden.facts.lattice_vs_exact_normalised;
  const errors = actual.map((value, i) => Math.abs(value - exact[i]!));
  const largest = Math.max(...errors);
  const rms = Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / errors.length);
  check(largest <= facts.max_abs * rounding, `largest error ${largest}, the reference's ${facts.max_abs}`);
  check(rms <= facts.rms * rounding, `error ${rms}, the reference's ${facts.rms}`);
}

async function checkCrf(golden: Loaded, run: Implementation): Promise<void> {
  const { params } = golden;
  const logits = channelsLast(await golden.array("logits"));
  const matrix = async (role: string) => (await golden.array(role)).data;
  const given = golden.arrays.spatial_weights !== undefined;
  for (const iterations of params.iterations as number[]) {
    const inference: Inference = {
      size: [params.height, params.width],
      logits,
      guide: channelsLast(await golden.array("image_chw")),
      iterations,
      normalization: "after",
      bilateral: {
        position: params.theta_alpha,
        color: params.theta_beta,
        weight: given ? await matrix("bilateral_weights") : 5,
      },
      spatial: { position: params.theta_gamma, weight: given ? await matrix("spatial_weights") : 3 },
      // The manifest has PyTorch's sign.
      compatibility: given ? (await matrix("compatibility")).map((value) => -value) : "potts",
    };
    const actual = await run.infer(inference, "logits");
    const role = golden.kind === "crf_exact" ? `out_lattice_T${iterations}` : `out_T${iterations}`;
    const { data: expected, channels } = channelsLast(await golden.array(role));
    close(actual, expected, tolerance(golden, role, channels), role);
    const marginals = `softmax(${role})`;
    if (golden.suggested_tolerance_rel_to_max[marginals] === undefined) continue;
    const [own, theirs] = [actual, expected].map((x) => activation(x, channels)) as [
      Float64Array<ArrayBuffer>,
      Float64Array<ArrayBuffer>,
    ];
    close(own, theirs, tolerance(golden, marginals, channels), marginals);
  }
}

/** densecrf's words for a message's weights, as ours: Potts −w·I, diagonal, or a matrix made symmetric. */
function messageWeight(values: ArrayLike<number>, kind: string, classes: number): number | number[] {
  if (kind === "potts") return -values[0]!;
  if (kind === "diag") return Array.from(values);
  const transposed = (i: number): number => (i % classes) * classes + Math.floor(i / classes);
  return Array.from(values, (value, i) => (value + values[transposed(i)]!) / 2);
}

async function checkDenseCrf(golden: Loaded, run: Implementation): Promise<void> {
  const { height, width, labels, gaussian, bilateral, normalisation } = golden.params;
  const energy = channelsLast(await golden.array("unary_energy"));
  const name = (normalisation as string).replace("NO_NORMALIZATION", "none").replace("NORMALIZE_", "").toLowerCase();
  for (const iterations of golden.params.iterations as number[]) {
    const inference: Inference = {
      size: [height, width],
      logits: { data: Float32Array.from(energy.data, (value) => -value), channels: labels },
      guide: { data: Float32Array.from((await golden.array("image_hwc")).data), channels: 3 },
      iterations,
      normalization: name as Inference["normalization"],
      bilateral: {
        position: bilateral.sxy,
        color: bilateral.srgb,
        weight: messageWeight((await golden.array("bilateral_compat")).data, bilateral.compat_kind, labels),
      },
      spatial: {
        position: gaussian.sxy,
        weight: messageWeight((await golden.array("gaussian_compat")).data, gaussian.compat_kind, labels),
      },
      // Q = softmax(−U − Σ compat·K Q): the weights hold the sign.
      compatibility: Array.from({ length: labels * labels }, (_, i) => (i % (labels + 1) === 0 ? 1 : 0)),
    };
    const { data: expected } = channelsLast(await golden.array(`Q_T${iterations}`));
    const role = `Q_T${iterations}`;
    close(await run.infer(inference, "marginals"), expected, tolerance(golden, role, labels), role);
  }
}

const checks: Readonly<Record<string, (golden: Loaded, run: Implementation) => Promise<void>>> = {
  lattice_filter: checkFilter,
  filter_backward: checkFilter,
  lattice_tables: checkTables,
  lattice_facts: checkFacts,
  exact_gauss: checkGauss,
  crf_rnn_inference: checkCrf,
  crf_exact: checkCrf,
  densecrf_inference: checkDenseCrf,
};

/** The cases of certain kinds, of the manifest in `folder`. */
export async function listKinds(fixtures: Fixtures, folder: string, kinds: object): Promise<Golden[]> {
  const { cases } = await readJson<{ cases: Golden[] }>(fixtures, `${folder}/manifest.json`);
  return cases.filter(({ kind }) => kind in kinds);
}

/** The cases that `checkGolden` knows. */
export const listGoldens = (fixtures: Fixtures, folder: string): Promise<Golden[]> =>
  listKinds(fixtures, folder, checks);

export function load(golden: Golden, fixtures: Fixtures, folder: string): Loaded {
  return { ...golden, array: (role) => readNpy(fixtures, `${folder}/${golden.arrays[role]!.file}`) };
}

export async function checkGolden(golden: Golden, run: Implementation, fixtures: Fixtures, folder: string) {
  await checks[golden.kind]!(load(golden, fixtures, folder), run);
}

/** A suite of the goldens in `folder`. */
export const goldenCases =
  (folder: string): Cases =>
  async (fixtures) =>
    (await listGoldens(fixtures, folder)).map((golden) => ({
      name: golden.name,
      run: (device, files) => checkGolden(golden, onDevice(device), files, folder),
    }));
