// SPDX-License-Identifier: Apache-2.0
// The number of the variant that is active in this run; 0 is the tile as it is. Included in modules that
// instrument.py gave variants.
`ifdef VERILATOR
  import "DPI-C" function int nt_variant_number();
`endif
  logic [15:0] nt_variant;
  initial begin
`ifdef VERILATOR
    nt_variant = 16'(nt_variant_number());
`else
    if (!$value$plusargs("nt_variant=%d", nt_variant)) nt_variant = 16'd0;
`endif
  end
