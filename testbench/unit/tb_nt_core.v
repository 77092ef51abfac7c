// SPDX-License-Identifier: Apache-2.0
// tb_nt_core: one core from spike to message: a DENSE list of two digits, a program that adds the
// accumulator to its state and sends it, two destinations, probes, counters, flags, activity.
`default_nettype none

module tb_nt_core;
  localparam Unit = "nt_core";
  localparam integer CycleLimit = 60000;
  parameter integer WordBits = 64;
  parameter integer AccBits  = 24;
  localparam integer L       = WordBits / 32;
  localparam integer Half    = WordBits / 2;
  localparam integer Dwords  = WordBits / 64;
  localparam integer List    = 32;            // pool words of the parts of the network
  localparam integer Dests   = 40;
  localparam integer State   = 64;
  `include "nt_defs.vh"
  `include "nt_check.vh"

  reg         start, clear, in_valid, msg_ready, prb_ready, host_en, host_we;
  wire        in_ready, msg_valid, prb_valid, host_done, host_err, engine_busy, synapse_busy;
  wire        out_busy, pending, flags_any;
  reg  [15:0] in_axon;
  reg  [23:0] in_payload;
  wire [63:0] msg_data, prb_data;
  reg  [2:0]  host_space;
  reg  [19:0] host_addr;
  reg  [31:0] host_wdata, timestep;
  wire [31:0] host_rdata;
  wire [7:0]  in_level, out_level;

  nt_core #(.WordBits(WordBits), .PoolWords(256), .Lines(2), .AccBits(AccBits), .ProgWords(64),
            .TableWords(64), .Groups(8)) u_dut (
    .clk_i(clk), .rst_ni(rst_n), .core_id_i(3'd6), .tile_id_i(12'd9), .timestep_i(timestep),
    .start_i(start), .clear_i(clear),
    .in_valid_i(in_valid), .in_ready_o(in_ready), .in_axon_i(in_axon), .in_payload_i(in_payload),
    .msg_valid_o(msg_valid), .msg_ready_i(msg_ready), .msg_data_o(msg_data),
    .prb_valid_o(prb_valid), .prb_ready_i(prb_ready), .prb_data_o(prb_data),
    .host_en_i(host_en), .host_we_i(host_we), .host_space_i(host_space), .host_addr_i(host_addr),
    .host_wdata_i(host_wdata), .host_done_o(host_done), .host_err_o(host_err),
    .host_rdata_o(host_rdata),
    .engine_busy_o(engine_busy), .synapse_busy_o(synapse_busy), .out_busy_o(out_busy),
    .in_level_o(in_level), .out_level_o(out_level), .pending_o(pending), .flags_any_o(flags_any));

  // What the core sends: one message per neuron and destination, one probe per neuron.
  reg [31:0] state [0:Half-1];     // expected state word 0 of neuron n
  reg [1:0]  seen [0:Half-1];      // destinations served in this step
  integer    messages, probes, at;
  integer    synapse_cycles, engine_cycles;  // cycles of busy outputs

  always @(negedge clk) begin
    msg_ready = rnd(3) != 0;
    prb_ready = rnd(3) != 0;
  end

  always @(posedge clk) begin
    if (rst_n && synapse_busy) synapse_cycles = synapse_cycles + 1;
    if (rst_n && engine_busy) engine_cycles = engine_cycles + 1;
    if (rst_n && msg_valid && msg_ready) begin
      messages = messages + 1;
      // Destination 0 is an axon vector from 1000 on, 24 bits; destination 1 one axon, 8 bits.
      if (msg_data[SPIKE_TILE_LSB +: SPIKE_TILE_W] == 12'd77) begin
        at = msg_data[SPIKE_AXON_LSB +: SPIKE_AXON_W] - 1000;
        `NT_EQ_AT("message to destination 0", at, msg_data,
                  {2'd0, 2'(SPIKE_TYPE_GRADED24), 8'h81, 12'd77, 16'(1000 + at),
                   state[at % Half][23:0]})
        seen[at % Half][0] = 1'b1;
      end else begin
        `NT_EQ("head of a message to destination 1", msg_data[63:24],
               {2'd0, 2'(SPIKE_TYPE_GRADED8), 8'h02, 12'd9, 16'd5})
        `NT_EQ("sign of a message to destination 1", msg_data[23:8], {16{msg_data[7]}})
        at = -1;
        for (k = Half - 1; k >= 0; k = k - 1) begin
          if (!seen[k][1] && state[k][7:0] == msg_data[7:0] && state[k] != 0) at = k;
        end
        `NT_EQ("payload of a message to destination 1", at >= 0, 1'b1)
        if (at >= 0) seen[at][1] = 1'b1;
      end
    end
    if (rst_n && prb_valid && prb_ready) begin
      at = prb_data[HOST_ADDR_LSB + PROBE_NEURON_LSB +: PROBE_NEURON_W];
      `NT_EQ_AT("probe", at, prb_data,
                {4'd0, 2'(RSP_PROBE), 3'd6, 3'd0, 2'd0, 5'd2, 13'(at), state[at % Half]})
      probes = probes + 1;
    end
  end

  integer k;

  task access(input we, input integer space, input integer address, input [31:0] data);
    begin
      @(negedge clk);
      host_en    = 1'b1;
      host_we    = we;
      host_space = space;
      host_addr  = address;
      host_wdata = data;
      @(negedge clk);
      while (!host_done) @(negedge clk);
      value   = host_rdata;
      refused = host_err;
      // The request ends in the cycle after host_done_o, which is a pulse.
      @(negedge clk) host_en = 1'b0;
      `NT_EQ("host_done_o after its pulse", host_done, 1'b0)
    end
  endtask

  reg [31:0] value;
  reg        refused;

  task put_dword(input integer word, input integer dword, input [63:0] data);
    begin
      access(1'b1, SPACE_POOL, word * L + 2 * dword, data[31:0]);
      access(1'b1, SPACE_POOL, word * L + 2 * dword + 1, data[63:32]);
    end
  endtask

  task read(input integer space, input integer address, input [31:0] want);
    begin
      access(1'b0, space, address, 32'd0);
      `NT_EQ_AT("word read", {space[3:0], address[19:0]}, {refused, value}, {1'b0, want})
    end
  endtask

  task spike(input [15:0] axon, input [23:0] payload);
    begin
      @(negedge clk);
      in_valid   = 1'b1;
      in_axon    = axon;
      in_payload = payload;
      while (!in_ready) @(negedge clk);
      @(negedge clk) in_valid = 1'b0;
    end
  endtask

  task step;
    begin
      @(negedge clk);
      while (synapse_busy) @(negedge clk);
      start = 1'b1;
      @(negedge clk) start = 1'b0;
      @(negedge clk);
      while (engine_busy || out_busy) @(negedge clk);
      timestep = timestep + 1;
    end
  endtask

  reg [WordBits-1:0]       list [0:1];
  reg signed [AccBits-1:0] sum [0:Half-1];
  integer                  weight, n, sent, payload, spikes_sent;
  reg [63:0]               record;

  initial begin
    start = 1'b0;  clear = 1'b0;  in_valid = 1'b0;  host_en = 1'b0;  host_we = 1'b0;
    in_axon = '0;  in_payload = '0;  host_space = '0;  host_addr = '0;  host_wdata = '0;
    timestep = 32'd3;  messages = 0;  probes = 0;  synapse_cycles = 0;  engine_cycles = 0;
    nt_begin;
    `NT_EQ("after reset", {msg_valid, prb_valid, host_done, host_err, engine_busy, synapse_busy,
                           out_busy, flags_any}, 8'd0)

    // Axon 0: DENSE, weights of two digits, exponent 3, dendrite 2, line 1. Axon 1: no list.
    record = '0;
    record[AXON_FORMAT_LSB +: AXON_FORMAT_W]     = FORMAT_DENSE;
    record[AXON_DENDRITE_LSB +: AXON_DENDRITE_W] = 2;
    record[AXON_DIGITS_LSB +: AXON_DIGITS_W]     = 1;
    record[AXON_EXP_LSB +: AXON_EXP_W]           = 3;
    record[AXON_LINE_LSB +: AXON_LINE_W]         = 1;
    record[AXON_PTR_LSB +: AXON_PTR_W]           = List;
    put_dword(0, 0, record);
    put_dword(1 / Dwords, 1 % Dwords, 64'd0);
    for (k = 0; k < 2; k = k + 1) begin
      list[k] = rnd_wide(0);
      for (n = 0; n < L; n = n + 1) begin
        access(1'b1, SPACE_POOL, (List + k) * L + n, list[k][32*n +: 32]);
      end
    end
    record = '0;
    record[DEST_TILE_LSB +: DEST_TILE_W]   = 77;
    record[DEST_CORES_LSB +: DEST_CORES_W] = 8'h81;
    record[DEST_AXON_LSB +: DEST_AXON_W]   = 1000;
    record[DEST_TYPE_LSB +: DEST_TYPE_W]   = SPIKE_TYPE_GRADED24;
    record[DEST_VECTOR_LSB]                = 1'b1;
    put_dword(Dests, 0, record);
    record[DEST_TILE_LSB +: DEST_TILE_W]   = 9;
    record[DEST_CORES_LSB +: DEST_CORES_W] = 8'h02;
    record[DEST_AXON_LSB +: DEST_AXON_W]   = 5;
    record[DEST_TYPE_LSB +: DEST_TYPE_W]   = SPIKE_TYPE_GRADED8;
    record[DEST_VECTOR_LSB]                = 1'b0;
    put_dword(Dests + 1 / Dwords, 1 % Dwords, record);
    // Group 2: line 1, all its neurons; state = state + accumulator, sent on port 5 and probed.
    for (k = 0; k < 8; k = k + 1) access(1'b1, SPACE_GROUP, 16 * k, 32'd0);
    access(1'b1, SPACE_GROUP, 32, 1 | (1 << GROUP0_LINE_LSB) | (1 << GROUP0_LINES_LSB));
    access(1'b1, SPACE_GROUP, 33, Half);
    access(1'b1, SPACE_GROUP, 34, 7);
    access(1'b1, SPACE_GROUP, 35, State | (1 << GROUP3_STATE_WORDS_LSB)
                                  | (1 << GROUP3_CLEAR_WORDS_LSB));
    access(1'b1, SPACE_GROUP, 36 + 5, Dests | (2 << GROUP_PORT_COUNT_LSB));
    access(1'b1, SPACE_PROG, 7, (OP_RDC << INSTR_OP_LSB) | (1 << INSTR_RD_LSB) | 2);
    access(1'b1, SPACE_PROG, 8, (OP_LD << INSTR_OP_LSB) | (2 << INSTR_RD_LSB));
    access(1'b1, SPACE_PROG, 9, (OP_ADD << INSTR_OP_LSB) | (2 << INSTR_RD_LSB)
                                | (2 << INSTR_RA_LSB) | (1 << INSTR_RB_LSB));
    access(1'b1, SPACE_PROG, 10, (OP_ST << INSTR_OP_LSB) | (2 << INSTR_RA_LSB));
    access(1'b1, SPACE_PROG, 11, (OP_SPK << INSTR_OP_LSB) | (2 << INSTR_RA_LSB) | 5);
    access(1'b1, SPACE_PROG, 12, (OP_PRB << INSTR_OP_LSB) | (2 << INSTR_RA_LSB));
    access(1'b1, SPACE_PROG, 13, OP_END << INSTR_OP_LSB);
    access(1'b1, SPACE_CREG, CREG_AXON_BASE, 0);
    access(1'b1, SPACE_CREG, CREG_AXON_COUNT, 2);
    access(1'b1, SPACE_CREG, CREG_PROBE_ENABLE, 1);
    // The bulk reset clears the state.
    @(negedge clk) clear = 1'b1;
    @(negedge clk) clear = 1'b0;
    @(negedge clk);
    while (engine_busy) @(negedge clk);
    for (k = 0; k < Half; k = k + 1) state[k] = 32'd0;

    // A step without a spike does nothing.
    step;
    `NT_EQ("messages without a spike", messages, 0)
    `NT_EQ("pending_o without a spike", pending, 1'b0)

    // Steps with one or more spikes; the state adds up.
    spikes_sent = 0;
    for (n = 0; n < 6; n = n + 1) begin
      for (k = 0; k < Half; k = k + 1) sum[k] = '0;
      for (sent = 0; sent <= n % 3; sent = sent + 1) begin
        payload = rnd(401) - 200;
        spike(16'd0, payload);
        for (k = 0; k < Half; k = k + 1) begin
          weight = list[0][2*k +: 2] + 4 * list[1][2*k +: 2];
          if (weight >= 8) weight = weight - 16;
          sum[k] = sum[k] + payload * weight * 8;
        end
      end
      while (synapse_busy) @(negedge clk);
      `NT_EQ("pending_o after a spike", pending, 1'b1)
      read(SPACE_ACT, 1, 32'd4);
      read(SPACE_ACT, 0, 32'd0);
      for (k = 0; k < Half; k = k + 5) begin
        read(SPACE_ACC, (2 * 2 + 1) * Half + k, 32'(sum[k]));
        read(SPACE_ACC, (2 * 2 + 0) * Half + k, 32'd0);
      end
      messages = 0;
      probes   = 0;
      sent     = 0;
      for (k = 0; k < Half; k = k + 1) begin
        state[k] = state[k] + 32'(sum[k]);
        if (state[k] != 0) sent = sent + 2;
        seen[k] = 2'd0;
      end
      step;
      `NT_EQ("messages", messages, sent)
      `NT_EQ("probes", probes, Half)
      for (k = 0; k < Half; k = k + 1) begin
        `NT_EQ_AT("destinations served", k, seen[k], {2{state[k] != 0}})
        read(SPACE_POOL, (State + k / L) * L + k % L, state[k]);
      end
      read(SPACE_CREG, CREG_COUNTERS + 2 * COUNTER_NEURONS, (n + 1) * Half);
      read(SPACE_CREG, CREG_COUNTERS + 2 * COUNTER_INSTRS, (n + 1) * 4 * 7);
      // Two rows per spike; in the other busy cycles of the synapse path spikes wait.
      spikes_sent = spikes_sent + n % 3 + 1;
      read(SPACE_CREG, CREG_COUNTERS + 2 * COUNTER_CYC_SYNAPSE, 2 * spikes_sent);
      read(SPACE_CREG, CREG_COUNTERS + 2 * COUNTER_CYC_STALL, synapse_cycles - 2 * spikes_sent);
      read(SPACE_CREG, CREG_COUNTERS + 2 * COUNTER_CYC_NEURON, engine_cycles);
      `NT_EQ("pending_o after a step", pending, 1'b0)
    end
    access(1'b1, SPACE_CREG, CREG_FLAGS, ~32'd0);
    `NT_EQ("flags_any_o", flags_any, 1'b0)

    // Host accesses beside spikes: whole spikes are seen, none is lost.
    for (k = 0; k < Half; k = k + 1) sum[k] = '0;
    for (n = 0; n < 24; n = n + 1) begin
      k       = rnd(Half);
      weight  = list[0][2*k +: 2] + 4 * list[1][2*k +: 2];
      if (weight >= 8) weight = weight - 16;
      sent = 1 + rnd(3);
      for (at = 0; at < sent; at = at + 1) spike(16'd0, 24'd3);
      repeat (rnd(5)) @(negedge clk);
      access(1'b0, SPACE_ACC, (2 * 2 + 1) * Half + k, 32'd0);
      seen[0] = 2'd0;
      for (at = 0; at <= sent; at = at + 1) begin
        if (value === 32'($signed(sum[k])) + 24 * weight * at) seen[0] = 2'd1;
      end
      `NT_EQ_AT("a whole number of spikes in ACC", value, seen[0], 2'd1)
      while (synapse_busy) @(negedge clk);
      for (k = 0; k < Half; k = k + 1) begin
        weight = list[0][2*k +: 2] + 4 * list[1][2*k +: 2];
        if (weight >= 8) weight = weight - 16;
        sum[k] = sum[k] + 24 * weight * sent;
        read(SPACE_ACC, (2 * 2 + 1) * Half + k, 32'(sum[k]));
      end
    end
    access(1'b1, SPACE_ACT, 1, 32'd0);

    // Spikes without an entry: dropped, counted as received, flagged.
    access(1'b0, SPACE_CREG, CREG_COUNTERS + 2 * COUNTER_MSG_IN, 32'd0);
    n = value;
    spike(16'd1, 24'd1);
    spike(16'd2, 24'd1);
    while (synapse_busy) @(negedge clk);
    repeat (2) @(negedge clk);
    `NT_EQ("flags_any_o after a bad axon", flags_any, 1'b1)
    read(SPACE_CREG, CREG_FLAGS, 32'd1 << FLAGS_BAD_AXON_LSB);
    read(SPACE_CREG, CREG_COUNTERS + 2 * COUNTER_MSG_IN, n + 2);
    read(SPACE_ACT, 1, 32'd0);
    // Addresses that do not exist.
    access(1'b0, SPACE_POOL, 256 * L, 32'd0);
    `NT_EQ("refused POOL", refused, 1'b1)
    access(1'b1, SPACE_ACC, 8 * Half, 32'd0);
    `NT_EQ("refused ACC", refused, 1'b1)
    access(1'b0, SPACE_ACT, 2, 32'd0);
    `NT_EQ("refused ACT", refused, 1'b1)
    access(1'b0, SPACE_CREG, 5, 32'd0);
    `NT_EQ("refused CREG", refused, 1'b1)
    access(1'b0, SPACE_PROG, 64, 32'd0);
    `NT_EQ("refused PROG", refused, 1'b1)
    nt_end;
  end
endmodule

`default_nettype wire
