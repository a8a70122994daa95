// The block of an exclusive sum, which scan.blocks and scan.add share.

// Values that are summed by one workgroup. Counts of dispatches and src/shared/scan.ts say the same number.
const BLOCK = 2048u;
