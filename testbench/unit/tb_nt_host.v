// SPDX-License-Identifier: Apache-2.0
// tb_nt_host: the register map over AXI4-Lite with every refusal, requests to cores that answer
// when they like, probes, blocked responses; against docs/spec/registers.md.
`default_nettype none

module tb_nt_host;
  localparam Unit = "nt_host";
  localparam integer CycleLimit = 200000;
  parameter integer Cores   = 3;
  localparam integer Limit  = 64;     // words of a space of the cores here
  localparam [1:0]  OKAY    = 2'b00;
  localparam [1:0]  SLVERR  = 2'b10;
  `include "nt_defs.vh"
  `include "nt_check.vh"

  reg                 awvalid, wvalid, bready, arvalid, rready, req_valid, rsp_ready;
  wire                awready, wready, bvalid, arready, rvalid, req_ready, rsp_valid;
  reg  [11:0]         awaddr, araddr;
  reg  [31:0]         wdata;
  reg  [3:0]          wstrb;
  wire [1:0]          bresp, rresp;
  wire [31:0]         rdata, host_wdata, timestep;
  reg  [63:0]         req_data;
  wire [63:0]         rsp_data;
  reg  [Cores-1:0]    prb_valid, host_done, host_err, flags_any, synapse_busy, engine_busy;
  wire [Cores-1:0]    prb_ready, host_en;
  reg  [64*Cores-1:0] prb_data;
  reg  [32*Cores-1:0] host_rdata;
  reg  [8*Cores-1:0]  in_level, out_level;
  wire                host_we, start, clear, req_busy, rsp_busy, error;
  wire [2:0]          host_space;
  wire [19:0]         host_addr;
  wire [11:0]         tile_id;
  reg  [2:0]          phase;
  reg                 busy, step_done, pending, misroute;

  nt_host #(.Cores(Cores), .WordBits(128), .PoolWords(512), .Lines(16), .AccBits(24),
            .ProgWords(2048), .TableWords(64), .Groups(8)) u_dut (
    .clk_i(clk), .rst_ni(rst_n),
    .s_axi_awvalid_i(awvalid), .s_axi_awready_o(awready), .s_axi_awaddr_i(awaddr),
    .s_axi_wvalid_i(wvalid), .s_axi_wready_o(wready), .s_axi_wdata_i(wdata),
    .s_axi_wstrb_i(wstrb), .s_axi_bvalid_o(bvalid), .s_axi_bready_i(bready),
    .s_axi_bresp_o(bresp), .s_axi_arvalid_i(arvalid), .s_axi_arready_o(arready),
    .s_axi_araddr_i(araddr), .s_axi_rvalid_o(rvalid), .s_axi_rready_i(rready),
    .s_axi_rdata_o(rdata), .s_axi_rresp_o(rresp),
    .req_valid_i(req_valid), .req_ready_o(req_ready), .req_data_i(req_data),
    .rsp_valid_o(rsp_valid), .rsp_ready_i(rsp_ready), .rsp_data_o(rsp_data),
    .prb_valid_i(prb_valid), .prb_ready_o(prb_ready), .prb_data_i(prb_data),
    .host_en_o(host_en), .host_we_o(host_we), .host_space_o(host_space), .host_addr_o(host_addr),
    .host_wdata_o(host_wdata), .host_done_i(host_done), .host_err_i(host_err),
    .host_rdata_i(host_rdata),
    .start_o(start), .clear_o(clear), .phase_i(phase), .busy_i(busy), .step_done_i(step_done),
    .req_busy_o(req_busy), .rsp_busy_o(rsp_busy), .tile_id_o(tile_id), .timestep_o(timestep),
    .error_o(error), .pending_i(pending), .misroute_i(misroute), .flags_any_i(flags_any),
    .in_level_i(in_level), .out_level_i(out_level), .synapse_busy_i(synapse_busy),
    .engine_busy_i(engine_busy));

  // ---- AXI4-Lite master -----------------------------------------------------------------------
  reg [31:0] axi_data;
  reg [1:0]  axi_resp;
  reg        aw_taken, w_taken;

  // The halves of a write come in any order; the response waits for a while.
  task axi_write(input [11:0] address, input [31:0] data, input [3:0] strobe);
    integer aw_delay, w_delay;
    begin
      aw_delay = rnd(4);
      w_delay  = rnd(4);
      aw_taken = 1'b0;
      w_taken  = 1'b0;
      awaddr   = address;
      wdata    = data;
      wstrb    = strobe;
      bready   = 1'b0;
      while (!aw_taken || !w_taken) begin
        awvalid = !aw_taken && (aw_delay <= 0);
        wvalid  = !w_taken && (w_delay <= 0);
        @(posedge clk);
        if (awvalid && awready) aw_taken = 1'b1;
        if (wvalid && wready) w_taken = 1'b1;
        @(negedge clk);
        aw_delay = aw_delay - 1;
        w_delay  = w_delay - 1;
      end
      awvalid = 1'b0;
      wvalid  = 1'b0;
      while (!bvalid) @(negedge clk);
      repeat (rnd(3)) @(negedge clk);
      bready   = 1'b1;
      axi_resp = bresp;
      @(negedge clk) bready = 1'b0;
    end
  endtask

  task axi_read(input [11:0] address);
    begin
      araddr  = address;
      arvalid = 1'b1;
      rready  = 1'b0;
      while (!arready) @(negedge clk);
      @(negedge clk) arvalid = 1'b0;
      while (!rvalid) @(negedge clk);
      repeat (rnd(3)) @(negedge clk);
      rready   = 1'b1;
      axi_data = rdata;
      axi_resp = rresp;
      @(negedge clk) rready = 1'b0;
    end
  endtask

  task expect_read(input [11:0] address, input [31:0] data, input [1:0] resp);
    begin
      axi_read(address);
      `NT_EQ_AT("register", address, axi_data, data)
      `NT_EQ_AT("RRESP", address, axi_resp, resp)
    end
  endtask

  task expect_write(input [11:0] address, input [31:0] data, input [1:0] resp);
    begin
      axi_write(address, data, 4'hF);
      `NT_EQ_AT("BRESP", address, axi_resp, resp)
    end
  endtask

  // A write while not idle: refused, and ERROR says so until the bit is written with a one.
  task refused_write(input [11:0] address, input [31:0] data);
    begin
      repeat (2) expect_write(address, data, SLVERR);
      expect_read(REG_ERROR, 32'd1 << ERROR_BUSY_WRITE_LSB, OKAY);
      expect_read(REG_STATUS, 32'd1 | (phase << STATUS_PHASE_LSB)
                              | (32'd1 << STATUS_ERROR_LSB), OKAY);
      `NT_EQ("error_o", error, 1'b1)
      expect_write(REG_ERROR, ~(32'd1 << ERROR_BUSY_WRITE_LSB), OKAY);
      expect_read(REG_ERROR, 32'd1 << ERROR_BUSY_WRITE_LSB, OKAY);
      expect_write(REG_ERROR, 32'd1 << ERROR_BUSY_WRITE_LSB, OKAY);
      expect_read(REG_ERROR, 32'd0, OKAY);
      `NT_EQ("error_o", error, 1'b0)
    end
  endtask

  integer starts, clears, active_cycles;

  always @(posedge clk) begin
    if (rst_n) begin
      if (start) starts = starts + 1;
      if (clear) clears = clears + 1;
      if (phase != PHASE_IDLE) active_cycles = active_cycles + 1;
    end
  end

  // ---- Cores: memories of 64 words in every space ---------------------------------------------
  reg [31:0] memory [0:8*8*Limit-1];
  integer    serving, wait_left, accesses, i;
  reg [56:0] access;

  function integer cell_of(input integer core, input integer space, input integer address);
    cell_of = (core * 8 + space) * Limit + address;
  endfunction

  initial serving = -1;

  always @(negedge clk) begin
    host_done  = '0;
    host_err   = $random(seed);
    host_rdata = rnd_wide(0);
    for (i = 0; i < Cores; i = i + 1) begin
      if (host_en[i] === 1'b1) begin
        `NT_EQ("host_en_o to two cores", host_en, 1 << i)
        if (serving != i) begin
          serving   = i;
          wait_left = rnd(5);
          access    = {host_we, host_space, host_addr, host_wdata};
          accesses  = accesses + 1;
        end
        `NT_EQ("access held", {host_we, host_space, host_addr, host_wdata}, access)
        if (wait_left == 0) begin
          host_done[i] = 1'b1;
          host_err[i]  = (host_addr >= Limit);
          if (host_addr < Limit) begin
            if (host_we) memory[cell_of(i, host_space, host_addr)] = host_wdata;
            host_rdata[32*i +: 32] = memory[cell_of(i, host_space, host_addr)];
          end
        end
        wait_left = wait_left - 1;
      end else if (serving == i) begin
        serving = -1;
      end
    end
  end

  // ---- Requests and responses -----------------------------------------------------------------
  reg [31:0] mirror [0:8*8*Limit-1];  // what was written
  reg [63:0] answers [0:4095];        // expected, in order
  integer    answers_in, answers_out, probes_in, probes_out, rsp_eighths;
  reg [63:0] probes [0:8191];         // expected of core c at 1024 * c
  integer    probe_in [0:7];
  integer    probe_out [0:7];
  reg        rsp_held;
  reg [63:0] rsp_held_data;
  integer    from;

  always @(negedge clk) rsp_ready = rnd(8) < rsp_eighths;

  always @(posedge clk) begin
    if (rst_n) begin
      if (rsp_held) begin
        `NT_EQ("rsp_valid_o of a waiting response", rsp_valid, 1'b1)
        `NT_EQ("rsp_data_o of a waiting response", rsp_data, rsp_held_data)
      end
      rsp_held      = rsp_valid && !rsp_ready;
      rsp_held_data = rsp_data;
      if (rsp_valid && rsp_ready) begin
        if (rsp_data[HOST_KIND_LSB +: HOST_KIND_W] == RSP_PROBE) begin
          from = rsp_data[HOST_CORE_LSB +: HOST_CORE_W];
          `NT_EQ_AT("probe of core", from, rsp_data, probes[1024 * from + probe_out[from]])
          probe_out[from] = probe_out[from] + 1;
          probes_out      = probes_out + 1;
        end else begin
          `NT_EQ_AT("an answer without request", answers_out, answers_out < answers_in, 1'b1)
          `NT_EQ_AT("head of an answer", answers_out, rsp_data[63:32],
                    answers[answers_out][63:32])
          if (rsp_data[HOST_KIND_LSB +: HOST_KIND_W] == RSP_RDATA) begin
            `NT_EQ_AT("word read", answers_out, rsp_data[31:0], answers[answers_out][31:0])
          end
          answers_out = answers_out + 1;
        end
      end
      for (from = 0; from < Cores; from = from + 1) begin
        if (prb_valid[from] && prb_ready[from] === 1'b1) begin
          probes[1024 * from + probe_in[from]] = prb_data[64*from +: 64];
          probe_in[from] = probe_in[from] + 1;
          probes_in      = probes_in + 1;
        end
      end
    end
  end

  task request(input integer kind, input integer core, input integer space,
               input integer address, input [31:0] data);
    reg [63:0] answer;
    reg        refused, taken;
    begin
      req_data = '0;
      req_data[HOST_KIND_LSB +: HOST_KIND_W]   = kind;
      req_data[HOST_CORE_LSB +: HOST_CORE_W]   = core;
      req_data[HOST_SPACE_LSB +: HOST_SPACE_W] = space;
      req_data[HOST_ADDR_LSB +: HOST_ADDR_W]   = address;
      req_data[HOST_DATA_LSB +: HOST_DATA_W]   = data;
      refused = core >= Cores || space > SPACE_CREG || kind > REQ_READ || address >= Limit;
      answer  = req_data;
      answer[HOST_KIND_LSB +: HOST_KIND_W] = refused ? RSP_ERROR : RSP_RDATA;
      if (!refused && kind == REQ_WRITE) mirror[cell_of(core, space, address)] = data;
      if (!refused) answer[HOST_DATA_LSB +: HOST_DATA_W] = mirror[cell_of(core, space, address)];
      if (refused || kind == REQ_READ) begin
        answers[answers_in] = answer;
        answers_in = answers_in + 1;
      end
      req_valid = 1'b1;
      taken     = 1'b0;
      while (!taken) begin
        @(posedge clk) taken = req_ready;
        @(negedge clk);
      end
      req_valid = 1'b0;
    end
  endtask

  task settle;
    begin
      rsp_eighths = 8;
      @(negedge clk);
      while (req_busy || rsp_busy) @(negedge clk);
      `NT_EQ("answers", answers_out, answers_in)
      `NT_EQ("probes", probes_out, probes_in)
    end
  endtask

  integer    a, k, was, kind, core, space, address;
  reg [31:0] want;
  reg        known;
  reg [Cores-1:0] prb_waits;  // probes that were not taken

  initial begin
    awvalid = 1'b0;  wvalid = 1'b0;  bready = 1'b0;  arvalid = 1'b0;  rready = 1'b0;
    req_valid = 1'b0;  prb_valid = '0;  prb_data = '0;
    phase = PHASE_IDLE;  busy = 1'b0;  step_done = 1'b0;  pending = 1'b0;  misroute = 1'b0;
    flags_any = '0;  synapse_busy = '0;  engine_busy = '0;  in_level = '0;  out_level = '0;
    starts = 0;  clears = 0;  active_cycles = 0;  accesses = 0;  rsp_held = 1'b0;
    answers_in = 0;  answers_out = 0;  probes_in = 0;  probes_out = 0;  rsp_eighths = 8;
    for (k = 0; k < 8; k = k + 1) begin
      probe_in[k]  = 0;
      probe_out[k] = 0;
    end
    for (k = 0; k < 8 * 8 * Limit; k = k + 1) begin
      memory[k] = k;
      mirror[k] = k;
    end
    nt_begin;
    `NT_EQ("after reset", {bvalid, rvalid, rsp_valid, host_en != 0, start, clear, req_busy, rsp_busy,
                           error, awready, wready, arready, req_ready}, 13'b1111)

    // Every byte address: what is there after reset, SLVERR and 0 elsewhere.
    for (a = 0; a < 4096; a = a + ((a < 16'h100) ? 1 : 5)) begin
      known = 1'b1;
      want  = 32'd0;
      case (a)
        REG_ID:                want = 32'h4E54494C;
        REG_VERSION:           want = NT_DEFS_HASH;
        REG_PARAM_CORES:       want = Cores;
        REG_PARAM_WORD_BITS:   want = 128;
        REG_PARAM_POOL_WORDS:  want = 512;
        REG_PARAM_LINES:       want = 16;
        REG_PARAM_ACC_BITS:    want = 24;
        REG_PARAM_PROG_WORDS:  want = 2048;
        REG_PARAM_TABLE_WORDS: want = 64;
        REG_PARAM_GROUPS:      want = 8;
        REG_TILE_ID, REG_CTRL, REG_STATUS, REG_TIMESTEP, REG_ERROR, REG_CYCLES_LO, REG_CYCLES_HI,
        REG_STEPS: ;
        default: known = a >= REG_QUEUE0 && a < REG_QUEUE0 + 4 * Cores && a % 4 == 0;
      endcase
      expect_read(a, want, known ? OKAY : SLVERR);
      if (a != REG_TILE_ID && a != REG_CTRL && a != REG_TIMESTEP && a != REG_ERROR) begin
        expect_write(a, 32'hFFFF_FFFF, SLVERR);
      end
    end
    `NT_EQ("commands from writes elsewhere", starts + clears, 0)

    // TILE_ID and TIMESTEP; a partial write changes nothing.
    expect_write(REG_TILE_ID, 32'hFFFF_FABC, OKAY);
    expect_read(REG_TILE_ID, 32'hABC, OKAY);
    `NT_EQ("tile_id_o", tile_id, 12'hABC)
    expect_write(REG_TIMESTEP, 32'hFFFF_FFFE, OKAY);
    `NT_EQ("timestep_o", timestep, 32'hFFFF_FFFE)
    for (k = 0; k < 15; k = k + 1) begin
      axi_write(REG_TIMESTEP, 32'd5, k);
      `NT_EQ_AT("BRESP of WSTRB", k, axi_resp, SLVERR)
    end
    expect_read(REG_TIMESTEP, 32'hFFFF_FFFE, OKAY);

    // The next write and the next read wait until a response is taken; none is lost.
    bready  = 1'b0;
    rready  = 1'b0;
    wstrb   = 4'hF;
    for (k = 0; k < 2; k = k + 1) begin
      awaddr  = k ? REG_TIMESTEP : REG_STEPS;
      araddr  = k ? REG_TIMESTEP : REG_STEPS + 1;
      wdata   = 32'd77;
      awvalid = 1'b1;
      wvalid  = 1'b1;
      arvalid = 1'b1;
      @(negedge clk);
      awvalid = 1'b0;
      wvalid  = 1'b0;
      arvalid = 1'b0;
      repeat (4) @(negedge clk);
      `NT_EQ("responses that wait", {bvalid, bresp, rvalid, rresp}, {1'b1, SLVERR, 1'b1, SLVERR})
      `NT_EQ("a write behind a response", timestep, 32'hFFFF_FFFE)
    end
    bready = 1'b1;
    rready = 1'b1;
    @(negedge clk);
    bready = 1'b0;
    rready = 1'b0;
    repeat (3) @(negedge clk);
    `NT_EQ("the second responses", {bvalid, bresp, rvalid, rresp}, {1'b1, OKAY, 1'b1, OKAY})
    `NT_EQ("the second write", timestep, 32'd77)
    bready = 1'b1;
    rready = 1'b1;
    repeat (2) @(negedge clk);
    `NT_EQ("responses left", {bvalid, rvalid}, 2'b00)
    bready = 1'b0;
    rready = 1'b0;

    // CTRL: nothing, both, one each.
    expect_write(REG_TIMESTEP, 32'hFFFF_FFFE, OKAY);
    expect_write(REG_CTRL, 32'd0, OKAY);
    expect_write(REG_CTRL, 32'd3, SLVERR);
    `NT_EQ("commands of CTRL 0 and 3", starts + clears, 0)
    expect_write(REG_CTRL, 32'd1, OKAY);
    `NT_EQ("start_o", {starts, clears}, {32'd1, 32'd0})
    expect_write(REG_CTRL, 32'd2, OKAY);
    `NT_EQ("clear_o", {starts, clears}, {32'd1, 32'd1})
    expect_read(REG_ERROR, 32'd0, OKAY);

    // While a timestep runs.
    for (k = PHASE_DRAIN; k <= PHASE_CLEAR; k = k + 1) begin
      phase = k;
      busy  = 1'b1;
      refused_write(REG_CTRL, 32'd1);
      refused_write(REG_CTRL, 32'd2);
      refused_write(REG_TILE_ID, 32'd1);
      refused_write(REG_TIMESTEP, 32'd1);
      expect_read(REG_TILE_ID, 32'hABC, OKAY);
    end
    `NT_EQ("commands while busy", starts + clears, 2)
    // A request waits for IDLE.
    req_valid = 1'b1;
    req_data  = '0;
    repeat (20) begin
      @(negedge clk);
      `NT_EQ("req_ready_o while a step runs", req_ready, 1'b0)
    end
    req_valid = 1'b0;
    // The step ends, twice: TIMESTEP wraps.
    repeat (2) begin
      step_done = 1'b1;
      @(negedge clk) step_done = 1'b0;
      @(negedge clk);
    end
    phase = PHASE_IDLE;
    busy  = 1'b0;
    @(negedge clk);
    expect_read(REG_TIMESTEP, 32'd0, OKAY);
    expect_read(REG_STEPS, 32'd2, OKAY);
    expect_read(REG_CYCLES_LO, active_cycles, OKAY);
    expect_read(REG_CYCLES_HI, 32'd0, OKAY);

    // Status inputs.
    misroute = 1'b1;
    @(negedge clk) misroute = 1'b0;
    flags_any = 'd2;
    @(negedge clk);
    expect_read(REG_ERROR, (32'd1 << ERROR_MISROUTE_LSB) | (32'd2 << ERROR_CORE_LSB), OKAY);
    expect_write(REG_ERROR, 32'hFFFF_FFFF, OKAY);
    expect_read(REG_ERROR, 32'd2 << ERROR_CORE_LSB, OKAY);
    flags_any = '0;
    pending   = 1'b1;
    expect_read(REG_STATUS, 32'd1 << STATUS_PENDING_LSB, OKAY);
    in_level     = rnd_wide(0);
    out_level    = rnd_wide(0);
    synapse_busy = $random(seed);
    engine_busy  = $random(seed);
    for (k = 0; k < Cores; k = k + 1) begin
      expect_read(REG_QUEUE0 + 4 * k, {14'd0, engine_busy[k], synapse_busy[k],
                                       out_level[8*k +: 8], in_level[8*k +: 8]}, OKAY);
    end

    // Requests, good and bad, with slow cores and a response stream that stalls.
    for (k = 0; k < 400; k = k + 1) begin
      if (k % 20 == 0) rsp_eighths = 1 + rnd(8);
      kind    = (rnd(8) == 0) ? rnd(4) : rnd(2);
      core    = (rnd(8) == 0) ? rnd(8) : rnd(Cores);
      space   = (rnd(8) == 0) ? 7 : rnd(7);
      address = (rnd(8) == 0) ? Limit + rnd(1000000) : rnd(Limit);
      request(kind, core, space, address, $random(seed));
      repeat (rnd(3)) @(negedge clk);
    end
    settle;
    expect_read(REG_ERROR, 32'd1 << ERROR_BAD_ADDR_LSB, OKAY);
    for (k = 0; k < 8 * 8 * Limit; k = k + 8) `NT_EQ_AT("memory", k, memory[k], mirror[k])
    expect_write(REG_ERROR, 32'hFFFF_FFFF, OKAY);
    for (k = (Cores < 8) ? 0 : 1; k < 4; k = k + 1) begin
      was = accesses;
      request((k == 3) ? 2 : REQ_WRITE, (k == 0) ? Cores : 0, (k == 1) ? 7 : 0,
              (k == 2) ? Limit : 0, 32'd1);
      settle;
      `NT_EQ_AT("accesses of a refused request", k, accesses - was, k == 2)
      expect_read(REG_ERROR, 32'd1 << ERROR_BAD_ADDR_LSB, OKAY);
      expect_write(REG_ERROR, 32'd2, OKAY);
    end

    // Requests that are served leave no error.
    repeat (40) request(rnd(2), rnd(Cores), rnd(7), rnd(Limit), $random(seed));
    settle;
    expect_read(REG_ERROR, 32'd0, OKAY);

    // A request and a write that come together: the write acts when the access is over.
    for (k = 0; k < 8; k = k + 1) begin
      was     = starts;
      awaddr  = REG_CTRL;
      wdata   = 32'd1;
      wstrb   = 4'hF;
      awvalid = 1'b1;
      wvalid  = 1'b1;
      request(REQ_READ, k % Cores, SPACE_POOL, k, 32'd0);
      awvalid = 1'b0;
      wvalid  = 1'b0;
      `NT_EQ("start_o while a request is judged", start, 1'b0)
      @(negedge clk);
      #1;
      while (host_en != '0) begin
        `NT_EQ("start_o beside an access", start, 1'b0)
        @(negedge clk);
        #1;
      end
      repeat (3) @(negedge clk);
      `NT_EQ("start_o after the access", starts - was, 1)
      bready = 1'b1;
      @(negedge clk) bready = 1'b0;
      settle;
    end

    // CYCLES carries into its high half, and the halves are read whole.
    u_dut.cycles_q = 64'h1234_5678_FFFF_FFF0;
    phase = PHASE_FLUSH;
    repeat (32) @(negedge clk);
    phase = PHASE_IDLE;
    expect_read(REG_CYCLES_LO, 32'h0000_0010, OKAY);
    expect_read(REG_CYCLES_HI, 32'h1234_5679, OKAY);

    // Probes of all cores while the response stream stalls.
    phase       = PHASE_NEURON;
    rsp_eighths = 4;
    repeat (400) begin
      @(posedge clk) prb_waits = prb_valid & ~prb_ready;
      @(negedge clk);
      for (k = 0; k < Cores; k = k + 1) begin
        if (!prb_waits[k]) begin
          prb_valid[k]         = rnd(2);
          prb_data[64*k +: 64] = rnd_wide(0);
          prb_data[64*k + HOST_KIND_LSB +: HOST_KIND_W] = RSP_PROBE;
          prb_data[64*k + HOST_CORE_LSB +: HOST_CORE_W] = k;
        end
      end
    end
    while (prb_valid != 0) begin
      @(posedge clk) prb_waits = prb_valid & ~prb_ready;
      @(negedge clk) prb_valid = prb_waits;
    end
    phase = PHASE_IDLE;
    settle;
    `NT_EQ("probes at all", probes_out > 100, 1'b1)
    nt_end;
  end

endmodule

`default_nettype wire
