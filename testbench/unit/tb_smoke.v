// SPDX-License-Identifier: Apache-2.0
// tb_smoke: the whole tile in its default shape, a small network, two timesteps. Every expected
// value is worked out by hand from docs/spec, the arithmetic stands beside it. No C takes part.
`default_nettype none

module tb_smoke;
  localparam Unit = "smoke";
  localparam integer CycleLimit = 5000;
  `include "nt_defs.vh"
  localparam integer Cores      = CORES_DEFAULT;
  localparam integer WordBits   = WORD_BITS_DEFAULT;
  localparam integer PoolWords  = POOL_WORDS_DEFAULT;
  localparam integer Lines      = LINES_DEFAULT;
  localparam integer AccBits    = ACC_BITS_DEFAULT;
  localparam integer ProgWords  = PROG_WORDS_DEFAULT;
  localparam integer TableWords = TABLE_WORDS_DEFAULT;
  localparam integer Groups     = GROUPS_DEFAULT;
  localparam integer L          = WordBits / 32;
  localparam [11:0]  Tile       = 12'd5;
  `include "nt_check.vh"
  `include "nt_tile_port.vh"

  // ---- What comes out -------------------------------------------------------------------------
  reg [63:0] out [0:7];
  integer    outs;

  initial begin
    rsp_ready     = 1'b1;
    spk_out_ready = 1'b1;
    outs          = 0;
  end

  always @(posedge clk) begin
    if (rst_n && spk_out_valid && spk_out_ready) begin
      if (outs < 8) out[outs] = spk_out_data;
      outs = outs + 1;
    end
    if (rst_n && rsp_valid && rsp_ready) last_answer = rsp_data;
  end

  // One spike to the host is expected from AXON with PAYLOAD; their order is free.
  task want_out(input [15:0] axon, input [23:0] payload);
    integer i, found;
    reg [63:0] spike_out;
    begin
      found     = 0;
      spike_out = '0;
      for (i = 0; i < outs && i < 8; i = i + 1) begin
        if (out[i][SPIKE_AXON_LSB +: SPIKE_AXON_W] === axon) begin
          found     = found + 1;
          spike_out = out[i];
        end
      end
      `NT_EQ_AT("spikes with axon", axon, found, 1)
      `NT_EQ_AT("spike with axon", axon, spike_out,
                {2'd0, 2'(SPIKE_TYPE_GRADED16), 8'd0, 12'(HOST_TILE), axon, payload})
    end
  endtask

  // ---- Records --------------------------------------------------------------------------------
  reg [63:0] record;

  function [31:0] instr(input integer op, input integer rd, input integer ra, input integer low);
    instr = (op << INSTR_OP_LSB) | (rd << INSTR_RD_LSB) | (ra << INSTR_RA_LSB) | low;
  endfunction

  task dest(input integer core, input integer dword, input [11:0] tile, input [7:0] cores,
            input [15:0] axon);
    begin
      record = '0;
      record[DEST_TILE_LSB +: DEST_TILE_W]   = tile;
      record[DEST_CORES_LSB +: DEST_CORES_W] = cores;
      record[DEST_AXON_LSB +: DEST_AXON_W]   = axon;
      record[DEST_TYPE_LSB +: DEST_TYPE_W]   = SPIKE_TYPE_GRADED16;
      record[DEST_VECTOR_LSB]                = 1'b1;
      put_dword(core, 40, dword, record);
    end
  endtask

  // Group 0 of a core: line 0, program from instruction 3, constants from 4, state in word 50,
  // one port with destinations in word 40.
  task group(input integer core, input integer neurons, input integer destinations);
    begin
      put(core, SPACE_GROUP, 0, (1 << GROUP0_ENABLE_LSB) | (1 << GROUP0_LINES_LSB));
      put(core, SPACE_GROUP, 1, neurons);
      put(core, SPACE_GROUP, 2, (3 << GROUP2_ENTRY_LSB) | (4 << GROUP2_CONST_BASE_LSB));
      put(core, SPACE_GROUP, 3, (50 << GROUP3_STATE_BASE_LSB) | (1 << GROUP3_STATE_WORDS_LSB));
      put(core, SPACE_GROUP, 4, (40 << GROUP_PORT_PTR_LSB)
                                | (destinations << GROUP_PORT_COUNT_LSB));
    end
  endtask

  integer i, c;

  task load;
    begin
      for (c = 0; c < Cores; c = c + 1) begin
        for (i = 0; i < Groups; i = i + 1) put(c, SPACE_GROUP, GROUP_WORDS * i, 32'd0);
      end

      // Core 0, axons 0 to 2 in word 16: a DENSE list of one ternary digit in word 32, one synapse
      // of weight -5 * 2^1 to neuron 2, a SPARSE list of two synapses in word 33.
      put(0, SPACE_CREG, CREG_AXON_BASE, 16);
      put(0, SPACE_CREG, CREG_AXON_COUNT, 3);
      record = '0;
      record[AXON_FORMAT_LSB +: AXON_FORMAT_W] = FORMAT_DENSE;
      record[AXON_PTR_LSB +: AXON_PTR_W]       = 32;
      put_dword(0, 16, 0, record);
      for (i = 0; i < L; i = i + 1) put(0, SPACE_POOL, 32 * L + i, (i == 0) ? 32'b1101 : 32'd0);
      record = '0;
      record[AXON_FORMAT_LSB +: AXON_FORMAT_W] = FORMAT_SINGLE;
      record[AXON_EXP_LSB +: AXON_EXP_W]       = 1;
      record[AXON_NEURON_LSB +: AXON_NEURON_W] = 2;
      record[AXON_WEIGHT_LSB +: AXON_WEIGHT_W] = -5;
      put_dword(0, 16, 1, record);
      record = '0;
      record[AXON_FORMAT_LSB +: AXON_FORMAT_W] = FORMAT_SPARSE;
      record[AXON_PTR_LSB +: AXON_PTR_W]       = 33;
      record[AXON_COUNT_LSB +: AXON_COUNT_W]   = 2;
      put_dword(0, 16, 2, record);
      record = {24'd0, 8'hFE, 12'd2, 8'd7, 12'd0};   // weight -2 to neuron 2, weight 7 to neuron 0
      put_dword(0, 33, 0, record);
      // v = sat(v + acc, 8); send rshift(v * 24, 4) to core 1 and to the host.
      put(0, SPACE_PROG, 3, instr(OP_LD, 1, 0, 0));
      put(0, SPACE_PROG, 4, instr(OP_RDC, 2, 0, 0));
      put(0, SPACE_PROG, 5, instr(OP_ADD, 1, 1, (2 << INSTR_RB_LSB) | (8 << INSTR_SAT_LSB)));
      put(0, SPACE_PROG, 6, instr(OP_ST, 0, 1, 0));
      put(0, SPACE_PROG, 7, instr(OP_MULS, 3, 1, (1 << INSTR_BCONST_LSB) | (1 << INSTR_RB_LSB)
                                               | (4 << INSTR_SHIFT_LSB)));
      put(0, SPACE_PROG, 8, instr(OP_SPK, 0, 3, 0));
      put(0, SPACE_PROG, 9, instr(OP_END, 0, 0, 0));
      put(0, SPACE_TABLE, 5, 24);
      group(0, 3, 2);
      dest(0, 0, Tile, 8'b0010, 16'd7);
      dest(0, 1, 12'(HOST_TILE), 8'd0, 16'd512);
      put(0, SPACE_POOL, 50 * L + 0, 10);
      put(0, SPACE_POOL, 50 * L + 1, -32'd40);
      put(0, SPACE_POOL, 50 * L + 2, 1);

      // Core 1, axons 7 to 9, dendrite 1: weight 2 to all neurons, 3 to neuron 1, 1 to neuron 0.
      put(1, SPACE_CREG, CREG_AXON_BASE, 16);
      put(1, SPACE_CREG, CREG_AXON_COUNT, 10);
      record = '0;
      record[AXON_FORMAT_LSB +: AXON_FORMAT_W]     = FORMAT_UNIFORM;
      record[AXON_DENDRITE_LSB +: AXON_DENDRITE_W] = 1;
      record[AXON_WEIGHT_LSB +: AXON_WEIGHT_W]     = 2;
      put_dword(1, 17, 3, record);
      record[AXON_FORMAT_LSB +: AXON_FORMAT_W]     = FORMAT_SINGLE;
      record[AXON_NEURON_LSB +: AXON_NEURON_W]     = 1;
      record[AXON_WEIGHT_LSB +: AXON_WEIGHT_W]     = 3;
      put_dword(1, 18, 0, record);
      record[AXON_NEURON_LSB +: AXON_NEURON_W]     = 0;
      record[AXON_WEIGHT_LSB +: AXON_WEIGHT_W]     = 1;
      put_dword(1, 18, 1, record);
      put(1, SPACE_PROG, 3, instr(OP_RDC, 1, 0, 1));
      put(1, SPACE_PROG, 4, instr(OP_SPK, 0, 1, 0));
      put(1, SPACE_PROG, 5, instr(OP_ST, 0, 1, 0));
      put(1, SPACE_PROG, 6, instr(OP_END, 0, 0, 0));
      group(1, 2, 1);
      dest(1, 0, 12'(HOST_TILE), 8'd0, 16'd600);
    end
  endtask

  task run_step;
    begin
      outs = 0;
      axi_write(REG_CTRL, 32'd1 << CTRL_START_LSB, OKAY);
      while (busy) @(negedge clk);
    end
  endtask

  // Counter N of a core, low word.
  task counter(input integer core, input integer n, input [31:0] want);
    get(core, SPACE_CREG, CREG_COUNTERS + 2 * n, RSP_RDATA, want);
  endtask

  initial begin
    ports_idle;
    nt_begin;
    axi_read(REG_ID, 32'h4E54494C);
    axi_read(REG_VERSION, NT_DEFS_HASH);
    axi_write(REG_TILE_ID, Tile, OKAY);
    load;
    while (busy) @(negedge clk);
    `NT_EQ("pending_o before spikes", pending, 1'b0)
    spike(Tile, 8'b0001, 16'd0, 24'd100);
    spike(Tile, 8'b0001, 16'd1, 24'd9);
    spike(Tile, 8'b0001, 16'd2, 24'd3);
    @(negedge clk);
    while (busy) @(negedge clk);
    `NT_EQ("pending_o after spikes", pending, 1'b1)
    // Coming accumulators of core 0, dendrite 0, line 0: digits 1, 3, 0 are +1, -1, 0.
    //   neuron 0: 100 * 1  + 3 * 7              =  121
    //   neuron 1: 100 * -1                      = -100
    //   neuron 2: 9 * -5 * 2 + 3 * -2           =  -96
    get(0, SPACE_ACC, 0, RSP_RDATA, 32'd121);
    get(0, SPACE_ACC, 1, RSP_RDATA, -32'd100);
    get(0, SPACE_ACC, 2, RSP_RDATA, -32'd96);
    get(0, SPACE_ACC, 3, RSP_RDATA, 32'd0);
    get(0, SPACE_ACT, 0, RSP_RDATA, 32'b0001);

    // Timestep 0, core 0:      v = sat(v + acc, 8)         rshift(v * 24, 4), ties upwards
    //   neuron 0:   10 + 121 =  131 ->  127                 3048 / 16 =  190.5 ->  191
    //   neuron 1:  -40 - 100 = -140 -> -128                -3072 / 16 = -192
    //   neuron 2:    1 -  96 =  -95                        -2280 / 16 = -142.5 -> -142
    run_step;
    `NT_EQ("spikes out in timestep 0", outs, 3)
    want_out(16'd512, 24'd191);
    want_out(16'd513, -24'd192);
    want_out(16'd514, -24'd142);
    get(0, SPACE_POOL, 50 * L + 0, RSP_RDATA, 32'd127);
    get(0, SPACE_POOL, 50 * L + 1, RSP_RDATA, -32'd128);
    get(0, SPACE_POOL, 50 * L + 2, RSP_RDATA, -32'd95);
    // What core 0 sent acts in the next timestep. Core 1, dendrite 1, line 0, is row 8:
    //   neuron 0: 191 * 2 + -142 * 1            =  240
    //   neuron 1: 191 * 2 + -192 * 3            = -194
    //   others:   191 * 2                       =  382
    get(1, SPACE_ACT, 0, RSP_RDATA, 32'b0010);
    get(1, SPACE_ACC, 8 * 128 + 0, RSP_RDATA, 32'd240);
    get(1, SPACE_ACC, 8 * 128 + 1, RSP_RDATA, -32'd194);
    get(1, SPACE_ACC, 8 * 128 + 127, RSP_RDATA, 32'd382);
    axi_read(REG_TIMESTEP, 32'd1);

    // Timestep 1: core 1 sends and stores its sums; core 0 has no input and does not run.
    run_step;
    `NT_EQ("spikes out in timestep 1", outs, 2)
    want_out(16'd600, 24'd240);
    want_out(16'd601, -24'd194);
    get(1, SPACE_POOL, 50 * L + 0, RSP_RDATA, 32'd240);
    get(1, SPACE_POOL, 50 * L + 1, RSP_RDATA, -32'd194);
    get(0, SPACE_POOL, 50 * L + 0, RSP_RDATA, 32'd127);
    axi_read(REG_TIMESTEP, 32'd2);
    axi_read(REG_STEPS, 32'd2);
    `NT_EQ("pending_o at the end", pending, 1'b0)
    `NT_EQ("error_o at the end", error, 1'b0)
    // Counters of core 0: 3 spikes; 128 + 1 + 2 synaptic operations; 1 + 1 list words; 3 neurons;
    // 7 instructions of one strip; 3 neurons * 2 destinations.
    counter(0, COUNTER_MSG_IN, 32'd3);
    counter(0, COUNTER_SYNOPS, 32'd131);
    counter(0, COUNTER_WORDS, 32'd2);
    counter(0, COUNTER_NEURONS, 32'd3);
    counter(0, COUNTER_INSTRS, 32'd7);
    counter(0, COUNTER_MSG_OUT, 32'd6);

    // Refusals: a core that does not exist; an offset without register.
    get(Cores, SPACE_POOL, 0, RSP_ERROR, 32'd0);
    `NT_EQ("DATA of an ERROR response", last_answer[31:0], 32'd0)
    axi_read(REG_ERROR, 32'd1 << ERROR_BAD_ADDR_LSB);
    `NT_EQ("error_o after a refusal", error, 1'b1)
    axi_read_resp(12'h0F0, SLVERR, 32'd0);
    nt_end;
  end
endmodule

`default_nettype wire
