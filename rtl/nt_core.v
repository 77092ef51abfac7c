// SPDX-License-Identifier: Apache-2.0
// nt_core: one neurocore: memory pool, synapse path, accumulators, neuron engine, spike output.
//
// Contract   Takes spikes at any time and adds their synapse lists into the coming accumulators,
//            waiting for nothing but its own memories. start_i exchanges the accumulators and
//            starts the engine, and comes only when no spike is queued or in service.
// Timing     A host access waits until no synapse list is in service; queued spikes wait for it.
//            host_done_o comes one cycle or more after host_en_i.
// Numbers    See the modules.
// Parameters As in the parameter table; checked by the modules that use them.
`default_nettype none

module nt_core #(
  parameter integer WordBits   = 256,
  parameter integer PoolWords  = 8192,
  parameter integer Lines      = 8,
  parameter integer AccBits    = 32,
  parameter integer ProgWords  = 1024,
  parameter integer TableWords = 512,
  parameter integer Groups     = 16
) (
  input  wire logic        clk_i,           // clock
  input  wire logic        rst_ni,          // reset, active low
  input  wire logic [2:0]  core_id_i,       // number of this core
  input  wire logic [11:0] tile_id_i,       // number of the tile, not needed inside a core
  input  wire logic [31:0] timestep_i,      // number of the timestep
  input  wire logic        start_i,         // pulse: exchange the accumulators, run the engine
  input  wire logic        clear_i,         // pulse: bulk state reset
  // spikes from the router
  input  wire logic        in_valid_i,      // spike offered
  output logic             in_ready_o,      // spike can be taken
  input  wire logic [15:0] in_axon_i,       // axon
  input  wire logic [23:0] in_payload_i,    // payload
  // messages to the router
  output logic             msg_valid_o,     // message offered
  input  wire logic        msg_ready_i,     // message is taken
  output logic [63:0]      msg_data_o,      // SPIKE record
  // probes
  output logic             prb_valid_o,     // probe offered
  input  wire logic        prb_ready_i,     // probe is taken
  output logic [63:0]      prb_data_o,      // HOST record
  // host access, held until host_done_o
  input  wire logic        host_en_i,       // access
  input  wire logic        host_we_i,       // 1: write
  input  wire logic [2:0]  host_space_i,    // space
  input  wire logic [19:0] host_addr_i,     // address in the space
  input  wire logic [31:0] host_wdata_i,    // value to write
  output logic             host_done_o,     // pulse: access finished
  output logic             host_err_o,      // with host_done_o: refused
  output logic [31:0]      host_rdata_o,    // with host_done_o: value read
  // state
  output logic             engine_busy_o,   // the engine runs
  output logic             synapse_busy_o,  // a spike is queued or its list in service
  output logic             out_busy_o,      // the output stage holds work
  output logic [7:0]       in_level_o,      // spikes queued
  output logic [7:0]       out_level_o,     // spike vectors queued
  output logic             pending_o,       // a coming row is active, or a group runs always
  output logic             flags_any_o      // FLAGS is not zero
);

  `include "nt_defs.vh"

  localparam integer Lanes      = WordBits / 32;
  localparam integer LineBits   = $clog2(Lines);
  localparam integer SynopsBits = $clog2(WordBits / 2) + 1;
  localparam integer QueueDepth = 16;
  localparam integer LevelBits  = $clog2(QueueDepth) + 1;

  // ---------------------------------------------------------------------------------------------
  // Host access. PROG, TABLE and GROUP belong to the engine, which does not meet the synapse path.
  // For the others the axon stage is held, and the access made when the synapse path is empty.
  // ---------------------------------------------------------------------------------------------
  logic        host_to_engine, host_here, host_go, synapse_idle;
  logic        host_pool, host_acc, host_act, host_creg;
  logic        host_done_q, host_bad_q, host_bad;
  logic        pool_bad_addr, dendrite_bad_addr, creg_bad_addr;
  logic [31:0] pool_host_rdata, dendrite_host_rdata, creg_host_rdata;
  logic        engine_host_done, engine_host_err;
  logic [31:0] engine_host_rdata;

  assign host_to_engine = host_en_i & ((host_space_i == 3'(SPACE_PROG))
                                     | (host_space_i == 3'(SPACE_TABLE))
                                     | (host_space_i == 3'(SPACE_GROUP)));
  assign host_here = host_en_i & ~host_to_engine;
  assign host_go   = host_here & synapse_idle & ~host_done_q;
  assign host_pool = (host_space_i == 3'(SPACE_POOL));
  assign host_acc  = (host_space_i == 3'(SPACE_ACC));
  assign host_act  = (host_space_i == 3'(SPACE_ACT));
  assign host_creg = (host_space_i == 3'(SPACE_CREG));

  always_comb begin
    host_bad = 1'b1;
    if (host_pool)            host_bad = pool_bad_addr;
    if (host_acc || host_act) host_bad = dendrite_bad_addr;
    if (host_creg)            host_bad = creg_bad_addr;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) host_done_q <= 1'b0;
    else         host_done_q <= host_go;
    if (host_go) host_bad_q <= host_bad;
  end

  assign host_done_o = host_done_q | engine_host_done;
  assign host_err_o  = host_done_q ? host_bad_q : engine_host_err;

  always_comb begin
    host_rdata_o = engine_host_rdata;
    if (host_done_q) begin
      host_rdata_o = creg_host_rdata;
      if (host_pool)            host_rdata_o = pool_host_rdata;
      if (host_acc || host_act) host_rdata_o = dendrite_host_rdata;
    end
  end

  // ---------------------------------------------------------------------------------------------
  // Memory pool.
  // ---------------------------------------------------------------------------------------------
  logic                list_en;
  logic [15:0]         list_addr;
  logic [WordBits-1:0] list_rdata, pool_rdata;
  logic                engine_pool_en, engine_pool_we;
  logic [15:0]         engine_pool_addr;
  logic [WordBits-1:0] engine_pool_wdata;
  logic [Lanes-1:0]    engine_pool_wlane;
  logic                axon_out_dst_req, axon_out_dst_gnt;
  logic [15:0]         axon_out_dst_addr;
  logic                axon_in_pool_req, axon_in_pool_gnt;
  logic [15:0]         axon_in_pool_addr;

  nt_pool #(.PoolWords(PoolWords), .WordBits(WordBits)) u_pool (
    .clk_i,
    .rst_ni,
    .a_en_i          (list_en),
    .a_addr_i        (list_addr),
    .a_rdata_o       (list_rdata),
    .host_en_i       (host_go & host_pool),
    .host_we_i       (host_we_i & ~pool_bad_addr),
    .host_addr_i,
    .host_wdata_i,
    .host_bad_addr_o (pool_bad_addr),
    .host_rdata_o    (pool_host_rdata),
    .engine_en_i     (engine_pool_en),
    .engine_we_i     (engine_pool_we),
    .engine_addr_i   (engine_pool_addr),
    .engine_wdata_i  (engine_pool_wdata),
    .engine_wlane_i  (engine_pool_wlane),
    .axon_out_req_i  (axon_out_dst_req),
    .axon_out_addr_i (axon_out_dst_addr),
    .axon_out_gnt_o  (axon_out_dst_gnt),
    .axon_in_req_i   (axon_in_pool_req),
    .axon_in_addr_i  (axon_in_pool_addr),
    .axon_in_gnt_o   (axon_in_pool_gnt),
    .b_rdata_o       (pool_rdata)
  );

  // ---------------------------------------------------------------------------------------------
  // From spike to accumulator.
  // ---------------------------------------------------------------------------------------------
  logic [15:0]           axon_base;
  logic [16:0]           axon_count;
  logic                  job_valid, job_ready;
  logic [63:0]           job_entry;
  logic [23:0]           job_payload;
  logic                  bad_axon, axon_in_busy;
  logic [LevelBits-1:0]  in_level;
  logic                  row_valid;
  logic [1:0]            row_dendrite;
  logic [LineBits-1:0]   row_line;
  logic [WordBits-1:0]   digits;
  logic [AccBits-1:0]    t1, t2, t3;
  logic                  poke_valid;
  logic [SynopsBits-2:0] poke_lane;
  logic [AccBits-1:0]    poke_term;
  logic [SynopsBits-1:0] synops;
  logic                  list_word, synapse_busy, dendrite_busy, overflow, rows_pending;
  logic                  acc_en;
  logic [1:0]            acc_dendrite;
  logic [5:0]            acc_line;
  logic [3:0]            acc_beat;
  logic [32*Lanes-1:0]   acc_rdata;
  logic [4*Lines-1:0]    act_current;

  // The synapse path stands still while no spike is on its way and no accumulator is read.
  logic synapse_clk;

  nt_clock_gate u_synapse_clock_gate (
    .clk_i,
    .rst_ni,
    .en_i  (in_valid_i | synapse_busy_o | host_en_i | start_i | clear_i | acc_en),
    .clk_o (synapse_clk)
  );

  nt_axon_in #(.WordBits(WordBits), .Depth(QueueDepth)) u_axon_in (
    .clk_i         (synapse_clk),
    .rst_ni,
    .axon_base_i   (axon_base),
    .axon_count_i  (axon_count),
    .hold_i        (host_here),
    .invalidate_i  (host_en_i | start_i | clear_i),
    .in_valid_i,
    .in_ready_o,
    .in_axon_i,
    .in_payload_i,
    .pool_req_o    (axon_in_pool_req),
    .pool_addr_o   (axon_in_pool_addr),
    .pool_gnt_i    (axon_in_pool_gnt),
    .pool_rdata_i  (pool_rdata),
    .job_valid_o   (job_valid),
    .job_ready_i   (job_ready),
    .job_entry_o   (job_entry),
    .job_payload_o (job_payload),
    .bad_axon_o    (bad_axon),
    .busy_o        (axon_in_busy),
    .level_o       (in_level)
  );

  nt_synapse #(.WordBits(WordBits), .Lines(Lines), .AccBits(AccBits)) u_synapse (
    .clk_i          (synapse_clk),
    .rst_ni,
    .job_valid_i    (job_valid),
    .job_ready_o    (job_ready),
    .job_entry_i    (job_entry),
    .job_payload_i  (job_payload),
    .pool_en_o      (list_en),
    .pool_addr_o    (list_addr),
    .pool_rdata_i   (list_rdata),
    .row_valid_o    (row_valid),
    .row_dendrite_o (row_dendrite),
    .row_line_o     (row_line),
    .digits_o       (digits),
    .t1_o           (t1),
    .t2_o           (t2),
    .t3_o           (t3),
    .poke_valid_i   (poke_valid),
    .poke_lane_i    (poke_lane),
    .poke_term_i    (poke_term),
    .synops_o       (synops),
    .word_o         (list_word),
    .busy_o         (synapse_busy)
  );

  nt_dendrite #(.WordBits(WordBits), .Lines(Lines), .AccBits(AccBits)) u_dendrite (
    .clk_i           (synapse_clk),
    .rst_ni,
    .swap_i          (start_i),
    .clear_i,
    .row_valid_i     (row_valid),
    .row_dendrite_i  (row_dendrite),
    .row_line_i      (row_line),
    .digits_i        (digits),
    .t1_i            (t1),
    .t2_i            (t2),
    .t3_i            (t3),
    .acc_en_i        (acc_en),
    .acc_dendrite_i  (acc_dendrite),
    .acc_line_i      (acc_line),
    .acc_beat_i      (acc_beat),
    .acc_rdata_o     (acc_rdata),
    .act_current_o   (act_current),
    .host_en_i       (host_go & (host_acc | host_act)),
    .host_we_i,
    .host_act_i      (host_act),
    .host_addr_i,
    .host_wdata_i,
    .host_bad_addr_o (dendrite_bad_addr),
    .host_rdata_o    (dendrite_host_rdata),
    .poke_valid_o    (poke_valid),
    .poke_lane_o     (poke_lane),
    .poke_term_o     (poke_term),
    .pending_o       (rows_pending),
    .overflow_o      (overflow),
    .busy_o          (dendrite_busy)
  );

  assign synapse_idle   = ~axon_in_busy & ~synapse_busy & ~dendrite_busy;
  assign synapse_busy_o = ~synapse_idle | (in_level != '0);
  assign in_level_o     = 8'(in_level);

  // ---------------------------------------------------------------------------------------------
  // From accumulator to spike.
  // ---------------------------------------------------------------------------------------------
  logic                probe_enable, has_always;
  logic                vec_valid, vec_ready;
  logic [4:0]          vec_group;
  logic [2:0]          vec_port;
  logic [12:0]         vec_neuron;
  logic [WordBits-1:0] vec_payload;
  logic [Lanes-1:0]    vec_mask;
  logic [31:0]         vec_dest;
  logic                neurons_valid, instr, out_stall, runaway, bad_instr;
  logic [13:0]         neurons;
  logic                clipped, msg_sent;

  nt_engine #(
    .WordBits   (WordBits),
    .Lines      (Lines),
    .ProgWords  (ProgWords),
    .TableWords (TableWords),
    .Groups     (Groups)
  ) u_engine (
    .clk_i,
    .rst_ni,
    .start_i,
    .clear_i,
    .busy_o           (engine_busy_o),
    .core_id_i,
    .timestep_i,
    .probe_enable_i   (probe_enable),
    .act_current_i    (act_current),
    .has_always_o     (has_always),
    .pool_en_o        (engine_pool_en),
    .pool_we_o        (engine_pool_we),
    .pool_addr_o      (engine_pool_addr),
    .pool_wdata_o     (engine_pool_wdata),
    .pool_wlane_o     (engine_pool_wlane),
    .pool_rdata_i     (pool_rdata),
    .acc_en_o         (acc_en),
    .acc_dendrite_o   (acc_dendrite),
    .acc_line_o       (acc_line),
    .acc_beat_o       (acc_beat),
    .acc_rdata_i      (acc_rdata),
    .vec_valid_o      (vec_valid),
    .vec_ready_i      (vec_ready),
    .vec_group_o      (vec_group),
    .vec_port_o       (vec_port),
    .vec_neuron_o     (vec_neuron),
    .vec_payload_o    (vec_payload),
    .vec_mask_o       (vec_mask),
    .vec_dest_o       (vec_dest),
    .prb_valid_o,
    .prb_ready_i,
    .prb_data_o,
    .host_en_i        (host_to_engine),
    .host_we_i,
    .host_space_i,
    .host_addr_i,
    .host_wdata_i,
    .host_done_o      (engine_host_done),
    .host_err_o       (engine_host_err),
    .host_rdata_o     (engine_host_rdata),
    .neurons_valid_o  (neurons_valid),
    .neurons_o        (neurons),
    .instr_o          (instr),
    .out_stall_o      (out_stall),
    .flag_runaway_o   (runaway),
    .flag_bad_instr_o (bad_instr)
  );

  nt_axon_out #(.WordBits(WordBits)) u_axon_out (
    .clk_i,
    .rst_ni,
    .start_i,
    .vec_valid_i    (vec_valid),
    .vec_ready_o    (vec_ready),
    .vec_group_i    (vec_group),
    .vec_port_i     (vec_port),
    .vec_neuron_i   (vec_neuron),
    .vec_payload_i  (vec_payload),
    .vec_mask_i     (vec_mask),
    .vec_dest_i     (vec_dest),
    .dst_req_o      (axon_out_dst_req),
    .dst_addr_o     (axon_out_dst_addr),
    .dst_gnt_i      (axon_out_dst_gnt),
    .pool_rdata_i   (pool_rdata),
    .msg_valid_o,
    .msg_ready_i,
    .msg_data_o,
    .busy_o         (out_busy_o),
    .level_o        (out_level_o),
    .flag_clipped_o (clipped),
    .msg_sent_o     (msg_sent)
  );

  assign pending_o = rows_pending | has_always;

  // ---------------------------------------------------------------------------------------------
  // Registers, flags, counters.
  // ---------------------------------------------------------------------------------------------
  nt_creg #(.SynopsBits(SynopsBits)) u_creg (
    .clk_i,
    .rst_ni,
    .host_en_i        (host_go & host_creg),
    .host_we_i,
    .host_addr_i,
    .host_wdata_i,
    .host_bad_addr_o  (creg_bad_addr),
    .host_rdata_o     (creg_host_rdata),
    .axon_base_o      (axon_base),
    .axon_count_o     (axon_count),
    .probe_enable_o   (probe_enable),
    .flags_any_o,
    .flag_overflow_i  (overflow),
    .flag_bad_axon_i  (bad_axon),
    .flag_clipped_i   (clipped),
    .flag_runaway_i   (runaway),
    .flag_bad_instr_i (bad_instr),
    .msg_in_i         (in_valid_i & in_ready_o),
    .synops_i         (synops),
    .word_i           (list_word),
    .neurons_valid_i  (neurons_valid),
    .neurons_i        (neurons),
    .instr_i          (instr),
    .msg_out_i        (msg_sent),
    .row_i            (row_valid),
    .engine_busy_i    (engine_busy_o),
    .stall_i          (synapse_busy_o & ~row_valid),
    .out_stall_i      (out_stall)
  );

  `include "nt_assert.vh"
  `NT_ASSERT(start_when_quiet, !start_i || !synapse_busy_o)
  `NT_ASSERT(host_when_idle, !host_go || !engine_busy_o)

endmodule

`default_nettype wire
