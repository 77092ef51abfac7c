// SPDX-License-Identifier: Apache-2.0
// cover.v: makes each cover point an assertion that it is never reached, for the bit-level engine.
(* techmap_celltype = "$cover" *)
module nt_cover_as_assert (
  input A,
  input EN
);
  \$assert _TECHMAP_REPLACE_ (.A(~A), .EN(EN));
endmodule
