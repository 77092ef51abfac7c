// SPDX-License-Identifier: Apache-2.0
// nt_host: tile registers behind AXI4-Lite, host requests and responses.
//
// Contract   One request at a time, only in phase IDLE and not beside a register write; refused
//            requests and reads are answered. Probes of the cores share the response stream, lower
//            core numbers first; a waiting answer goes before them.
// Timing     A register write acts in the cycle after both of its halves have arrived, a register
//            read answers two cycles after its address, a request takes four cycles or more.
// Numbers    Counters of cycles (64 bits) and steps wrap.
// Parameters Cores 1..8; the others only as contents of registers.
`default_nettype none

module nt_host #(
  parameter integer Cores      = 4,
  parameter integer WordBits   = 256,
  parameter integer PoolWords  = 8192,
  parameter integer Lines      = 8,
  parameter integer AccBits    = 32,
  parameter integer ProgWords  = 1024,
  parameter integer TableWords = 512,
  parameter integer Groups     = 16
) (
  input  wire logic                clk_i,            // clock
  input  wire logic                rst_ni,           // reset
  // AXI4-Lite slave
  input  wire logic                s_axi_awvalid_i,  // write address
  output logic                     s_axi_awready_o,  // taken
  input  wire logic [11:0]         s_axi_awaddr_i,   // byte offset
  input  wire logic                s_axi_wvalid_i,   // write data
  output logic                     s_axi_wready_o,   // taken
  input  wire logic [31:0]         s_axi_wdata_i,    // data
  input  wire logic [3:0]          s_axi_wstrb_i,    // byte enables, all or an error
  output logic                     s_axi_bvalid_o,   // write response
  input  wire logic                s_axi_bready_i,   // taken
  output logic [1:0]               s_axi_bresp_o,    // OKAY or SLVERR
  input  wire logic                s_axi_arvalid_i,  // read address
  output logic                     s_axi_arready_o,  // taken
  input  wire logic [11:0]         s_axi_araddr_i,   // byte offset
  output logic                     s_axi_rvalid_o,   // read data
  input  wire logic                s_axi_rready_i,   // taken
  output logic [31:0]              s_axi_rdata_o,    // data
  output logic [1:0]               s_axi_rresp_o,    // OKAY or SLVERR
  // requests and responses
  input  wire logic                req_valid_i,      // request
  output logic                     req_ready_o,      // taken
  input  wire logic [63:0]         req_data_i,       // HOST record
  output logic                     rsp_valid_o,      // response
  input  wire logic                rsp_ready_i,      // taken
  output logic [63:0]              rsp_data_o,       // HOST record
  // probes of the cores
  input  wire logic [Cores-1:0]    prb_valid_i,      // probe
  output logic [Cores-1:0]         prb_ready_o,      // taken
  input  wire logic [64*Cores-1:0] prb_data_i,       // finished responses
  // memory access in the cores
  output logic [Cores-1:0]         host_en_o,        // request, held until done
  output logic                     host_we_o,        // write
  output logic [2:0]               host_space_o,     // space
  output logic [19:0]              host_addr_o,      // word
  output logic [31:0]              host_wdata_o,     // data to write
  input  wire logic [Cores-1:0]    host_done_i,      // pulse: done
  input  wire logic [Cores-1:0]    host_err_i,       // refused
  input  wire logic [32*Cores-1:0] host_rdata_i,     // data read
  // phases
  output logic                     start_o,          // pulse: run a timestep
  output logic                     clear_o,          // pulse: bulk state reset
  input  wire logic [2:0]          phase_i,          // code PHASE
  input  wire logic                busy_i,           // STATUS.BUSY
  input  wire logic                step_done_i,      // pulse: timestep over
  output logic                     req_busy_o,       // a request has not been answered
  output logic                     rsp_busy_o,       // a response has not been taken
  // the tile
  output logic [11:0]              tile_id_o,        // TILE_ID
  output logic [31:0]              timestep_o,       // TIMESTEP
  output logic                     error_o,          // ERROR is not 0
  input  wire logic                pending_i,        // STATUS.PENDING
  input  wire logic                misroute_i,       // pulse: a spike was dropped
  input  wire logic [Cores-1:0]    flags_any_i,      // a core's FLAGS are not 0
  input  wire logic [8*Cores-1:0]  in_level_i,       // QUEUE.IN of the cores
  input  wire logic [8*Cores-1:0]  out_level_i,      // QUEUE.OUT of the cores
  input  wire logic [Cores-1:0]    synapse_busy_i,   // QUEUE.SYNAPSE_BUSY of the cores
  input  wire logic [Cores-1:0]    engine_busy_i     // QUEUE.ENGINE_BUSY of the cores
);
  `include "nt_defs.vh"
  `include "nt_assert.vh"

  localparam [1:0] OKAY   = 2'b00;
  localparam [1:0] SLVERR = 2'b10;

  logic phase_idle;
  assign phase_idle = phase_i == 3'(PHASE_IDLE);

  // -------------------------------------------------------------------------------------------
  // Register writes
  // -------------------------------------------------------------------------------------------
  logic        aw_full_q, w_full_q;
  logic [11:0] aw_addr_q;
  logic [31:0] w_data_q;
  logic [3:0]  w_strb_q;
  logic        b_valid_q;
  logic [1:0]  b_resp_q;

  logic        write_waits;   // both halves are here
  logic        write;         // the write acts now
  logic        write_ok;      // all bytes enabled
  logic        write_bad;     // refused
  logic        busy_write;    // refused for not being idle
  logic        set_tile, set_timestep, set_error;
  logic        accessing;     // a core is serving a request

  assign write_waits = aw_full_q && w_full_q;
  assign write       = write_waits && !b_valid_q && !accessing;
  assign write_ok    = w_strb_q == 4'hF;

  always_comb begin
    write_bad    = 1'b0;
    busy_write   = 1'b0;
    set_tile     = 1'b0;
    set_timestep = 1'b0;
    set_error    = 1'b0;
    start_o      = 1'b0;
    clear_o      = 1'b0;
    if (write) begin
      if (!write_ok) begin
        write_bad = 1'b1;
      end else begin
        case (aw_addr_q)
          REG_TILE_ID: begin
            set_tile   = phase_idle;
            busy_write = !phase_idle;
          end
          REG_TIMESTEP: begin
            set_timestep = phase_idle;
            busy_write   = !phase_idle;
          end
          REG_CTRL: begin
            if (w_data_q[CTRL_START_LSB] && w_data_q[CTRL_CLEAR_STATE_LSB]) begin
              write_bad = 1'b1;
            end else if (w_data_q[CTRL_START_LSB] || w_data_q[CTRL_CLEAR_STATE_LSB]) begin
              start_o    = phase_idle && w_data_q[CTRL_START_LSB];
              clear_o    = phase_idle && w_data_q[CTRL_CLEAR_STATE_LSB];
              busy_write = !phase_idle;
            end
          end
          REG_ERROR: set_error = 1'b1;
          default:   write_bad = 1'b1;
        endcase
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      aw_full_q <= 1'b0;
      w_full_q  <= 1'b0;
      b_valid_q <= 1'b0;
    end else begin
      if (s_axi_awvalid_i && !aw_full_q) begin
        aw_full_q <= 1'b1;
        aw_addr_q <= s_axi_awaddr_i;
      end else if (write) begin
        aw_full_q <= 1'b0;
      end
      if (s_axi_wvalid_i && !w_full_q) begin
        w_full_q <= 1'b1;
        w_data_q <= s_axi_wdata_i;
        w_strb_q <= s_axi_wstrb_i;
      end else if (write) begin
        w_full_q <= 1'b0;
      end
      if (write) begin
        b_valid_q <= 1'b1;
        b_resp_q  <= (write_bad || busy_write) ? SLVERR : OKAY;
      end else if (s_axi_bready_i) begin
        b_valid_q <= 1'b0;
      end
    end
  end

  assign s_axi_awready_o = !aw_full_q;
  assign s_axi_wready_o  = !w_full_q;
  assign s_axi_bvalid_o  = b_valid_q;
  assign s_axi_bresp_o   = b_resp_q;

  // -------------------------------------------------------------------------------------------
  // Registers
  // -------------------------------------------------------------------------------------------
  logic [11:0] tile_id_q;
  logic [31:0] timestep_q;
  logic [31:0] steps_q;
  logic [63:0] cycles_q;
  logic [2:0]  error_q;
  logic [2:0]  error_set;
  logic        bad_addr;   // a request is refused
  logic [31:0] error;

  always_comb begin
    error_set = '0;
    error_set[ERROR_MISROUTE_LSB]   = misroute_i;
    error_set[ERROR_BAD_ADDR_LSB]   = bad_addr;
    error_set[ERROR_BUSY_WRITE_LSB] = busy_write;
    error = '0;
    error[2:0] = error_q;
    error[ERROR_CORE_LSB +: Cores] = flags_any_i;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      tile_id_q  <= '0;
      timestep_q <= '0;
      steps_q    <= '0;
      cycles_q   <= '0;
      error_q    <= '0;
    end else begin
      if (set_tile) begin
        tile_id_q <= w_data_q[11:0];
      end
      if (set_timestep) begin
        timestep_q <= w_data_q;
      end else if (step_done_i) begin
        timestep_q <= timestep_q + 32'd1;
      end
      if (step_done_i) begin
        steps_q <= steps_q + 32'd1;
      end
      if (!phase_idle) begin
        cycles_q <= cycles_q + 64'd1;
      end
      error_q <= (set_error ? (error_q & ~w_data_q[2:0]) : error_q) | error_set;
    end
  end

  assign tile_id_o  = tile_id_q;
  assign timestep_o = timestep_q;
  assign error_o    = error != '0;

  // -------------------------------------------------------------------------------------------
  // Register reads
  // -------------------------------------------------------------------------------------------
  logic        ar_full_q;
  logic [11:0] ar_addr_q;
  logic        r_valid_q;
  logic [31:0] r_data_q;
  logic [1:0]  r_resp_q;
  logic        read;       // the read acts now
  logic [31:0] read_data;
  logic        read_bad;

  assign s_axi_arready_o = !ar_full_q;
  assign read            = ar_full_q && !r_valid_q;

  always_comb begin
    read_data = '0;
    read_bad  = 1'b0;
    if (read) begin
      case (ar_addr_q)
        REG_ID:                read_data = 32'h4E54_494C;
        REG_VERSION:           read_data = NT_DEFS_HASH;
        REG_PARAM_CORES:       read_data = 32'(Cores);
        REG_PARAM_WORD_BITS:   read_data = 32'(WordBits);
        REG_PARAM_POOL_WORDS:  read_data = 32'(PoolWords);
        REG_PARAM_LINES:       read_data = 32'(Lines);
        REG_PARAM_ACC_BITS:    read_data = 32'(AccBits);
        REG_PARAM_PROG_WORDS:  read_data = 32'(ProgWords);
        REG_PARAM_TABLE_WORDS: read_data = 32'(TableWords);
        REG_PARAM_GROUPS:      read_data = 32'(Groups);
        REG_TILE_ID:           read_data = 32'(tile_id_q);
        REG_CTRL:              read_data = '0;
        REG_STATUS: begin
          read_data[STATUS_BUSY_LSB]    = busy_i;
          read_data[STATUS_PENDING_LSB] = pending_i;
          read_data[STATUS_PHASE_LSB +: STATUS_PHASE_W] = phase_i;
          read_data[STATUS_ERROR_LSB]   = error_o;
        end
        REG_TIMESTEP:          read_data = timestep_q;
        REG_ERROR:             read_data = error;
        REG_CYCLES_LO:         read_data = cycles_q[31:0];
        REG_CYCLES_HI:         read_data = cycles_q[63:32];
        REG_STEPS:             read_data = steps_q;
        default: begin
          read_bad = 1'b1;
          for (int c = 0; c < Cores; c++) begin
            if (ar_addr_q == REG_QUEUE0 + 12'(4 * c)) begin
              read_bad = 1'b0;
              read_data[QUEUE_IN_LSB +: QUEUE_IN_W]   = in_level_i[8*c +: 8];
              read_data[QUEUE_OUT_LSB +: QUEUE_OUT_W] = out_level_i[8*c +: 8];
              read_data[QUEUE_SYNAPSE_BUSY_LSB]       = synapse_busy_i[c];
              read_data[QUEUE_ENGINE_BUSY_LSB]        = engine_busy_i[c];
            end
          end
        end
      endcase
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      ar_full_q <= 1'b0;
      r_valid_q <= 1'b0;
    end else begin
      if (s_axi_arvalid_i && !ar_full_q) begin
        ar_full_q <= 1'b1;
        ar_addr_q <= s_axi_araddr_i;
      end else if (read) begin
        ar_full_q <= 1'b0;
      end
      if (read) begin
        r_valid_q <= 1'b1;
        r_data_q  <= read_data;
        r_resp_q  <= read_bad ? SLVERR : OKAY;
      end else if (s_axi_rready_i) begin
        r_valid_q <= 1'b0;
      end
    end
  end

  assign s_axi_rvalid_o = r_valid_q;
  assign s_axi_rdata_o  = r_data_q;
  assign s_axi_rresp_o  = r_resp_q;

  // -------------------------------------------------------------------------------------------
  // Requests: taken, served by a core or refused, answered
  // -------------------------------------------------------------------------------------------
  typedef enum logic [1:0] {
    StIdle   = 2'd0,  // no request
    StJudge  = 2'd1,  // a request is here
    StAccess = 2'd2,  // a core serves it
    StAnswer = 2'd3   // the answer waits for the response stream
  } state_e;

  state_e      state_q;
  logic [63:0] req_q;
  logic [31:0] answer_q;   // data read
  logic        refused_q;
  logic [2:0]  req_core;
  logic [1:0]  req_kind;
  logic        req_bad;
  logic        core_done, core_err;
  logic [31:0] core_rdata;
  logic        answer;     // StAnswer may hand over

  assign req_core = req_q[HOST_CORE_LSB +: HOST_CORE_W];
  assign req_kind = req_q[HOST_KIND_LSB +: HOST_KIND_W];
  assign req_bad  = (4'(req_core) >= 4'(Cores)) ||
                    (req_q[HOST_SPACE_LSB +: HOST_SPACE_W] > 3'(SPACE_CREG)) ||
                    (req_kind > HOST_KIND_W'(REQ_READ));

  // The core addressed.
  always_comb begin
    core_done  = 1'b0;
    core_err   = 1'b0;
    core_rdata = '0;
    host_en_o  = '0;
    if (state_q == StAccess) begin
      for (int c = 0; c < Cores; c++) begin
        if (req_core == 3'(c)) begin
          host_en_o[c] = 1'b1;
          core_done    = host_done_i[c];
          core_err     = host_err_i[c];
          core_rdata   = host_rdata_i[32*c +: 32];
        end
      end
    end
  end

  assign host_we_o    = req_kind == HOST_KIND_W'(REQ_WRITE);
  assign host_space_o = req_q[HOST_SPACE_LSB +: HOST_SPACE_W];
  assign host_addr_o  = req_q[HOST_ADDR_LSB +: HOST_ADDR_W];
  assign host_wdata_o = req_q[HOST_DATA_LSB +: HOST_DATA_W];

  assign accessing   = (state_q == StJudge) || (state_q == StAccess);
  assign req_ready_o = (state_q == StIdle) && phase_idle && !write_waits;
  assign bad_addr    = ((state_q == StJudge) && req_bad) ||
                       ((state_q == StAccess) && core_done && core_err);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q <= StIdle;
    end else begin
      case (state_q)
        StIdle: begin
          if (req_valid_i && req_ready_o) begin
            state_q <= StJudge;
            req_q   <= req_data_i;
          end
        end
        StJudge: begin
          state_q   <= req_bad ? StAnswer : StAccess;
          refused_q <= 1'b1;
        end
        StAccess: begin
          if (core_done) begin
            state_q   <= (core_err || !host_we_o) ? StAnswer : StIdle;
            refused_q <= core_err;
            answer_q  <= core_rdata;
          end
        end
        default: begin
          if (answer) begin
            state_q <= StIdle;
          end
        end
      endcase
    end
  end

  // -------------------------------------------------------------------------------------------
  // Responses
  // -------------------------------------------------------------------------------------------
  logic        rsp_free;
  logic        rsp_valid;
  logic [63:0] rsp_data;
  logic [63:0] answer_data;
  logic [1:0]  rsp_level;

  assign answer = (state_q == StAnswer) && rsp_free;

  always_comb begin
    answer_data = req_q;
    answer_data[63:HOST_KIND_LSB+HOST_KIND_W] = '0;
    answer_data[HOST_DATA_LSB +: HOST_DATA_W] = refused_q ? 32'd0 : answer_q;
    answer_data[HOST_KIND_LSB +: HOST_KIND_W] = refused_q ? HOST_KIND_W'(RSP_ERROR)
                                                          : HOST_KIND_W'(RSP_RDATA);
  end

  // The lowest core with a probe.
  assign prb_ready_o = prb_valid_i & (~prb_valid_i + Cores'(1)) &
                       {Cores{rsp_free && (state_q != StAnswer)}};

  always_comb begin
    rsp_valid = answer;
    rsp_data  = answer_data;
    if (prb_ready_o != '0) begin
      rsp_valid = 1'b1;
      for (int c = 0; c < Cores; c++) begin
        if (prb_ready_o[c]) begin
          rsp_data = prb_data_i[64*c +: 64];
        end
      end
    end
  end

  nt_fifo #(
    .Width(64),
    .Depth(2)
  ) u_rsp (
    .clk_i      (clk_i),
    .rst_ni     (rst_ni),
    .in_valid_i (rsp_valid),
    .in_ready_o (rsp_free),
    .in_data_i  (rsp_data),
    .out_valid_o(rsp_valid_o),
    .out_ready_i(rsp_ready_i),
    .out_data_o (rsp_data_o),
    .level_o    (rsp_level)
  );

  assign rsp_busy_o = rsp_level != '0;
  assign req_busy_o = (state_q != StIdle) || rsp_busy_o;

  `NT_ASSERT(access_in_idle, (state_q != StAccess) || phase_idle)
  `NT_ASSERT(one_probe, (prb_ready_o & (prb_ready_o - Cores'(1))) == '0)

endmodule

`default_nettype wire
