// SPDX-License-Identifier: Apache-2.0
// nt_engine: the neuron engine of a core: microcode for strips of up to 4 beats of L neurons.
//
// Contract   Runs the program of every strip that nt_engine_walk visits, one instruction after the
//            other as if nothing overlapped. A beat without a live lane makes no access. Owns
//            microcode, constants and group descriptors.
// Timing     An instruction issues one beat per cycle in four slots; END takes one slot, a strip
//            one more to fetch its first instruction. SPK and PRB hold the pipeline while their
//            output is not free. Host accesses are done in the cycle after host_en_i, when idle.
// Numbers    See nt_engine_lanes.
// Parameters WordBits 64..512, Lines 2..64, ProgWords 64..4096, TableWords 64..512,
//            Groups 8..32, all powers of two; L = WordBits/32 lanes.
`default_nettype none

module nt_engine #(
  parameter integer WordBits   = 256,
  parameter integer Lines      = 8,
  parameter integer ProgWords  = 1024,
  parameter integer TableWords = 512,
  parameter integer Groups     = 16,
  localparam integer L         = WordBits / 32
) (
  input  wire logic                clk_i,            // clock
  input  wire logic                rst_ni,           // reset
  input  wire logic                start_i,          // pulse: run a timestep
  input  wire logic                clear_i,          // pulse: bulk state reset
  output logic                     busy_o,           // running, or output not yet taken
  input  wire logic [2:0]          core_id_i,        // number of the core, for probes
  input  wire logic [31:0]         timestep_i,       // number of the timestep
  input  wire logic                probe_enable_i,   // PRB sends probes
  input  wire logic [4*Lines-1:0]  act_current_i,    // activity, bit line*4 + dendrite
  output logic                     has_always_o,     // an enabled group is ALWAYS
  // pool port B, data in the next cycle
  output logic                     pool_en_o,        // access
  output logic                     pool_we_o,        // write
  output logic [15:0]              pool_addr_o,      // word
  output logic [WordBits-1:0]      pool_wdata_o,     // data to write
  output logic [L-1:0]             pool_wlane_o,     // 32-bit lanes to write
  input  wire logic [WordBits-1:0] pool_rdata_i,     // data read
  // current accumulators, data in the next cycle
  output logic                     acc_en_o,         // read a beat
  output logic [1:0]               acc_dendrite_o,   // dendrite
  output logic [5:0]               acc_line_o,       // line
  output logic [3:0]               acc_beat_o,       // beat of the line
  input  wire logic [WordBits-1:0] acc_rdata_i,      // accumulators, 0 in rows not active
  // spike vectors
  output logic                     vec_valid_o,      // vector
  input  wire logic                vec_ready_i,      // taken
  output logic [4:0]               vec_group_o,      // group
  output logic [2:0]               vec_port_o,       // port
  output logic [12:0]              vec_neuron_o,     // index in the group of lane 0
  output logic [WordBits-1:0]      vec_payload_o,    // one payload per lane
  output logic [L-1:0]             vec_mask_o,       // lanes that send
  output logic [31:0]              vec_dest_o,       // port word (GROUP_PORT)
  // probes
  output logic                     prb_valid_o,      // probe
  input  wire logic                prb_ready_i,      // taken
  output logic [63:0]              prb_data_o,       // finished HOST response
  // host access to PROG, TABLE, GROUP
  input  wire logic                host_en_i,        // request, held until done
  input  wire logic                host_we_i,        // write
  input  wire logic [2:0]          host_space_i,     // space
  input  wire logic [19:0]         host_addr_i,      // word
  input  wire logic [31:0]         host_wdata_i,     // data to write
  output logic                     host_done_o,      // pulse: done
  output logic                     host_err_o,       // no such word
  output logic [31:0]              host_rdata_o,     // data read
  // events
  output logic                     neurons_valid_o,  // pulse: a line runs
  output logic [13:0]              neurons_o,        // neurons of it that belong to the group
  output logic                     instr_o,          // pulse: an instruction issues
  output logic                     out_stall_o,      // stopped by a full output stage
  output logic                     flag_runaway_o,   // pulse: a strip reached the limit
  output logic                     flag_bad_instr_o  // pulse: undefined instruction
);
  `include "nt_defs.vh"
  `include "nt_assert.vh"

  localparam integer LaneBits   = $clog2(L);
  localparam integer ProgAddrW  = $clog2(ProgWords);
  localparam integer TableAddrW = $clog2(TableWords);
  localparam integer GroupCells = Groups * GROUP_WORDS;
  localparam integer GroupAddrW = $clog2(GroupCells);

  // The engine's own clock: stands still when there is nothing to do.
  logic clk;

  nt_clock_gate u_clock_gate (
    .clk_i (clk_i),
    .rst_ni(rst_ni),
    .en_i  (start_i || clear_i || host_en_i || busy_o),
    .clk_o (clk)
  );

  // -------------------------------------------------------------------------------------------
  // Host access: PROG, TABLE and GROUP share the read ports of the engine
  // -------------------------------------------------------------------------------------------
  logic       host_prog, host_table, host_group;
  logic       host_range_err;
  logic       host_go;
  logic       host_done_q;
  logic       host_err_q;
  logic [1:0] host_sel_q;

  assign host_prog  = host_space_i == 3'(SPACE_PROG);
  assign host_table = host_space_i == 3'(SPACE_TABLE);
  assign host_group = host_space_i == 3'(SPACE_GROUP);
  assign host_range_err = (host_prog  && (host_addr_i >= 20'(ProgWords))) ||
                          (host_table && (host_addr_i >= 20'(TableWords))) ||
                          (host_group && (host_addr_i >= 20'(GroupCells)));
  assign host_go = host_en_i && !host_done_q && (host_prog || host_table || host_group);

  always_ff @(posedge clk) begin
    if (!rst_ni) begin
      host_done_q <= 1'b0;
    end else begin
      host_done_q <= host_go;
      if (host_go) begin
        host_err_q <= host_range_err;
        host_sel_q <= host_space_i[1:0];
      end
    end
  end

  // -------------------------------------------------------------------------------------------
  // The strip to be run
  // -------------------------------------------------------------------------------------------
  logic        walk_busy;
  logic        walk_group_re;
  logic [8:0]  walk_group_addr;
  logic        strip_valid;
  logic        strip_done;
  logic [4:0]  strip_group;
  logic [5:0]  strip_line;
  logic [1:0]  strip_no;
  logic [13:0] strip_neuron;
  logic [13:0] strip_left;
  logic [3:0]  strip_act;
  logic [11:0] strip_entry;
  logic [8:0]  strip_const;
  logic [15:0] strip_state;
  logic [7:0]  strip_words;
  logic        zero_en;
  logic [15:0] zero_addr;
  logic [31:0] group_rdata_q;

  logic [Groups-1:0] group_enable_q;  // ENABLE of every descriptor, as in group_q
  logic [Groups-1:0] group_always_q;  // ALWAYS of every descriptor, as in group_q

  nt_engine_walk #(
    .WordBits(WordBits),
    .Lines   (Lines),
    .Groups  (Groups)
  ) u_walk (
    .clk_i         (clk),
    .rst_ni        (rst_ni),
    .start_i       (start_i),
    .clear_i       (clear_i),
    .busy_o        (walk_busy),
    .enable_i      (group_enable_q),
    .act_current_i (act_current_i),
    .group_re_o    (walk_group_re),
    .group_addr_o  (walk_group_addr),
    .group_rdata_i (group_rdata_q),
    .strip_valid_o (strip_valid),
    .strip_done_i  (strip_done),
    .group_o       (strip_group),
    .line_o        (strip_line),
    .strip_o       (strip_no),
    .neuron_o      (strip_neuron),
    .left_o        (strip_left),
    .act_o         (strip_act),
    .entry_o       (strip_entry),
    .const_base_o  (strip_const),
    .state_o       (strip_state),
    .state_words_o (strip_words),
    .line_start_o  (neurons_valid_o),
    .line_neurons_o(neurons_o),
    .zero_en_o     (zero_en),
    .zero_addr_o   (zero_addr)
  );

  assign has_always_o = (group_enable_q & group_always_q) != '0;

  // -------------------------------------------------------------------------------------------
  // S0: fetch and issue
  // -------------------------------------------------------------------------------------------
  logic [31:0]    prog_q [0:ProgWords-1];
  logic [31:0]    instr_q;        // instruction being issued
  logic           run_q;          // instr_q belongs to the strip
  logic [1:0]     slot_q;         // beat being issued
  logic [12:0]    pc_q;           // number of instr_q
  logic           pc_bad_q;       // it lies outside the microcode memory
  logic           runaway_q;      // the strip has reached its limit
  logic [12:0]    issued_q;       // instructions issued in the strip
  logic           any_q;          // JMP: a live predicate was set in an earlier slot
  logic [4*L-1:0] active_q;       // lanes of the strip that have a neuron
  logic [4*L-1:0] skip_q [0:3];   // bit k of the skip counts, beat*L + lane

  logic           undef, is_end, is_jmp, is_skp, is_spk, to_lanes, writes;
  logic           stall;          // S1 holds
  logic           strip_start;    // first fetch of a strip
  logic           issue;          // a slot passes
  logic           ends;           // in slot 0: no instruction issues, or END
  logic [4*L-1:0] pred;
  logic [L-1:0]   s0_active, s0_pred, s0_live, s0_skip_set;
  logic [L-1:0]   s0_skip [0:3];
  logic [L-1:0]   s0_skip_next [0:3];
  logic           s0_valid;       // the beat goes on to S1
  logic           s0_any;
  logic           taken;
  logic [12:0]    pc_next;
  logic           fetch;

  nt_engine_decode u_decode (
    .instr_i (instr_q),
    .undef_o (undef),
    .is_end_o(is_end),
    .is_jmp_o(is_jmp),
    .is_skp_o(is_skp),
    .is_spk_o(is_spk),
    .lanes_o (to_lanes),
    .writes_o(writes)
  );

  assign strip_start = strip_valid && !run_q;
  assign issue       = run_q && !stall;
  assign ends        = (slot_q == 2'd0) && (runaway_q || pc_bad_q || undef || is_end);
  assign strip_done  = issue && ends;

  assign s0_active = active_q[{slot_q, {LaneBits{1'b0}}} +: L];
  assign s0_pred   = pred[{slot_q, {LaneBits{1'b0}}} +: L];

  // Skip counts are four bit planes: a lane is live if all are 0; the others count down.
  always_comb begin : skipping
    logic [L-1:0] borrow;
    for (int k = 0; k < 4; k++) begin
      s0_skip[k] = skip_q[k][{slot_q, {LaneBits{1'b0}}} +: L];
    end
    borrow      = s0_skip[0] | s0_skip[1] | s0_skip[2] | s0_skip[3];
    s0_live     = s0_active & ~borrow;
    s0_skip_set = is_skp ? (s0_live & (s0_pred ^ {L{instr_q[INSTR_INVERT_LSB]}})) : '0;
    for (int k = 0; k < 4; k++) begin
      s0_skip_next[k] = (s0_skip[k] ^ borrow) | (s0_skip_set & {L{instr_q[INSTR_SKIP_LSB + k]}});
      borrow          = borrow & ~s0_skip[k];
    end
  end

  assign s0_any   = any_q || ((s0_live & s0_pred) != '0);
  assign s0_valid = issue && !ends && to_lanes && (s0_live != '0);

  always_comb begin
    case (instr_q[INSTR_RA_LSB +: INSTR_RA_W])
      INSTR_RA_W'(JMP_ALWAYS): taken = 1'b1;
      INSTR_RA_W'(JMP_ACT):    taken = (strip_act & instr_q[INSTR_RB_LSB +: INSTR_RB_W]) != '0;
      INSTR_RA_W'(JMP_NACT):   taken = (strip_act & instr_q[INSTR_RB_LSB +: INSTR_RB_W]) == '0;
      INSTR_RA_W'(JMP_ANY):    taken = s0_any;
      default:                 taken = !s0_any;
    endcase
    if (strip_start) begin
      pc_next = 13'(strip_entry);
    end else if (is_jmp && taken) begin
      pc_next = 13'(instr_q[INSTR_TARGET_LSB +: INSTR_TARGET_W]);
    end else begin
      pc_next = pc_q + 13'd1;
    end
  end
  assign fetch = strip_start || (issue && (slot_q == 2'd3));

  always_ff @(posedge clk) begin
    if (!rst_ni) begin
      run_q <= 1'b0;
    end else if (strip_start) begin
      run_q     <= 1'b1;
      slot_q    <= 2'd0;
      runaway_q <= 1'b0;
      issued_q  <= 13'd0;
      active_q  <= (strip_left >= 14'(4 * L)) ? '1 : ~({4*L{1'b1}} << strip_left);
      for (int k = 0; k < 4; k++) begin
        skip_q[k] <= '0;
      end
    end else if (issue) begin
      if (ends) begin
        run_q <= 1'b0;
      end else begin
        slot_q <= slot_q + 2'd1;
        any_q  <= (slot_q == 2'd3) ? 1'b0 : s0_any;
        for (int k = 0; k < 4; k++) begin
          skip_q[k][{slot_q, {LaneBits{1'b0}}} +: L] <= s0_skip_next[k];
        end
        if (slot_q == 2'd0) begin
          issued_q <= issued_q + 13'd1;
          any_q    <= (s0_live & s0_pred) != '0;
        end
        if (slot_q == 2'd3) begin
          runaway_q <= issued_q == 13'(STRIP_INSTR_LIMIT);
        end
      end
    end
    if (fetch) begin
      pc_q     <= pc_next;
      pc_bad_q <= pc_next >= 13'(ProgWords);
    end
  end

  // Microcode memory: one port, the host's when idle.
  always_ff @(posedge clk) begin
    if (fetch) begin
      instr_q <= prog_q[pc_next[ProgAddrW-1:0]];
    end else if (host_go && host_prog) begin
      instr_q <= prog_q[host_addr_i[ProgAddrW-1:0]];
      if (host_we_i && !host_range_err) begin
        prog_q[host_addr_i[ProgAddrW-1:0]] <= host_wdata_i;
      end
    end
  end

  assign instr_o          = issue && (slot_q == 2'd0) && !runaway_q && !pc_bad_q && !undef;
  assign flag_runaway_o   = strip_done && runaway_q;
  assign flag_bad_instr_o = strip_done && !runaway_q && (pc_bad_q || undef);

  // -------------------------------------------------------------------------------------------
  // S1: execution in the lanes, memory accesses, output. The strip cannot end while a beat that
  // sends waits here, so strip fields are still those of the beat.
  // -------------------------------------------------------------------------------------------
  logic                    s1_valid_q;
  logic [31:0]             s1_instr_q;
  logic [1:0]              s1_beat_q;
  logic [L-1:0]            s1_live_q;
  logic [13:0]             s1_neuron_q;  // index in the group of lane 0
  logic [15:0]             s1_state_q;   // pool word of LD and ST
  logic [INSTR_OP_W-1:0]   s1_op;
  logic                    s1_en;
  logic                    s1_is_ld, s1_is_st, s1_is_prb;
  logic [WordBits-1:0]     s1_ra;
  logic [L-1:0]            s1_spk;
  logic                    s1_lookup;
  logic [16*L-1:0]         s1_index;
  logic                    vec_stall, prb_stall;

  always_ff @(posedge clk) begin
    if (!rst_ni) begin
      s1_valid_q <= 1'b0;
    end else if (!stall) begin
      s1_valid_q <= s0_valid;
    end
    if (s0_valid) begin
      s1_instr_q  <= instr_q;
      s1_beat_q   <= slot_q;
      s1_live_q   <= s0_live;
      s1_neuron_q <= strip_neuron + 14'(L) * 14'(slot_q);
      s1_state_q  <= strip_state + 16'(strip_words) * 16'(slot_q) +
                     16'(instr_q[INSTR_K_LSB +: INSTR_K_W]);
    end
  end

  assign s1_op     = s1_instr_q[INSTR_OP_LSB +: INSTR_OP_W];
  assign s1_en     = s1_valid_q && !stall;
  assign s1_is_ld  = s1_op == INSTR_OP_W'(OP_LD);
  assign s1_is_st  = s1_op == INSTR_OP_W'(OP_ST);
  assign s1_is_prb = s1_op == INSTR_OP_W'(OP_PRB);

  // Constants: one table read per instruction, in its slot 0. Lanes: a read port each.
  logic [31:0]           table_q [0:TableWords-1];
  logic [31:0]           const_q;
  logic [WordBits-1:0]   lookup_q;
  logic [TableAddrW-1:0] const_addr;

  assign const_addr = TableAddrW'(strip_const) +
                      TableAddrW'({instr_q[INSTR_CONST_HI_LSB +: INSTR_CONST_HI_W],
                                   instr_q[INSTR_RB_LSB +: INSTR_RB_W]});

  always_ff @(posedge clk) begin
    if (issue && (slot_q == 2'd0)) begin
      const_q <= table_q[const_addr];
    end else if (host_go && host_table) begin
      const_q <= table_q[host_addr_i[TableAddrW-1:0]];
      if (host_we_i && !host_range_err) begin
        table_q[host_addr_i[TableAddrW-1:0]] <= host_wdata_i;
      end
    end
    if (s1_lookup) begin
      for (int l = 0; l < L; l++) begin
        lookup_q[32*l +: 32] <= table_q[s1_index[16*l +: TableAddrW]];
      end
    end
  end

  // Group descriptors: one port for the walk, SPK's port word and the host.
  logic [31:0]           group_q [0:GroupCells-1];
  logic                  group_re;
  logic [GroupAddrW-1:0] group_addr;

  always_comb begin
    group_re   = walk_group_re || (s0_valid && is_spk) || (host_go && host_group);
    group_addr = GroupAddrW'(host_addr_i);
    if (walk_group_re) begin
      group_addr = GroupAddrW'(walk_group_addr);
    end else if (run_q) begin
      group_addr = GroupAddrW'({strip_group,
                                4'd4 + 4'(instr_q[INSTR_WHICH_LSB +: INSTR_WHICH_W])});
    end
  end

  // Groups beyond Groups do not occur; constants wrap.
  logic unused_bits;
  assign unused_bits = ^{walk_group_addr, strip_const};

  always_ff @(posedge clk) begin
    if (group_re) begin
      group_rdata_q <= group_q[group_addr];
    end
    if (host_go && host_group && host_we_i && !host_range_err) begin
      group_q[group_addr] <= host_wdata_i;
      if (host_addr_i[3:0] == 4'd0) begin
        group_enable_q[host_addr_i[GroupAddrW-1:4]] <= host_wdata_i[GROUP0_ENABLE_LSB];
        group_always_q[host_addr_i[GroupAddrW-1:4]] <= host_wdata_i[GROUP0_ALWAYS_LSB];
      end
    end
  end

  nt_engine_lanes #(
    .WordBits(WordBits)
  ) u_lanes (
    .clk_i        (clk),
    .strip_start_i(strip_start),
    .pred_o       (pred),
    .s0_en_i      (s0_valid),
    .s0_instr_i   (instr_q),
    .s0_writes_i  (writes),
    .s0_beat_i    (slot_q),
    .s1_valid_i   (s1_valid_q),
    .s1_stall_i   (stall),
    .s1_instr_i   (s1_instr_q),
    .s1_beat_i    (s1_beat_q),
    .s1_live_i    (s1_live_q),
    .s1_const_i   (const_q),
    .s1_timestep_i(timestep_i),
    .s1_neuron_i  (s1_neuron_q),
    .s1_act_i     (strip_act),
    .s1_ra_o      (s1_ra),
    .s1_spk_o     (s1_spk),
    .s1_lookup_o  (s1_lookup),
    .s1_index_o   (s1_index),
    .s2_table_i   (lookup_q),
    .s2_pool_i    (pool_rdata_i),
    .s2_acc_i     (acc_rdata_i)
  );

  assign pool_en_o    = (s1_en && (s1_is_ld || s1_is_st)) || zero_en;
  assign pool_we_o    = (s1_en && s1_is_st) || zero_en;
  assign pool_addr_o  = zero_en ? zero_addr : s1_state_q;
  assign pool_wdata_o = zero_en ? '0 : s1_ra;
  assign pool_wlane_o = zero_en ? '1 : s1_live_q;

  assign acc_en_o       = s1_en && (s1_op == INSTR_OP_W'(OP_RDC));
  assign acc_dendrite_o = s1_instr_q[INSTR_WHICH_LSB +: 2];
  assign acc_line_o     = strip_line;
  assign acc_beat_o     = {strip_no, s1_beat_q};

  // -------------------------------------------------------------------------------------------
  // Output: two spike vectors, one beat of probes
  // -------------------------------------------------------------------------------------------
  localparam integer VecW = WordBits + L + 32 + 13 + 3 + 5;
  logic                vec_push;
  logic                vec_free;
  logic [VecW-1:0]     vec_in, vec_out;
  logic [1:0]          vec_level;
  logic [L-1:0]        prb_mask_q;    // lanes still to be sent
  logic [4:0]          prb_group_q;
  logic [12:0]         prb_neuron_q;
  logic [WordBits-1:0] prb_value_q;
  logic [LaneBits-1:0] prb_lane;

  assign vec_push  = s1_spk != '0;
  assign vec_stall = vec_push && !vec_free;
  assign prb_stall = s1_valid_q && s1_is_prb && probe_enable_i && (prb_mask_q != '0);
  assign stall     = vec_stall || prb_stall;

  always_ff @(posedge clk) begin
    if (!rst_ni) begin
      prb_mask_q <= '0;
    end else begin
      if (s1_valid_q && s1_is_prb && probe_enable_i && !prb_stall) begin
        prb_mask_q   <= s1_live_q;
        prb_group_q  <= strip_group;
        prb_neuron_q <= s1_neuron_q[12:0];
        prb_value_q  <= s1_ra;
      end else if (prb_valid_o && prb_ready_i) begin
        prb_mask_q <= prb_mask_q & (prb_mask_q - L'(1));
      end
    end
  end

  // The queue's room is known to the engine without asking who takes the vectors.
  assign vec_in = {strip_group, s1_instr_q[INSTR_WHICH_LSB +: INSTR_WHICH_W], s1_neuron_q[12:0],
                   group_rdata_q, s1_spk, s1_ra};

  nt_fifo #(
    .Width(VecW),
    .Depth(2)
  ) u_vec (
    .clk_i      (clk),
    .rst_ni     (rst_ni),
    .in_valid_i (vec_push),
    .in_ready_o (vec_free),
    .in_data_i  (vec_in),
    .out_valid_o(vec_valid_o),
    .out_ready_i(vec_ready_i),
    .out_data_o (vec_out),
    .level_o    (vec_level)
  );

  assign {vec_group_o, vec_port_o, vec_neuron_o, vec_dest_o, vec_mask_o, vec_payload_o} = vec_out;

  always_comb begin
    prb_lane   = '0;
    prb_data_o = '0;
    if (prb_valid_o) begin
      for (int l = L - 1; l >= 0; l--) begin
        if (prb_mask_q[l]) begin
          prb_lane = LaneBits'(l);
        end
      end
      prb_data_o[HOST_DATA_LSB +: HOST_DATA_W] = prb_value_q[{prb_lane, 5'd0} +: 32];
      prb_data_o[HOST_ADDR_LSB + PROBE_NEURON_LSB +: PROBE_NEURON_W] =
          prb_neuron_q + 13'(prb_lane);
      prb_data_o[HOST_ADDR_LSB + PROBE_GROUP_LSB +: PROBE_GROUP_W] = prb_group_q;
      prb_data_o[HOST_CORE_LSB +: HOST_CORE_W] = core_id_i;
      prb_data_o[HOST_KIND_LSB +: HOST_KIND_W] = HOST_KIND_W'(RSP_PROBE);
    end
  end
  assign prb_valid_o = prb_mask_q != '0;

  assign busy_o      = walk_busy || (vec_level != '0) || prb_valid_o;
  assign out_stall_o = vec_stall;

  assign host_done_o = host_done_q;
  assign host_err_o  = host_done_q && host_err_q;
  always_comb begin
    case (host_sel_q)
      2'(SPACE_PROG):  host_rdata_o = instr_q;
      2'(SPACE_TABLE): host_rdata_o = const_q;
      default:         host_rdata_o = group_rdata_q;
    endcase
  end

  `NT_ASSERT(host_only_idle, !host_go || !busy_o)
  `NT_ASSERT(slot0_after_strip, !strip_start || !s1_valid_q)

`ifndef SYNTHESIS
  // Mnemonic of the instruction being issued, for waves.
  logic [39:0] dbg_op_ascii;
  always_comb begin
    dbg_op_ascii = "-";
    if (run_q) begin
      case (instr_q[INSTR_OP_LSB +: INSTR_OP_W])
        INSTR_OP_W'(OP_END):  dbg_op_ascii = "END";
        INSTR_OP_W'(OP_LD):   dbg_op_ascii = "LD";
        INSTR_OP_W'(OP_ST):   dbg_op_ascii = "ST";
        INSTR_OP_W'(OP_RDC):  dbg_op_ascii = "RDC";
        INSTR_OP_W'(OP_SPC):  dbg_op_ascii = "SPC";
        INSTR_OP_W'(OP_MOV):  dbg_op_ascii = "MOV";
        INSTR_OP_W'(OP_ADD):  dbg_op_ascii = "ADD";
        INSTR_OP_W'(OP_SUB):  dbg_op_ascii = "SUB";
        INSTR_OP_W'(OP_NEG):  dbg_op_ascii = "NEG";
        INSTR_OP_W'(OP_MIN):  dbg_op_ascii = "MIN";
        INSTR_OP_W'(OP_MAX):  dbg_op_ascii = "MAX";
        INSTR_OP_W'(OP_AND):  dbg_op_ascii = "AND";
        INSTR_OP_W'(OP_OR):   dbg_op_ascii = "OR";
        INSTR_OP_W'(OP_XOR):  dbg_op_ascii = "XOR";
        INSTR_OP_W'(OP_SHF):  dbg_op_ascii = "SHF";
        INSTR_OP_W'(OP_MULS): dbg_op_ascii = "MULS";
        INSTR_OP_W'(OP_CLZ):  dbg_op_ascii = "CLZ";
        INSTR_OP_W'(OP_SEL):  dbg_op_ascii = "SEL";
        INSTR_OP_W'(OP_CLT):  dbg_op_ascii = "CLT";
        INSTR_OP_W'(OP_CGE):  dbg_op_ascii = "CGE";
        INSTR_OP_W'(OP_CEQ):  dbg_op_ascii = "CEQ";
        INSTR_OP_W'(OP_SKP):  dbg_op_ascii = "SKP";
        INSTR_OP_W'(OP_JMP):  dbg_op_ascii = "JMP";
        INSTR_OP_W'(OP_LUT):  dbg_op_ascii = "LUT";
        INSTR_OP_W'(OP_LERP): dbg_op_ascii = "LERP";
        INSTR_OP_W'(OP_SPK):  dbg_op_ascii = "SPK";
        INSTR_OP_W'(OP_PRB):  dbg_op_ascii = "PRB";
        default:              dbg_op_ascii = "?";
      endcase
    end
  end
`endif

endmodule

`default_nettype wire
