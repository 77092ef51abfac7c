// SPDX-License-Identifier: Apache-2.0
// tb_nt_router: random messages of all sources, stalls at every port; each message must arrive once
// at each of its targets, in the order of its source, or be counted as misrouted.
`default_nettype none

module tb_nt_router;
  localparam Unit = "nt_router";
  localparam integer CycleLimit = 200000;
  parameter integer Cores   = 3;
  localparam integer Ports  = Cores + 1;   // sources: cores and spike-in; targets: cores, spike-out
  localparam integer Length = 4096;        // messages of a source, at most
  localparam [11:0] Tile    = 12'h5A3;
  `include "nt_defs.vh"
  `include "nt_check.vh"

  reg  [Cores-1:0]    core_valid;
  wire [Cores-1:0]    core_ready;
  reg  [64*Cores-1:0] core_data;
  reg                 spk_in_valid, spk_out_ready;
  wire                spk_in_ready, spk_out_valid, busy, misroute;
  reg  [63:0]         spk_in_data;
  wire [63:0]         spk_out_data;
  wire [Cores-1:0]    in_valid;
  reg  [Cores-1:0]    in_ready;
  wire [16*Cores-1:0] in_axon;
  wire [24*Cores-1:0] in_payload;

  nt_router #(.Cores(Cores)) u_dut (
    .clk_i(clk), .rst_ni(rst_n), .tile_id_i(Tile),
    .core_valid_i(core_valid), .core_ready_o(core_ready), .core_data_i(core_data),
    .spk_in_valid_i(spk_in_valid), .spk_in_ready_o(spk_in_ready), .spk_in_data_i(spk_in_data),
    .in_valid_o(in_valid), .in_ready_i(in_ready), .in_axon_o(in_axon), .in_payload_o(in_payload),
    .spk_out_valid_o(spk_out_valid), .spk_out_ready_i(spk_out_ready), .spk_out_data_o(spk_out_data),
    .busy_o(busy), .misroute_o(misroute));

  wire [Ports-1:0]    src_valid = {spk_in_valid, core_valid};
  wire [Ports-1:0]    src_ready = {spk_in_ready, core_ready};
  wire [64*Ports-1:0] src_data  = {spk_in_data, core_data};
  wire [Ports-1:0]    out_valid = {spk_out_valid, in_valid};
  wire [Ports-1:0]    out_ready = {spk_out_ready, in_ready};

  // The expectation: a queue for every source and target. The payload starts with the source.
  reg [63:0]      queue [0:Ports*Ports*Length-1];
  integer         put [0:Ports*Ports-1];
  integer         got [0:Ports*Ports-1];
  integer         accepted [0:Ports-1];
  integer         want_misroutes, got_misroutes, arrived;
  reg [Ports-1:0] stalled;            // sources that wait
  reg [Ports-1:0] held;               // targets that waited in the last cycle
  reg [64*Ports-1:0] held_data;
  integer         s, t, source, at;
  reg             greedy, drop_taken;
  reg [Ports-1:0] taken;

  // Targets of a message of a core.
  function [Ports-1:0] targets_of(input [63:0] of);
    targets_of = (of[SPIKE_TILE_LSB +: SPIKE_TILE_W] == Tile) ? of[SPIKE_CORES_LSB +: Cores]
                                                              : Ports'(1) << Cores;
  endfunction

  reg [63:0]      message;
  reg [63:0]      target_data;
  reg [Ports-1:0] targets;

  always @(posedge clk) begin
    if (rst_n) begin
      stalled = src_valid & ~src_ready;
      for (s = 0; s < Ports; s = s + 1) begin
        if (src_valid[s] && src_ready[s] === 1'b1) begin
          accepted[s] = accepted[s] + 1;
          message     = src_data[64*s +: 64];
          targets     = '0;
          if (message[SPIKE_TILE_LSB +: SPIKE_TILE_W] == Tile) begin
            targets[Cores-1:0] = message[SPIKE_CORES_LSB +: Cores];
          end else begin
            targets[Cores] = (s < Cores);
          end
          if (targets == '0) want_misroutes = want_misroutes + 1;
          for (t = 0; t < Ports; t = t + 1) begin
            if (targets[t]) begin
              queue[(s * Ports + t) * Length + put[s * Ports + t]] = message;
              put[s * Ports + t] = put[s * Ports + t] + 1;
            end
          end
        end
      end
      for (t = 0; t < Ports; t = t + 1) begin
        target_data = (t < Cores) ? {24'd0, in_axon[16*t +: 16], in_payload[24*t +: 24]}
                                  : spk_out_data;
        if (held[t]) begin
          `NT_EQ_AT("valid of a waiting message", t, out_valid[t], 1'b1)
          `NT_EQ_AT("data of a waiting message", t, target_data, held_data[64*t +: 64])
        end
        held[t] = out_valid[t] && !out_ready[t];
        held_data[64*t +: 64] = target_data;
        if (out_valid[t] && out_ready[t]) begin
          arrived = arrived + 1;
          source  = target_data[SPIKE_PAYLOAD_LSB + 20 +: 4];
          at      = source * Ports + t;
          `NT_EQ_AT("a message that nobody sent, target", t, source < Ports && got[at] < put[at],
                    1'b1)
          message = queue[at * Length + got[at]];
          if (t < Cores) message = {24'd0, message[39:0]};
          `NT_EQ_AT("message at target", t, target_data, message)
          got[at] = got[at] + 1;
        end
      end
      // Without spike-in, whose queue cannot be seen: what could have gone has gone.
      if (greedy) begin
        taken      = '0;
        drop_taken = 1'b0;
        for (s = 0; s < Cores; s = s + 1) begin
          if (core_valid[s] && core_ready[s]) begin
            taken      = taken | targets_of(core_data[64*s +: 64]);
            drop_taken = drop_taken || (targets_of(core_data[64*s +: 64]) == '0);
          end
        end
        for (s = 0; s < Cores; s = s + 1) begin
          if (core_valid[s] && !core_ready[s]) begin
            targets = targets_of(core_data[64*s +: 64]);
            `NT_EQ_AT("something in the way of a message that waits", s,
                      (targets & (taken | (out_valid & ~out_ready))) != '0
                      || (targets == '0 && drop_taken), 1'b1)
          end
        end
      end
      if (misroute) got_misroutes = got_misroutes + 1;
    end
  end

  // To anyone, or to all cores, or of every core to another target of its own.
  localparam integer ToAnyone = 0;
  localparam integer ToAll    = 1;
  localparam integer ToOwn    = 2;
  integer shape;
  reg     spk_in_quiet;

  function [63:0] new_message(input integer from);
    begin
      new_message = rnd_wide(0);
      new_message[SPIKE_TILE_LSB +: SPIKE_TILE_W] = Tile;
      if (shape == ToAnyone) begin
        if (rnd(4) == 0) new_message[SPIKE_TILE_LSB +: SPIKE_TILE_W] = $random(seed);
        if (rnd(8) == 0) new_message[SPIKE_CORES_LSB +: SPIKE_CORES_W] = 8'hFF << Cores;
      end else begin
        new_message[SPIKE_CORES_LSB +: SPIKE_CORES_W] =
            (shape == ToAll) ? 8'hFF : 1 << ((from + 1) % Cores);
      end
      new_message[SPIKE_PAYLOAD_LSB + 20 +: 4] = from;
    end
  endfunction

  // Sources offer with the given probability, targets are ready with theirs, in eighths; one
  // target can be shut altogether.
  task run(input integer count, input integer in_eighths, input integer out_eighths,
           input integer shut);
    integer i;
    begin
      repeat (count) begin
        @(negedge clk);
        for (i = 0; i < Ports; i = i + 1) begin
          if (!stalled[i]) begin
            if (i < Cores) begin
              core_valid[i]         = rnd(8) < in_eighths;
              core_data[64*i +: 64] = new_message(i);
            end else begin
              spk_in_valid = !spk_in_quiet && (rnd(8) < in_eighths);
              spk_in_data  = new_message(i);
            end
          end
          if (i < Cores) in_ready[i] = (i != shut) && (rnd(8) < out_eighths);
          else           spk_out_ready = (i != shut) && (rnd(8) < out_eighths);
        end
      end
    end
  endtask

  // Lets everything out, then nothing may be missing.
  task drain;
    integer i;
    begin
      run(1, 0, 8, -1);
      while (stalled != '0 || busy) run(1, 0, 8, -1);
      run(2, 0, 8, -1);
      for (i = 0; i < Ports * Ports; i = i + 1) `NT_EQ_AT("messages arrived", i, got[i], put[i])
      `NT_EQ("misroute_o pulses", got_misroutes, want_misroutes)
      `NT_EQ("busy_o", busy, 1'b0)
    end
  endtask

  integer k, was [0:Ports-1], total;

  initial begin
    core_valid = '0;  spk_in_valid = 1'b0;  in_ready = '0;  spk_out_ready = 1'b0;
    core_data = '0;  spk_in_data = '0;  stalled = '0;  held = '0;
    shape = ToAnyone;  spk_in_quiet = 1'b0;
    want_misroutes = 0;  got_misroutes = 0;  arrived = 0;  greedy = 1'b0;
    for (k = 0; k < Ports * Ports; k = k + 1) begin
      put[k] = 0;
      got[k] = 0;
    end
    for (k = 0; k < Ports; k = k + 1) accepted[k] = 0;
    nt_begin;
    `NT_EQ("after reset", {busy, misroute, spk_out_valid, in_valid != 0, spk_in_ready}, 5'b00001)
    run(200, 8, 8, -1);
    drain;
    for (k = 0; k < 30; k = k + 1) begin
      run(40, 1 + rnd(8), 1 + rnd(8), -1);
      if (k % 5 == 0) drain;
    end
    drain;
    spk_in_quiet = 1'b1;
    greedy       = 1'b1;
    for (k = 0; k < 8; k = k + 1) run(40, 1 + rnd(8), 1 + rnd(8), -1);
    drain;
    greedy       = 1'b0;
    spk_in_quiet = 1'b0;
    // With one target shut the others go on, unless every source waits for it.
    for (k = 0; k < Ports; k = k + 1) begin
      run(100, 8, 8, k);
      drain;
    end
    // Messages for the same targets take turns: one per cycle, shares of the sources are equal.
    shape = ToAll;
    run(4, 8, 8, -1);
    for (k = 0; k < Ports; k = k + 1) was[k] = accepted[k];
    total = 0;
    run(20 * Ports, 8, 8, -1);
    for (k = 0; k < Ports; k = k + 1) total = total + accepted[k] - was[k];
    `NT_EQ("one message per cycle", total >= 20 * Ports - 1 && total <= 20 * Ports + 1, 1'b1)
    for (k = 0; k < Ports; k = k + 1) begin
      `NT_EQ_AT("share of a source", k, (accepted[k] - was[k]) >= 18
                && (accepted[k] - was[k]) <= 22, 1'b1)
    end
    // So they are with targets that are often not ready: cycles without a grant change nothing.
    for (k = 0; k < Ports; k = k + 1) was[k] = accepted[k];
    run(200 * Ports, 8, 5, -1);
    for (k = 0; k < Ports; k = k + 1) begin
      `NT_EQ_AT("share of a source, targets not always ready", k,
                (accepted[k] - was[k]) >= (accepted[0] - was[0]) - 2
                && (accepted[k] - was[k]) <= (accepted[0] - was[0]) + 2
                && accepted[k] > was[k] + 10, 1'b1)
    end
    drain;
    // Messages for different targets do not wait for each other.
    shape = ToOwn;
    spk_in_quiet = 1'b1;
    run(2, 8, 8, -1);
    for (k = 0; k < Cores; k = k + 1) was[k] = accepted[k];
    run(40, 8, 8, -1);
    for (k = 0; k < Cores; k = k + 1) begin
      `NT_EQ_AT("messages of a core with a target of its own", k, accepted[k] - was[k], 40)
    end
    drain;
    `NT_EQ("messages arrived at all", arrived > 300 * Cores, 1'b1)
    nt_end;
  end
endmodule

`default_nettype wire
