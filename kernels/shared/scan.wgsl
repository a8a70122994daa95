// What scan.blocks and scan.add have in common.

// Values that are summed by one workgroup. Counts of dispatches and src/shared/scan.ts say the same number.
const BLOCK = 2048u;
