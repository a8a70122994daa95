import { describe, expect, test } from "vitest";
import { loopsOf, shareOf } from "../../bench/gpu/code.ts";

/** A loop of six instructions, three of them multiply-adds, in one of eight more; before it a loop without any. */
const nested = `
BB0:
	v_mov_b32_e32 v0, 0                       ; 7e000280
BB1:
	v_add_u32_e32 v0, 1, v0                   ; 00000000
	s_cbranch_scc1 BB1                        ; bf850000
BB2:
	buffer_load_dwordx4 v[0:3], v4, s[0:3], 0 ; e05c0000
	s_waitcnt vmcnt(0)                        ; bf8c0f70
	ds_write_b128 v5, v[0:3]                  ; d9be0000
BB3:
	ds_read_b128 v[8:11], v6                  ; d9fe0000
	v_fmac_f32_e32 v12, v8, v9                ; 00000000
	v_fma_f32 v13, v8, v10, v13               ; 00000000
	v_mac_f32_e32 v14, v8, v11                ; 00000000
	s_add_i32 s4, s4, 1                       ; 00000000
	s_cbranch_scc1 BB3                        ; bf850000
BB4:
	v_add_f32_e32 v0, v1, v2                  ; 00000000
	s_nop 0                                   ; bf800000
	s_barrier                                 ; bf8a0000
	s_cbranch_scc0 BB6                        ; bf840000
	s_branch BB2                              ; bf820000
BB6:
	s_endpgm                                  ; bf810000
`;

describe("loops in machine code", () => {
  test("the innermost loop that holds multiply-adds, by kinds of instructions", () => {
    const { innermost } = loopsOf(nested)!;
    expect(innermost).toEqual({
      instructions: 6,
      multiplyAdds: 3,
      kinds: { "multiply-add": 3, "workgroup memory": 1, scalar: 1, branch: 1 },
    });
    expect(shareOf(innermost)).toBe(0.5);
  });

  test("a chunk has that loop once, or as often as its multiply-adds take, and the loops around it once", () => {
    expect(loopsOf(nested)!.chunk).toMatchObject({ instructions: 6 + 8, multiplyAdds: 3 });
    expect(loopsOf(nested, 12)!.chunk).toEqual({
      instructions: 4 * 6 + 8,
      multiplyAdds: 12,
      kinds: {
        "multiply-add": 12,
        vector: 1,
        scalar: 4,
        memory: 1,
        "workgroup memory": 4 + 1,
        wait: 2,
        branch: 4 + 3,
      },
    });
  });

  test("two that issue together and packed ones count as two, in one instruction", () => {
    const loop = `
BB0:
	v_dual_fmac_f32 v0, v1, v2 :: v_dual_fmac_f32 v3, v4, v5 ; 00000000
	v_dual_fmac_f32 v0, v1, v2 :: v_dual_mov_b32 v3, v4 ; 00000000
	v_pk_fma_f16 v0, v1, v2, v3 ; 00000000
	s_cbranch_scc1 BB0 ; 00000000
`;
    expect(loopsOf(loop)!.innermost).toMatchObject({ instructions: 4, multiplyAdds: 5, kinds: { "multiply-add": 3 } });
  });

  test("Mesa's own form, where the disassembler does not know the generation", () => {
    const printed = `
BB0
/* logical preds: / linear preds: BB0, / kind: loop-header, */
	p_logical_start
	 v1: %434:v[8] = v_fmac_f32 %1179:v[96], %1171:v[88], %408:v[8]
	s_wait_loadcnt imm:0
	s_cbranch_scc0 block:BB0
BB1
	s_endpgm
`;
    expect(loopsOf(printed)!.innermost).toEqual({
      instructions: 3,
      multiplyAdds: 1,
      kinds: { "multiply-add": 1, wait: 1, branch: 1 },
    });
  });

  test("a program that multiplies and adds in no loop has none", () => {
    expect(loopsOf("BB0:\n\tv_fma_f32 v0, v1, v2, v3\n\ts_endpgm\n")).toBeUndefined();
  });
});
