// SPDX-License-Identifier: Apache-2.0
// nt_tile: one neuromorphic tile: neurocores around a router, host port and phase machine.
//
// Contract   docs/spec/timestep.md; a parameter outside its range does not elaborate.
// Timing     See docs/design/microarchitecture.md. All streams are valid/ready; spikes enter at
//            one per cycle.
// Numbers    Records and codes of nt_defs.vh.
// Parameters Cores 1..8; powers of two: WordBits 64..512, PoolWords 256..65536, Lines 2..64,
//            ProgWords 64..4096, TableWords 64..512, Groups 8..32. AccBits 24 or 32.
`default_nettype none

module nt_tile #(
  parameter integer Cores      = 4,
  parameter integer WordBits   = 256,
  parameter integer PoolWords  = 8192,
  parameter integer Lines      = 8,
  parameter integer AccBits    = 32,
  parameter integer ProgWords  = 1024,
  parameter integer TableWords = 512,
  parameter integer Groups     = 16
) (
  input  wire logic        clk_i,            // clock
  input  wire logic        rst_ni,           // reset, active low, released synchronously
  // tile registers: AXI4-Lite slave
  input  wire logic        s_axi_awvalid_i,  // write address
  output logic             s_axi_awready_o,  // taken
  input  wire logic [11:0] s_axi_awaddr_i,   // byte offset
  input  wire logic        s_axi_wvalid_i,   // write data
  output logic             s_axi_wready_o,   // taken
  input  wire logic [31:0] s_axi_wdata_i,    // data
  input  wire logic [3:0]  s_axi_wstrb_i,    // byte enables
  output logic             s_axi_bvalid_o,   // write response
  input  wire logic        s_axi_bready_i,   // taken
  output logic [1:0]       s_axi_bresp_o,    // OKAY or SLVERR
  input  wire logic        s_axi_arvalid_i,  // read address
  output logic             s_axi_arready_o,  // taken
  input  wire logic [11:0] s_axi_araddr_i,   // byte offset
  output logic             s_axi_rvalid_o,   // read data
  input  wire logic        s_axi_rready_i,   // taken
  output logic [31:0]      s_axi_rdata_o,    // data
  output logic [1:0]       s_axi_rresp_o,    // OKAY or SLVERR
  // host requests and responses: HOST records
  input  wire logic        req_valid_i,      // request
  output logic             req_ready_o,      // taken
  input  wire logic [63:0] req_data_i,       // request
  output logic             rsp_valid_o,      // response
  input  wire logic        rsp_ready_i,      // taken
  output logic [63:0]      rsp_data_o,       // response
  // spikes: SPIKE records
  input  wire logic        spk_in_valid_i,   // spike into the tile
  output logic             spk_in_ready_o,   // taken
  input  wire logic [63:0] spk_in_data_i,    // spike
  output logic             spk_out_valid_o,  // spike out of the tile
  input  wire logic        spk_out_ready_i,  // taken
  output logic [63:0]      spk_out_data_o,   // spike
  // status
  output logic             busy_o,           // STATUS.BUSY
  output logic             pending_o,        // STATUS.PENDING
  output logic             error_o,          // ERROR is not 0
  output logic [31:0]      timestep_o        // TIMESTEP
);
  `include "nt_defs.vh"

  // -------------------------------------------------------------------------------------------
  // Parameters
  // -------------------------------------------------------------------------------------------
  generate
    if ((Cores < CORES_MIN) || (Cores > CORES_MAX)) begin : g_bad_cores
      nt_parameter_out_of_range u_cores ();
    end
    if ((WordBits < WORD_BITS_MIN) || (WordBits > WORD_BITS_MAX) ||
        ((WordBits & (WordBits - 1)) != 0)) begin : g_bad_word_bits
      nt_parameter_out_of_range u_word_bits ();
    end
    if ((PoolWords < POOL_WORDS_MIN) || (PoolWords > POOL_WORDS_MAX) ||
        ((PoolWords & (PoolWords - 1)) != 0)) begin : g_bad_pool_words
      nt_parameter_out_of_range u_pool_words ();
    end
    if ((Lines < LINES_MIN) || (Lines > LINES_MAX) ||
        ((Lines & (Lines - 1)) != 0)) begin : g_bad_lines
      nt_parameter_out_of_range u_lines ();
    end
    if (Lines * (WordBits / 2) > CORE_NEURONS_MAX) begin : g_bad_neurons
      nt_parameter_out_of_range u_neurons ();
    end
    if ((AccBits != ACC_BITS_MIN) && (AccBits != ACC_BITS_MAX)) begin : g_bad_acc_bits
      nt_parameter_out_of_range u_acc_bits ();
    end
    if ((ProgWords < PROG_WORDS_MIN) || (ProgWords > PROG_WORDS_MAX) ||
        ((ProgWords & (ProgWords - 1)) != 0)) begin : g_bad_prog_words
      nt_parameter_out_of_range u_prog_words ();
    end
    if ((TableWords < TABLE_WORDS_MIN) || (TableWords > TABLE_WORDS_MAX) ||
        ((TableWords & (TableWords - 1)) != 0)) begin : g_bad_table_words
      nt_parameter_out_of_range u_table_words ();
    end
    if ((Groups < GROUPS_MIN) || (Groups > GROUPS_MAX) ||
        ((Groups & (Groups - 1)) != 0)) begin : g_bad_groups
      nt_parameter_out_of_range u_groups ();
    end
  endgenerate

  // -------------------------------------------------------------------------------------------
  // Signals: one bit or slice per core
  // -------------------------------------------------------------------------------------------
  logic [11:0]         tile_id;
  logic [2:0]          phase;
  logic                start, clear;
  logic                core_start, core_clear;
  logic                step_done;
  logic                spike_open;
  logic                router_busy, misroute;
  logic                router_spk_ready;
  logic                router_out_valid, router_out_ready;
  logic [63:0]         router_out_data;
  logic [1:0]          spk_out_level;
  logic                req_busy, rsp_busy;

  logic [Cores-1:0]    in_valid, in_ready;
  logic [16*Cores-1:0] in_axon;
  logic [24*Cores-1:0] in_payload;
  logic [Cores-1:0]    msg_valid, msg_ready;
  logic [64*Cores-1:0] msg_data;
  logic [Cores-1:0]    prb_valid, prb_ready;
  logic [64*Cores-1:0] prb_data;
  logic [Cores-1:0]    host_en, host_done, host_err;
  logic                host_we;
  logic [2:0]          host_space;
  logic [19:0]         host_addr;
  logic [31:0]         host_wdata;
  logic [32*Cores-1:0] host_rdata;
  logic [Cores-1:0]    engine_busy, synapse_busy, out_busy, in_some;
  logic [8*Cores-1:0]  in_level, out_level;
  logic [Cores-1:0]    pending, flags_any;

  assign pending_o = pending != '0;

  generate
    for (genvar c = 0; c < Cores; c++) begin : g_core
      logic        clk;
      logic        awake;
      logic        start_q, clear_q;
      logic        host_en_q, host_we_q;
      logic [2:0]  host_space_q;
      logic [19:0] host_addr_q;
      logic [31:0] host_wdata_q;
      logic        core_out_busy;
      logic        core_msg_valid, core_msg_ready;
      logic [63:0] core_msg_data;
      logic [1:0]  msg_level;

      assign in_some[c]  = in_level[8*c +: 8] != 8'd0;
      assign out_busy[c] = core_out_busy || (msg_level != '0);

      // A core's clock runs while the core has something to do or is addressed.
      assign awake = core_start || core_clear || in_valid[c] || host_en[c] || in_some[c] ||
                     synapse_busy[c] || engine_busy[c] || out_busy[c];

      nt_clock_gate u_clock_gate (
        .clk_i (clk_i),
        .rst_ni(rst_ni),
        .en_i  (awake),
        .clk_o (clk)
      );

      // Commands and messages cross between the tile's and the core's clock in registers: nothing in
      // a core moves, in hardware or in a simulator, while its clock stands still.
      always_ff @(posedge clk) begin
        if (!rst_ni) begin
          start_q   <= 1'b0;
          clear_q   <= 1'b0;
          host_en_q <= 1'b0;
        end else begin
          start_q   <= core_start;
          clear_q   <= core_clear;
          host_en_q <= host_en[c] && !host_done[c];
        end
        if (host_en[c]) begin
          host_we_q    <= host_we;
          host_space_q <= host_space;
          host_addr_q  <= host_addr;
          host_wdata_q <= host_wdata;
        end
      end

      nt_core #(
        .WordBits  (WordBits),
        .PoolWords (PoolWords),
        .Lines     (Lines),
        .AccBits   (AccBits),
        .ProgWords (ProgWords),
        .TableWords(TableWords),
        .Groups    (Groups)
      ) u_core (
        .clk_i         (clk),
        .rst_ni        (rst_ni),
        .core_id_i     (3'(c)),
        .tile_id_i     (tile_id),
        .timestep_i    (timestep_o),
        .start_i       (start_q),
        .clear_i       (clear_q),
        .in_valid_i    (in_valid[c]),
        .in_ready_o    (in_ready[c]),
        .in_axon_i     (in_axon[16*c +: 16]),
        .in_payload_i  (in_payload[24*c +: 24]),
        .msg_valid_o   (core_msg_valid),
        .msg_ready_i   (core_msg_ready),
        .msg_data_o    (core_msg_data),
        .prb_valid_o   (prb_valid[c]),
        .prb_ready_i   (prb_ready[c]),
        .prb_data_o    (prb_data[64*c +: 64]),
        .host_en_i     (host_en_q),
        .host_we_i     (host_we_q),
        .host_space_i  (host_space_q),
        .host_addr_i   (host_addr_q),
        .host_wdata_i  (host_wdata_q),
        .host_done_o   (host_done[c]),
        .host_err_o    (host_err[c]),
        .host_rdata_o  (host_rdata[32*c +: 32]),
        .engine_busy_o (engine_busy[c]),
        .synapse_busy_o(synapse_busy[c]),
        .out_busy_o    (core_out_busy),
        .in_level_o    (in_level[8*c +: 8]),
        .out_level_o   (out_level[8*c +: 8]),
        .pending_o     (pending[c]),
        .flags_any_o   (flags_any[c])
      );

      nt_fifo #(
        .Width(64),
        .Depth(2)
      ) u_msg (
        .clk_i      (clk),
        .rst_ni     (rst_ni),
        .in_valid_i (core_msg_valid),
        .in_ready_o (core_msg_ready),
        .in_data_i  (core_msg_data),
        .out_valid_o(msg_valid[c]),
        .out_ready_i(msg_ready[c]),
        .out_data_o (msg_data[64*c +: 64]),
        .level_o    (msg_level)
      );
    end
  endgenerate

  assign spk_in_ready_o = router_spk_ready && spike_open;

  nt_router #(
    .Cores(Cores)
  ) u_router (
    .clk_i          (clk_i),
    .rst_ni         (rst_ni),
    .tile_id_i      (tile_id),
    .core_valid_i   (msg_valid),
    .core_ready_o   (msg_ready),
    .core_data_i    (msg_data),
    .spk_in_valid_i (spk_in_valid_i && spike_open),
    .spk_in_ready_o (router_spk_ready),
    .spk_in_data_i  (spk_in_data_i),
    .in_valid_o     (in_valid),
    .in_ready_i     (in_ready),
    .in_axon_o      (in_axon),
    .in_payload_o   (in_payload),
    .spk_out_valid_o(router_out_valid),
    .spk_out_ready_i(router_out_ready),
    .spk_out_data_o (router_out_data),
    .busy_o         (router_busy),
    .misroute_o     (misroute)
  );

  nt_fifo #(
    .Width(64),
    .Depth(2)
  ) u_spk_out (
    .clk_i      (clk_i),
    .rst_ni     (rst_ni),
    .in_valid_i (router_out_valid),
    .in_ready_o (router_out_ready),
    .in_data_i  (router_out_data),
    .out_valid_o(spk_out_valid_o),
    .out_ready_i(spk_out_ready_i),
    .out_data_o (spk_out_data_o),
    .level_o    (spk_out_level)
  );

  nt_barrier #(
    .Cores(Cores)
  ) u_barrier (
    .clk_i        (clk_i),
    .rst_ni       (rst_ni),
    .start_i      (start),
    .clear_i      (clear),
    .router_busy_i(router_busy || (spk_out_level != '0)),
    .in_busy_i    (in_some | synapse_busy),
    .engine_busy_i(engine_busy),
    .out_busy_i   (out_busy),
    .rsp_busy_i   (rsp_busy),
    .host_busy_i  (req_busy),
    .phase_o      (phase),
    .busy_o       (busy_o),
    .spike_open_o (spike_open),
    .core_start_o (core_start),
    .core_clear_o (core_clear),
    .step_done_o  (step_done)
  );

  nt_host #(
    .Cores     (Cores),
    .WordBits  (WordBits),
    .PoolWords (PoolWords),
    .Lines     (Lines),
    .AccBits   (AccBits),
    .ProgWords (ProgWords),
    .TableWords(TableWords),
    .Groups    (Groups)
  ) u_host (
    .clk_i          (clk_i),
    .rst_ni         (rst_ni),
    .s_axi_awvalid_i(s_axi_awvalid_i),
    .s_axi_awready_o(s_axi_awready_o),
    .s_axi_awaddr_i (s_axi_awaddr_i),
    .s_axi_wvalid_i (s_axi_wvalid_i),
    .s_axi_wready_o (s_axi_wready_o),
    .s_axi_wdata_i  (s_axi_wdata_i),
    .s_axi_wstrb_i  (s_axi_wstrb_i),
    .s_axi_bvalid_o (s_axi_bvalid_o),
    .s_axi_bready_i (s_axi_bready_i),
    .s_axi_bresp_o  (s_axi_bresp_o),
    .s_axi_arvalid_i(s_axi_arvalid_i),
    .s_axi_arready_o(s_axi_arready_o),
    .s_axi_araddr_i (s_axi_araddr_i),
    .s_axi_rvalid_o (s_axi_rvalid_o),
    .s_axi_rready_i (s_axi_rready_i),
    .s_axi_rdata_o  (s_axi_rdata_o),
    .s_axi_rresp_o  (s_axi_rresp_o),
    .req_valid_i    (req_valid_i),
    .req_ready_o    (req_ready_o),
    .req_data_i     (req_data_i),
    .rsp_valid_o    (rsp_valid_o),
    .rsp_ready_i    (rsp_ready_i),
    .rsp_data_o     (rsp_data_o),
    .prb_valid_i    (prb_valid),
    .prb_ready_o    (prb_ready),
    .prb_data_i     (prb_data),
    .host_en_o      (host_en),
    .host_we_o      (host_we),
    .host_space_o   (host_space),
    .host_addr_o    (host_addr),
    .host_wdata_o   (host_wdata),
    .host_done_i    (host_done),
    .host_err_i     (host_err),
    .host_rdata_i   (host_rdata),
    .start_o        (start),
    .clear_o        (clear),
    .phase_i        (phase),
    .busy_i         (busy_o),
    .step_done_i    (step_done),
    .req_busy_o     (req_busy),
    .rsp_busy_o     (rsp_busy),
    .tile_id_o      (tile_id),
    .timestep_o     (timestep_o),
    .error_o        (error_o),
    .pending_i      (pending_o),
    .misroute_i     (misroute),
    .flags_any_i    (flags_any),
    .in_level_i     (in_level),
    .out_level_i    (out_level),
    .synapse_busy_i (synapse_busy),
    .engine_busy_i  (engine_busy)
  );

endmodule

`default_nettype wire
