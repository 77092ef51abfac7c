// SPDX-License-Identifier: Apache-2.0
// nt_assert.vh: the one assertion macro of the tile.
//
// Include it inside a module that has clk_i and rst_ni. `NT_ASSERT(name, expr) checks expr in every
// clock cycle outside reset: as an immediate assertion under FORMAL, as an error message that names
// the instance under simulation. SYNTHESIS and NT_ASSERT_OFF, for the fastest simulation, remove it.
// State that only assertions use stands under `ifdef NT_ASSERT_ON.
`ifndef NT_ASSERT
`ifdef FORMAL
`define NT_ASSERT_ON
`define NT_ASSERT(name, expr) always @(posedge clk_i) if (rst_ni) assert (expr);
`elsif SYNTHESIS
`define NT_ASSERT(name, expr)
`elsif NT_ASSERT_OFF
`define NT_ASSERT(name, expr)
`else
`define NT_ASSERT_ON
`define NT_ASSERT(name, expr) \
  always @(posedge clk_i) if (rst_ni && !(expr)) $error("NT_ASSERT %m: %s", `"name`");
`endif
`endif
