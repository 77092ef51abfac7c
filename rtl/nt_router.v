// SPDX-License-Identifier: Apache-2.0
// nt_router: messages of the cores and spike-in to the cores named, or to spike-out.
//
// Contract   A message goes to all its targets in one cycle, or waits; none is lost, none doubled.
//            Messages of one source to one target keep their order. A message without target is
//            dropped with misroute_o: spike-in for another tile, own tile but no existing core.
// Timing     Per cycle as many messages as have targets of their own that are free; priority goes
//            round the sources. One register per target, two entries of queue at spike-in.
// Numbers    SPIKE records; PAYLOAD passes unchanged.
// Parameters Cores 1..8.
`default_nettype none

module nt_router #(
  parameter integer Cores = 4
) (
  input  wire logic                clk_i,            // clock
  input  wire logic                rst_ni,           // reset, active low
  input  wire logic [11:0]         tile_id_i,        // number of this tile
  // messages of the cores
  input  wire logic [Cores-1:0]    core_valid_i,     // message offered, one bit per core
  output logic [Cores-1:0]         core_ready_o,     // message is taken
  input  wire logic [64*Cores-1:0] core_data_i,      // SPIKE records
  // spikes into the tile
  input  wire logic                spk_in_valid_i,   // spike offered
  output logic                     spk_in_ready_o,   // spike can be taken
  input  wire logic [63:0]         spk_in_data_i,    // SPIKE record
  // spikes to the cores
  output logic [Cores-1:0]         in_valid_o,       // spike offered, one bit per core
  input  wire logic [Cores-1:0]    in_ready_i,       // spike is taken
  output logic [16*Cores-1:0]      in_axon_o,        // axons
  output logic [24*Cores-1:0]      in_payload_o,     // payloads
  // spikes out of the tile
  output logic                     spk_out_valid_o,  // spike offered
  input  wire logic                spk_out_ready_i,  // spike is taken
  output logic [63:0]              spk_out_data_o,   // SPIKE record
  // state
  output logic                     busy_o,           // a message is inside
  output logic                     misroute_o        // pulse: a message was dropped
);

  `include "nt_defs.vh"

  // Sources are the cores and, last, spike-in; targets are the cores and, last, spike-out.
  localparam integer Ports = Cores + 1;

  logic        spk_valid, spk_ready;
  logic [63:0] spk_data;
  logic [1:0]  spk_level;

  nt_fifo #(.Width(64), .Depth(2)) u_spk_in (
    .clk_i,
    .rst_ni,
    .in_valid_i  (spk_in_valid_i),
    .in_ready_o  (spk_in_ready_o),
    .in_data_i   (spk_in_data_i),
    .out_valid_o (spk_valid),
    .out_ready_i (spk_ready),
    .out_data_o  (spk_data),
    .level_o     (spk_level)
  );

  logic [Ports-1:0]    src_valid;
  logic [64*Ports-1:0] src_data;
  logic [Ports-1:0]    out_valid_q, out_ready;
  logic [Ports-1:0]    free;

  assign src_valid = {spk_valid, core_valid_i};
  assign src_data  = {spk_data, core_data_i};
  assign out_ready = {spk_out_ready_i, in_ready_i};
  assign free      = ~out_valid_q | out_ready;

  // ---------------------------------------------------------------------------------------------
  // Targets of every source.
  // ---------------------------------------------------------------------------------------------
  logic [Ports*Ports-1:0] targets;

  always_comb begin
    targets = '0;
    for (int s = 0; s < Ports; s++) begin
      if (src_valid[s]) begin
        if (src_data[64*s+SPIKE_TILE_LSB +: SPIKE_TILE_W] == tile_id_i) begin
          targets[Ports*s +: Cores] = src_data[64*s+SPIKE_CORES_LSB +: Cores];
        end else begin
          targets[Ports*s+Cores] = (s != Cores);
        end
      end
    end
  end

  // ---------------------------------------------------------------------------------------------
  // Grants: sources of mask_q in order, then the others. A source goes if all its targets are free
  // and not taken by one before it; of those without target, one per cycle.
  // ---------------------------------------------------------------------------------------------
  logic [Ports-1:0]       mask_q;
  logic [Ports-1:0]       grant, first, filled, dropped;
  logic [Ports*Ports-1:0] granted;

  always_comb begin
    grant   = '0;
    first   = '0;
    dropped = '0;
    granted = '0;
    filled  = '0;
    if (src_valid != '0) begin
      for (int pass = 0; pass < 2; pass++) begin
        for (int s = 0; s < Ports; s++) begin
          if (src_valid[s] && mask_q[s] == (pass == 0)
              && (targets[Ports*s +: Ports] & (filled | ~free)) == '0
              && (targets[Ports*s +: Ports] != '0 || dropped == '0)) begin
            if (grant == '0) first[s] = 1'b1;
            grant[s]                  = 1'b1;
            dropped[s]                = (targets[Ports*s +: Ports] == '0);
            granted[Ports*s +: Ports] = targets[Ports*s +: Ports];
            filled                    = filled | targets[Ports*s +: Ports];
          end
        end
      end
    end
  end

  assign core_ready_o = grant[Cores-1:0];
  assign spk_ready    = grant[Cores];
  assign misroute_o   = (dropped != '0);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      mask_q      <= '0;
      out_valid_q <= '0;
    end else begin
      // The sources above the first one served come next.
      if (grant != '0) mask_q <= ~(first | (first - 1'b1));
      out_valid_q <= (out_valid_q & ~out_ready) | filled;
    end
  end

  // ---------------------------------------------------------------------------------------------
  // One register per target.
  // ---------------------------------------------------------------------------------------------
  logic [63:0] spk_out_data_q;

  always_ff @(posedge clk_i) begin
    for (int s = 0; s < Cores; s++) begin
      if (granted[Ports*s+Cores]) spk_out_data_q <= src_data[64*s +: 64];
    end
  end

  generate
    genvar c;
    for (c = 0; c < Cores; c++) begin : g_out
      logic [SPIKE_AXON_W-1:0]    axon_q;
      logic [SPIKE_PAYLOAD_W-1:0] payload_q;

      always_ff @(posedge clk_i) begin
        for (int s = 0; s < Ports; s++) begin
          if (granted[Ports*s+c]) begin
            axon_q    <= src_data[64*s+SPIKE_AXON_LSB +: SPIKE_AXON_W];
            payload_q <= src_data[64*s+SPIKE_PAYLOAD_LSB +: SPIKE_PAYLOAD_W];
          end
        end
      end

      assign in_axon_o[16*c +: 16]    = axon_q;
      assign in_payload_o[24*c +: 24] = payload_q;
    end
  endgenerate

  assign in_valid_o      = out_valid_q[Cores-1:0];
  assign spk_out_valid_o = out_valid_q[Cores];
  assign spk_out_data_o  = spk_out_data_q;
  assign busy_o          = (out_valid_q != '0) | (spk_level != '0);

  generate
    if (Cores < CORES_MIN || Cores > CORES_MAX) begin : g_range
      nt_parameter_out_of_range u_bad ();
    end
  endgenerate

  `include "nt_assert.vh"
  `NT_ASSERT(first_one_hot, (first & (first - 1'b1)) == '0)
  `NT_ASSERT(targets_free, (filled & ~free) == '0)

endmodule

`default_nettype wire
