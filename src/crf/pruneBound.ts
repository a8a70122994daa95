/** The matrices [L, L] of one iteration as they act: what class j's filtered marginals add to class c's logits is −Σ_f M_f[c, j]. */
export interface Actions {
  /** C·W of each filter, by rows that name what is not zero. */
  readonly filters: readonly (readonly SparseRow[])[];
}

/** What of a row is not zero, class by class. */
export type SparseRow = ReadonlyMap<number, number>;

/** What is known of an inference whose filters left classes out. */
export interface PrunedInference {
  /** For each iteration its matrices. */
  readonly actions: readonly Actions[];
  /** For each filter, the largest row sum of its matrix, max over points of K·1. */
  readonly gains: readonly number[];
  readonly classes: number;
  readonly leftOut: ReadonlySet<number>;
  /** For each iteration, how large the sum of the marginals that its filters left out gets in any row. */
  readonly shares: readonly number[];
  /** For each iteration, how large the marginal of a single one of those classes gets. */
  readonly singles: readonly number[];
}

/** The product C·W, by rows. Both are [L, L], `row` by row, from row `first` on, with `stride` floats a row. */
export function productRows(
  c: Float32Array,
  w: Float32Array,
  { classes, first, stride }: { readonly classes: number; readonly first: number; readonly stride: number },
): SparseRow[] {
  const sparse = (matrix: Float32Array): SparseRow[] =>
    Array.from({ length: classes }, (_, row) => {
      const found = new Map<number, number>();
      for (let j = 0; j < classes; j++) {
        const value = matrix[(first + row) * stride + j]!;
        if (value !== 0) found.set(j, value);
      }
      return found;
    });
  const right = sparse(w);
  return sparse(c).map((row) => {
    const product = new Map<number, number>();
    for (const [k, a] of row) for (const [j, b] of right[k]!) product.set(j, (product.get(j) ?? 0) + a * b);
    return product;
  });
}

/** How a class's logits react to errors of marginals: see `boundOf`. */
interface Reaction {
  /** Σ_f g_f Σ_{j kept} |M_f[c, j]|: to the largest error of a kept class. */
  readonly each: number;
  /** Σ_f g_f max_{j kept} |M_f[c, j]|: to the sum of the errors of all kept classes. */
  readonly together: number;
  /** Σ_f g_f max_{j left out} |M_f[c, j]|: to the sum of the marginals that were left out. */
  readonly missing: number;
  /** Σ_f g_f Σ_{j left out} |M_f[c, j]|: to the largest of them. */
  readonly missingEach: number;
}

function reactionOf({ filters }: Actions, c: number, { gains, leftOut }: PrunedInference): Reaction {
  let [each, together, missing, missingEach] = [0, 0, 0, 0];
  for (const [f, rows] of filters.entries()) {
    let [sum, most, sumMissing, mostMissing] = [0, 0, 0, 0];
    for (const [j, value] of rows[c]!) {
      const size = Math.abs(value);
      if (leftOut.has(j)) [sumMissing, mostMissing] = [sumMissing + size, Math.max(mostMissing, size)];
      else [sum, most] = [sum + size, Math.max(most, size)];
    }
    each += gains[f]! * sum;
    together += gains[f]! * most;
    missing += gains[f]! * mostMissing;
    missingEach += gains[f]! * sumMissing;
  }
  return { each, together, missing, missingEach };
}

/**
 * Bounds how far the logits of an inference whose filters leave classes P out are from those of the whole one, in exact arithmetic.
 *
 * The whole one is Q_t = softmax(X_t), X_{t+1} = U − Σ_f M_f K_f Q_t; the pruned one, with a hat, takes Σ_{j ∉ P} M_f[·, j] K_f Q̂_t(j) for the
 * sum, for every class, and begins from the same Q_0. Let a_t and b_t be the largest |X_t − X̂_t| of a class that is kept and of one in P; a_0 = b_0 = 0.
 *
 * 1. A filter K_f has no negative element, so |K_f v| ≤ g_f·max |v| with its largest row sum g_f. (`after` divides by K·1 + 1e-20: g_f ≤ 1.)
 *
 * 2. The share of P in a row, r = Σ_{l ∈ P} Q_t(l), is known of the pruned inference: r̂ ≤ `share`. Its odds r/(1 − r) differ by a factor of at most
 *    e^{a+b} from those of r̂, as all logits of P move by at most b and all others by at most a. So r ≤ ρ = min(1, r̂·e^{a+b}), and the same holds of
 *    every softmax between, of X̂ + τ(X − X̂) with 0 ≤ τ ≤ 1.
 *
 * 3. Along that way dQ(c)/dτ = Q(c)·(Δ(c) − Σ_j Q(j)Δ(j)), where Δ = X − X̂. For c kept, |Δ(c) − Σ Q Δ| ≤ 2(1 − Q(c))·a + r·b, and
 *    Q(c)(1 − Q(c)) ≤ 1/4. So each kept class is off by d = max |Q_t(c) − Q̂_t(c)| ≤ a/2 + b·ρ, and by no more than 1.
 *
 * 4. All kept classes of a row together: Σ_c Q(c)|Δ(c) − Σ QΔ|. With the kept classes' own mean μ, |Δ(c) − μ| has a mean of at most a (numbers in
 *    [−a, a] have a mean deviation of at most a), and Σ QΔ is at most r·(a + b) from μ. So D = Σ_c |Q_t(c) − Q̂_t(c)| ≤ (1 − r)(a + r(a + b)) ≤ a + b·ρ,
 *    and no more than 2.
 *
 * 5. X_{t+1}(c) − X̂_{t+1}(c) = −Σ_f Σ_{j kept} M_f[c, j] K_f (Q_t − Q̂_t)(j) − Σ_f Σ_{j ∈ P} M_f[c, j] K_f Q_t(j). The first sum is at most
 *    min(each·d, together·D), the second at most `missing`·ρ and, as a single class of P has Q_t(l) ≤ σ = min(1, `single`·e^{b + max(a, b)}), at most
 *    `missingEach`·σ. The class's `Reaction` has the factors. Their largest over the kept classes is a_{t+1}, and over P it is b_{t+1}.
 *
 * The bound is the larger of a_T and b_T. With diagonal matrices `missing` is 0 for kept classes and the others are 0 for P: what comes back to a kept class is then of
 * second order, b·ρ. A class of P that becomes likely in the meantime makes `share`, and with it the bound, larger; it does not come back in.
 */
export function boundOf(inference: PrunedInference): number {
  const { actions, classes, leftOut, shares, singles } = inference;
  if (leftOut.size === 0) return 0;
  let [a, b] = [0, 0];
  let known: { readonly of: Actions; readonly reactions: readonly Reaction[] } | undefined;
  for (const [t, share] of shares.entries()) {
    const of = actions[Math.min(t, actions.length - 1)]!;
    if (known?.of !== of) {
      known = { of, reactions: Array.from({ length: classes }, (_, c) => reactionOf(of, c, inference)) };
    }
    const rest = Math.min(1, share * Math.exp(a + b));
    const single = Math.min(1, singles[t]! * Math.exp(b + Math.max(a, b)));
    const each = Math.min(1, a / 2 + b * rest);
    const together = Math.min(2, a + b * rest);
    [a, b] = [0, 0];
    for (const [c, reaction] of known.reactions.entries()) {
      const error =
        Math.min(reaction.each * each, reaction.together * together) +
        Math.min(reaction.missing * rest, reaction.missingEach * single);
      if (leftOut.has(c)) b = Math.max(b, error);
      else a = Math.max(a, error);
    }
  }
  return Math.max(a, b);
}
