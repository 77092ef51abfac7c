// SPDX-License-Identifier: Apache-2.0
// nt_router_props: what nt_router promises, for all time.
//
// Watched  Two messages of one source, chosen freely, are marked in their payloads; the router does
//          not look at payloads, so what holds for them holds for every message. Each arrives at
//          each of its targets once and nowhere else, unchanged, the first before the second. When
//          the router says that it is empty, both have arrived.
// Dropped  misroute_o tells of each message without target, and of no other.
// Served   While all sinks take what they are offered, a core waits for at most Cores others.
//
// Whole 1: messages are free. Whole 0: the bits that pass unchanged share one value, but the mark,
// and a tile is the own one or another one: enough for control, and small enough for a proof for
// all time.
`default_nettype none

module nt_router_props #(
  parameter integer Cores = 2,
  parameter integer Whole = 0,
  localparam integer Ports = Cores + 1
) (
  input wire logic                clk_i,
  input wire logic [Cores-1:0]    core_valid_i,
  input wire logic [64*Cores-1:0] core_data_i,
  input wire logic                spk_in_valid_i,
  input wire logic [63:0]         spk_in_data_i,
  input wire logic [Cores-1:0]    in_ready_i,
  input wire logic                spk_out_ready_i
);
  `include "nt_formal.vh"
  `include "nt_defs.vh"

  (* anyconst *) logic [11:0] any_tile;
  logic [11:0]         tile_id;
  logic [Ports-1:0]    valid, ready, taken, waited_q;   // of the sources, spike-in last
  logic [64*Ports-1:0] data, offer_q;
  logic [Cores-1:0]    core_ready, in_valid;
  logic                spk_in_ready, spk_out_valid, busy, misroute;
  logic [16*Cores-1:0] in_axon;
  logic [24*Cores-1:0] in_payload;
  logic [63:0]         spk_out_data;

  nt_router #(.Cores(Cores)) u_dut (
    .clk_i,
    .rst_ni,
    .tile_id_i       (tile_id),
    .core_valid_i,
    .core_ready_o    (core_ready),
    .core_data_i     (data[64*Cores-1:0]),
    .spk_in_valid_i,
    .spk_in_ready_o  (spk_in_ready),
    .spk_in_data_i   (data[64*Cores +: 64]),
    .in_valid_o      (in_valid),
    .in_ready_i,
    .in_axon_o       (in_axon),
    .in_payload_o    (in_payload),
    .spk_out_valid_o (spk_out_valid),
    .spk_out_ready_i,
    .spk_out_data_o  (spk_out_data),
    .busy_o          (busy),
    .misroute_o      (misroute)
  );

  // Sources keep what they offer.

  assign valid = {spk_in_valid_i, core_valid_i};
  assign ready = {spk_in_ready, core_ready};

  function automatic logic [63:0] shape(input logic [63:0] raw);
    shape = raw;
    if (Whole == 0) begin
      shape = {{(64 - SPIKE_CORES_LSB - Cores){1'b0}}, raw[SPIKE_CORES_LSB +: Cores], 11'd0,
               raw[SPIKE_TILE_LSB], {38{raw[2]}}, raw[1:0]};
    end
  endfunction

  always_comb begin
    for (int s = 0; s < Cores; s++) data[64*s +: 64] = shape(core_data_i[64*s +: 64]);
    data[64*Cores +: 64] = shape(spk_in_data_i);
  end

  assign tile_id = (Whole == 0) ? '0 : any_tile;
  assign taken = valid & ready;

  always_ff @(posedge clk_i) begin
    waited_q <= rst_ni ? (valid & ~ready) : '0;
    offer_q  <= data;
  end

  always_comb begin
    for (int s = 0; s < Ports; s++) begin
      assume (!rst_ni || !waited_q[s] || (valid[s] && data[64*s +: 64] == offer_q[64*s +: 64]));
    end
  end

  // Targets of a message as the specification has them, spike-out last.
  function automatic logic [Ports-1:0] targets(input logic [63:0] message, input logic from_core,
                                               input logic [11:0] own);
    targets = '0;
    if (message[SPIKE_TILE_LSB +: SPIKE_TILE_W] == own) begin
      targets[Cores-1:0] = message[SPIKE_CORES_LSB +: Cores];
    end else begin
      targets[Cores] = from_core;
    end
  endfunction

  // ---------------------------------------------------------------------------------------------
  // The two messages watched: mark 1 and 2 in the low payload bits, all others have 0.
  // ---------------------------------------------------------------------------------------------
  (* anyconst *) logic [Ports-1:0] from;   // one-hot: their source
  (* anyconst *) logic [63:0]      any_message;
  logic [63:0]      message;                 // the first
  logic             in1_q, in2_q;            // taken
  logic [Ports-1:0] want1_q, want2_q, got1_q, got2_q;

  always_comb begin
    assume (from != '0 && (from & (from - 1'b1)) == '0);
    for (int s = 0; s < Ports; s++) begin
      if (valid[s]) begin
        assume (data[64*s +: 2] == 2'd0
                || (from[s] && data[64*s +: 2] == 2'd1 && !in1_q && data[64*s +: 64] == message)
                || (from[s] && data[64*s +: 2] == 2'd2 && in1_q && !in2_q));
      end
    end
  end

  assign message = shape(any_message);

  // What arrives.
  logic [Ports-1:0]  out_valid, out_ready, out_stalled_q;
  logic [40*Ports-1:0] out_data, out_data_q;

  assign out_valid = {spk_out_valid, in_valid};
  assign out_ready = {spk_out_ready_i, in_ready_i};

  always_comb begin
    out_data = '0;
    for (int t = 0; t < Cores; t++) begin
      out_data[40*t +: 40] = {in_axon[16*t +: 16], in_payload[24*t +: 24]};
    end
    out_data[40*Cores +: 40] = spk_out_data[39:0];
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      in1_q         <= 1'b0;
      in2_q         <= 1'b0;
      got1_q        <= '0;
      got2_q        <= '0;
      out_stalled_q <= '0;
    end else begin
      for (int s = 0; s < Ports; s++) begin
        if (taken[s] && data[64*s +: 2] == 2'd1) begin
          in1_q   <= 1'b1;
          want1_q <= targets(data[64*s +: 64], s != Cores, tile_id);
        end
        if (taken[s] && data[64*s +: 2] == 2'd2) begin
          in2_q   <= 1'b1;
          want2_q <= targets(data[64*s +: 64], s != Cores, tile_id);
        end
      end
      for (int t = 0; t < Ports; t++) begin
        if (out_valid[t] && out_ready[t]) begin
          if (out_data[40*t +: 2] == 2'd1) got1_q[t] <= 1'b1;
          if (out_data[40*t +: 2] == 2'd2) got2_q[t] <= 1'b1;
        end
      end
      out_stalled_q <= out_valid & ~out_ready;
    end
    out_data_q <= out_data;
  end

  always_comb begin
    if (rst_ni) begin
      for (int t = 0; t < Ports; t++) begin
        if (out_valid[t] && out_data[40*t +: 2] == 2'd1) begin
          assert (in1_q && want1_q[t] && !got1_q[t]);
          assert (out_data[40*t +: 40] == message[39:0]);
          if (t == Cores) assert (spk_out_data == message);
        end
        if (out_valid[t] && out_data[40*t +: 2] == 2'd2) begin
          assert (in2_q && want2_q[t] && !got2_q[t] && (got1_q[t] || !want1_q[t]));
        end
        if (out_stalled_q[t]) begin
          assert (out_valid[t] && out_data[40*t +: 40] == out_data_q[40*t +: 40]);
        end
      end
      if (!busy && in1_q) assert (got1_q == want1_q);
      if (!busy && in2_q) assert (got2_q == want2_q);
    end
  end

  // ---------------------------------------------------------------------------------------------
  // Messages without target: those of cores are dropped when taken, those of spike-in up to later.
  // ---------------------------------------------------------------------------------------------
  logic [1:0] lost_q;                 // without target, taken at spike-in and not yet dropped
  logic       core_lost, spk_lost;

  always_comb begin
    core_lost = 1'b0;
    for (int s = 0; s < Cores; s++) begin
      if (taken[s] && targets(data[64*s +: 64], 1'b1, tile_id) == '0) core_lost = 1'b1;
    end
    spk_lost = taken[Cores] && targets(data[64*Cores +: 64], 1'b0, tile_id) == '0;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      lost_q <= '0;
    end else begin
      lost_q <= lost_q + 2'(spk_lost) - 2'(misroute && !core_lost);
    end
  end

  always_comb begin
    if (rst_ni) begin
      if (core_lost) assert (misroute);
      if (misroute && !core_lost) assert (lost_q != '0);
      if (!busy) assert (lost_q == '0);
    end
  end

  // ---------------------------------------------------------------------------------------------
  // Service.
  // ---------------------------------------------------------------------------------------------
  logic [3:0] wait_q;                 // cycles the source watched has waited, all sinks taking
  logic       waits;

  assign waits = (valid[Cores-1:0] & ~ready[Cores-1:0] & from[Cores-1:0]) != '0;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      wait_q <= '0;
    end else begin
      wait_q <= (waits && out_ready == '1) ? wait_q + 4'(wait_q != 4'd15) : '0;
    end
  end

  always_comb begin
    if (rst_ni) assert (wait_q <= 4'(Cores));
  end

  always_ff @(posedge clk_i) begin
    cover (rst_ni && in2_q && !busy && want1_q == Ports'(3) && want2_q == Ports'(3));
    cover (rst_ni && in2_q && from[Cores] && got2_q != '0);
    cover (rst_ni && misroute && lost_q == 2'd2);
    cover (rst_ni && wait_q == 4'(Cores));
  end
endmodule

`default_nettype wire
