// SPDX-License-Identifier: Apache-2.0
// tb_nt_tile: a whole tile: registers over AXI4-Lite, a ring of small cores loaded by requests,
// spikes in, timesteps, spikes out and round the ring, probes, refusals, state reset.
`default_nettype none

module tb_nt_tile;
  localparam Unit = "nt_tile";
  localparam integer CycleLimit = 60000;
  parameter integer Cores     = 3;
  parameter integer WordBits  = 128;
  parameter integer Lines     = 2;
  parameter integer PoolWords = 512;
  parameter integer AccBits   = 32;
  localparam integer ProgWords  = 64;
  localparam integer TableWords = 64;
  localparam integer Groups     = 8;
  localparam integer L        = WordBits / 32;
  localparam integer Neurons  = 3;             // of every core, from line 1 on
  localparam [11:0]  Tile     = 12'd41;
  `include "nt_defs.vh"
  `include "nt_check.vh"

  `include "nt_tile_port.vh"

  // ---- What comes out: per step one spike and one probe of every neuron -----------------------
  reg signed [31:0] want [0:8*Neurons-1];  // value of neuron n of core c at c * Neurons + n
  integer           spikes, probes, at, core;

  always @(negedge clk) begin
    spk_out_ready = rnd(2);
    rsp_ready     = rnd(2);
  end

  always @(posedge clk) begin
    if (rst_n && spk_out_valid && spk_out_ready) begin
      // Core c sends to HOST_TILE, naming core set c, axon 256 + neuron, 24 bits.
      core = spk_out_data[SPIKE_CORES_LSB +: SPIKE_CORES_W];
      at   = spk_out_data[SPIKE_AXON_LSB +: SPIKE_AXON_W] - 256;
      `NT_EQ_AT("spike of core*16+neuron", core * 16 + at, spk_out_data,
                {2'd0, 2'(SPIKE_TYPE_GRADED24), 8'(core % Cores), 12'(HOST_TILE),
                 16'(256 + at % Neurons), want[(core % Cores) * Neurons + at % Neurons][23:0]})
      spikes = spikes + 1;
    end
    if (rst_n && rsp_valid && rsp_ready) begin
      if (rsp_data[HOST_KIND_LSB +: HOST_KIND_W] == RSP_PROBE) begin
        core = rsp_data[HOST_CORE_LSB +: HOST_CORE_W];
        at   = rsp_data[HOST_ADDR_LSB +: PROBE_NEURON_W];
        `NT_EQ_AT("probe of core*16+neuron", core * 16 + at, rsp_data,
                  {4'd0, 2'(RSP_PROBE), 3'(core % Cores), 3'd0, 2'd0, 5'(core + 1),
                   13'(at % Neurons), want[(core % Cores) * Neurons + at % Neurons]})
        probes = probes + 1;
      end else begin
        last_answer = rsp_data;
      end
    end
  end

  // ---- The network ----------------------------------------------------------------------------
  // Core c has axon 0 with weight 2 * (c + 3) onto its line 1, dendrite 3; neuron n sends its
  // accumulator + n to the host, and 16 bits of it to the next core.
  reg signed [63:0]        sum [0:7];    // payloads on their way to core c
  reg signed [AccBits-1:0] total;
  integer                  c, n, step, k;
  reg [63:0]               record;

  task load;
    for (c = 0; c < Cores; c = c + 1) begin
      record = '0;
      record[AXON_FORMAT_LSB +: AXON_FORMAT_W]     = FORMAT_UNIFORM;
      record[AXON_DENDRITE_LSB +: AXON_DENDRITE_W] = 3;
      record[AXON_EXP_LSB +: AXON_EXP_W]           = 1;
      record[AXON_LINE_LSB +: AXON_LINE_W]         = 1;
      record[AXON_WEIGHT_LSB +: AXON_WEIGHT_W]     = c + 3;
      put_dword(c, 5, 0, record);
      record = '0;
      record[DEST_TILE_LSB +: DEST_TILE_W]   = HOST_TILE;
      record[DEST_CORES_LSB +: DEST_CORES_W] = c;
      record[DEST_AXON_LSB +: DEST_AXON_W]   = 256;
      record[DEST_TYPE_LSB +: DEST_TYPE_W]   = SPIKE_TYPE_GRADED24;
      record[DEST_VECTOR_LSB]                = 1'b1;
      put_dword(c, 9, 0, record);
      record[DEST_TILE_LSB +: DEST_TILE_W]   = Tile;
      record[DEST_CORES_LSB +: DEST_CORES_W] = 1 << ((c + 1) % Cores);
      record[DEST_AXON_LSB +: DEST_AXON_W]   = 0;
      record[DEST_TYPE_LSB +: DEST_TYPE_W]   = SPIKE_TYPE_GRADED16;
      record[DEST_VECTOR_LSB]                = 1'b0;
      put_dword(c, 9 + 2 / L, (L > 2) ? 1 : 0, record);
      put(c, SPACE_CREG, CREG_AXON_BASE, 5);
      put(c, SPACE_CREG, CREG_AXON_COUNT, 1);
      put(c, SPACE_CREG, CREG_PROBE_ENABLE, 1);
      for (n = 0; n < 8; n = n + 1) put(c, SPACE_GROUP, 16 * n, 32'd0);
      n = 16 * (c + 1);
      put(c, SPACE_GROUP, n + 0, 1 | (1 << GROUP0_LINE_LSB) | (1 << GROUP0_LINES_LSB));
      put(c, SPACE_GROUP, n + 1, Neurons);
      put(c, SPACE_GROUP, n + 2, 0);
      put(c, SPACE_GROUP, n + 3, 100 | (1 << GROUP3_STATE_WORDS_LSB)
                                 | (1 << GROUP3_CLEAR_WORDS_LSB));
      put(c, SPACE_GROUP, n + 4, 9 | (2 << GROUP_PORT_COUNT_LSB));
      put(c, SPACE_PROG, 0, (OP_RDC << INSTR_OP_LSB) | (1 << INSTR_RD_LSB) | 3);
      put(c, SPACE_PROG, 1, (OP_SPC << INSTR_OP_LSB) | (2 << INSTR_RD_LSB) | SPC_NEURON);
      put(c, SPACE_PROG, 2, (OP_ADD << INSTR_OP_LSB) | (1 << INSTR_RD_LSB) | (1 << INSTR_RA_LSB)
                            | (2 << INSTR_RB_LSB));
      put(c, SPACE_PROG, 3, (OP_ST << INSTR_OP_LSB) | (1 << INSTR_RA_LSB));
      put(c, SPACE_PROG, 4, (OP_SPK << INSTR_OP_LSB) | (1 << INSTR_RA_LSB));
      put(c, SPACE_PROG, 5, (OP_PRB << INSTR_OP_LSB) | (1 << INSTR_RA_LSB));
      put(c, SPACE_PROG, 6, OP_END << INSTR_OP_LSB);
    end
  endtask

  // One timestep here: the values of the neurons, and what they send round the ring.
  integer want_spikes, want_probes;

  task expect_step;
    reg signed [63:0] next [0:7];
    begin
      want_spikes = 0;
      want_probes = 0;
      for (c = 0; c < Cores; c = c + 1) next[c] = 64'sd0;
      for (c = 0; c < Cores; c = c + 1) begin
        total = sum[c] * 2 * (c + 3);
        for (n = 0; n < Neurons; n = n + 1) begin
          want[c * Neurons + n] = total + n;
          if (want[c * Neurons + n] != 0) begin
            want_spikes = want_spikes + 1;
            next[(c + 1) % Cores] = next[(c + 1) % Cores]
                                  + $signed(want[c * Neurons + n][15:0]);
          end
          want_probes = want_probes + 1;
        end
      end
      for (c = 0; c < Cores; c = c + 1) sum[c] = next[c];
    end
  endtask

  initial begin
    ports_idle;
    spikes = 0;  probes = 0;
    nt_begin;

    // Registers after reset.
    axi_read(REG_ID, 32'h4E54494C);
    axi_read(REG_VERSION, NT_DEFS_HASH);
    axi_read(REG_PARAM_CORES, Cores);
    axi_read(REG_PARAM_WORD_BITS, WordBits);
    axi_read(REG_PARAM_POOL_WORDS, PoolWords);
    axi_read(REG_PARAM_LINES, Lines);
    axi_read(REG_PARAM_ACC_BITS, AccBits);
    axi_read(REG_PARAM_PROG_WORDS, ProgWords);
    axi_read(REG_PARAM_TABLE_WORDS, TableWords);
    axi_read(REG_PARAM_GROUPS, Groups);
    axi_read(REG_TILE_ID, 32'd0);
    axi_read(REG_TIMESTEP, 32'd0);
    axi_read(REG_STEPS, 32'd0);
    axi_write(REG_TILE_ID, Tile, OKAY);
    axi_write(REG_TIMESTEP, 32'd100, OKAY);
    axi_read(REG_TILE_ID, Tile);
    load;
    // A state reset: nothing is pending, the state is zero.
    axi_write(REG_CTRL, 32'd1 << CTRL_CLEAR_STATE_LSB, OKAY);
    while (busy) @(negedge clk);
    `NT_EQ("pending_o without a spike", pending, 1'b0)
    for (c = 0; c < Cores; c = c + 1) get(c, SPACE_POOL, 100 * L, RSP_RDATA, 32'd0);

    // A spike to all cores, and one more to core 0; then several steps round the ring.
    spike(Tile, 8'hFF, 16'd0, 24'd5);
    spike(Tile, 8'h01, 16'd0, -24'd7);
    for (c = 0; c < Cores; c = c + 1) sum[c] = (c == 0) ? -2 : 5;
    @(negedge clk);
    while (busy) @(negedge clk);
    `NT_EQ("pending_o after spikes", pending, 1'b1)
    for (c = 0; c < Cores; c = c + 1) get(c, SPACE_ACT, 1, RSP_RDATA, 32'd8);
    for (step = 0; step < 5; step = step + 1) begin
      expect_step;
      axi_write(REG_CTRL, 32'd1 << CTRL_START_LSB, OKAY);
      `NT_EQ("busy_o after START", busy, 1'b1)
      while (busy) @(negedge clk);
      @(negedge clk);
      `NT_EQ_AT("spikes out, step", step, spikes, want_spikes)
      `NT_EQ_AT("probes, step", step, probes, want_probes)
      spikes = 0;
      probes = 0;
      axi_read(REG_TIMESTEP, 101 + step);
      axi_read(REG_STEPS, 1 + step);
      axi_read(REG_STATUS, (error ? 32'h100 : 32'd0) | (32'd1 << STATUS_PENDING_LSB));
      for (c = 0; c < Cores; c = c + 1) begin
        for (n = 0; n < Neurons; n = n + 1) begin
          get(c, SPACE_POOL, (100 + n / L) * L + n % L, RSP_RDATA, want[c * Neurons + n]);
        end
      end
    end

    // A state reset: no row is active any more, the state is zero; a step then does nothing.
    axi_write(REG_CTRL, 32'd1 << CTRL_CLEAR_STATE_LSB, OKAY);
    while (busy) @(negedge clk);
    `NT_EQ("pending_o after a state reset", pending, 1'b0)
    for (c = 0; c < Cores; c = c + 1) get(c, SPACE_POOL, 100 * L, RSP_RDATA, 32'd0);
    axi_write(REG_CTRL, 32'd1 << CTRL_START_LSB, OKAY);
    axi_write(REG_TILE_ID, 32'd1, busy ? SLVERR : OKAY);
    while (busy) @(negedge clk);
    `NT_EQ("spikes of an empty step", spikes, 0)
    axi_write(REG_TILE_ID, Tile, OKAY);
    for (c = 0; c < Cores; c = c + 1) put(c, SPACE_CREG, CREG_FLAGS, ~32'd0);
    while (busy) @(negedge clk);
    axi_write(REG_ERROR, ~32'd0, OKAY);
    axi_read(REG_ERROR, 32'd0);

    // Spikes for nobody here, requests for nothing here, an axon without entry.
    spike(Tile + 12'd1, 8'h01, 16'd0, 24'd1);
    spike(Tile, 8'hFF << Cores, 16'd0, 24'd1);
    @(negedge clk);
    while (busy) @(negedge clk);
    axi_read(REG_ERROR, 32'd1 << ERROR_MISROUTE_LSB);
    axi_write(REG_ERROR, 32'd1, OKAY);
    get(Cores, SPACE_POOL, 0, RSP_ERROR, 32'd0);
    get(0, SPACE_POOL, PoolWords * L, RSP_ERROR, 32'd0);
    axi_read(REG_ERROR, 32'd1 << ERROR_BAD_ADDR_LSB);
    axi_write(REG_ERROR, 32'd2, OKAY);
    spike(Tile, 8'h02, 16'd1, 24'd1);
    @(negedge clk);
    while (busy) @(negedge clk);
    axi_read(REG_ERROR, 32'd2 << ERROR_CORE_LSB);
    get(1, SPACE_CREG, CREG_FLAGS, RSP_RDATA, 32'd1 << FLAGS_BAD_AXON_LSB);
    `NT_EQ("error_o", error, 1'b1)
    put(1, SPACE_CREG, CREG_FLAGS, ~32'd0);
    while (busy) @(negedge clk);
    `NT_EQ("error_o after clearing FLAGS", error, 1'b0)
    `NT_EQ("pending_o after dropped spikes", pending, 1'b0)
    nt_end;
  end
endmodule

`default_nettype wire
