// SPDX-License-Identifier: Apache-2.0
// tb_nt_engine: programs on the engine and on an interpreter written here from docs/spec/isa.md and
// arithmetic.md. Every ALU operation on boundary and random values, tables, skips, jumps, errors,
// the walk over groups and lines, spikes, probes, state reset, host access; then random programs.
// Covers nt_engine with nt_engine_walk, nt_engine_decode and nt_engine_lanes.
`default_nettype none

module tb_nt_engine;
  localparam Unit = "nt_engine";
  localparam integer CycleLimit = 600000;
  parameter integer WordBits   = 64;
  parameter integer TableWords = 128;
  localparam integer Lines      = 4;
  localparam integer ProgWords  = 128;
  localparam integer Groups     = 8;
  localparam integer L          = WordBits / 32;  // lanes
  localparam integer Half       = 16 * L;         // neurons of a line
  localparam integer Strip      = 4 * L;          // neurons of a strip
  localparam integer StateWords = 12;             // of every group here
  localparam integer Pool       = 1024;           // pool words here; state at LINE * 16 * 12
  `include "nt_defs.vh"
  `include "nt_check.vh"

  reg                 start, clear, probe_enable, vec_ready, prb_ready, host_en, host_we;
  wire                busy, has_always, pool_en, pool_we, acc_en, vec_valid, prb_valid;
  reg  [2:0]          core_id;
  reg  [31:0]         timestep;
  reg  [4*Lines-1:0]  act;
  wire [15:0]         pool_addr;
  wire [WordBits-1:0] pool_wdata, vec_payload;
  wire [L-1:0]        pool_wlane, vec_mask;
  reg  [WordBits-1:0] pool_rdata, acc_rdata;
  wire [1:0]          acc_dendrite;
  wire [5:0]          acc_line;
  wire [3:0]          acc_beat;
  wire [4:0]          vec_group;
  wire [2:0]          vec_port;
  wire [12:0]         vec_neuron;
  wire [31:0]         vec_dest, host_rdata;
  wire [63:0]         prb_data;
  reg  [2:0]          host_space;
  reg  [19:0]         host_addr;
  reg  [31:0]         host_wdata;
  wire                host_done, host_err, neurons_valid, instr, out_stall, runaway, bad_instr;
  wire [13:0]         neurons;

  nt_engine #(.WordBits(WordBits), .Lines(Lines), .ProgWords(ProgWords), .TableWords(TableWords),
              .Groups(Groups)) u_dut (
    .clk_i(clk), .rst_ni(rst_n), .start_i(start), .clear_i(clear), .busy_o(busy),
    .core_id_i(core_id), .timestep_i(timestep), .probe_enable_i(probe_enable),
    .act_current_i(act), .has_always_o(has_always),
    .pool_en_o(pool_en), .pool_we_o(pool_we), .pool_addr_o(pool_addr),
    .pool_wdata_o(pool_wdata), .pool_wlane_o(pool_wlane), .pool_rdata_i(pool_rdata),
    .acc_en_o(acc_en), .acc_dendrite_o(acc_dendrite), .acc_line_o(acc_line),
    .acc_beat_o(acc_beat), .acc_rdata_i(acc_rdata),
    .vec_valid_o(vec_valid), .vec_ready_i(vec_ready), .vec_group_o(vec_group),
    .vec_port_o(vec_port), .vec_neuron_o(vec_neuron), .vec_payload_o(vec_payload),
    .vec_mask_o(vec_mask), .vec_dest_o(vec_dest),
    .prb_valid_o(prb_valid), .prb_ready_i(prb_ready), .prb_data_o(prb_data),
    .host_en_i(host_en), .host_we_i(host_we), .host_space_i(host_space),
    .host_addr_i(host_addr), .host_wdata_i(host_wdata), .host_done_o(host_done),
    .host_err_o(host_err), .host_rdata_o(host_rdata),
    .neurons_valid_o(neurons_valid), .neurons_o(neurons), .instr_o(instr),
    .out_stall_o(out_stall), .flag_runaway_o(runaway), .flag_bad_instr_o(bad_instr));

  // ---- What surrounds the engine: pool, accumulators ------------------------------------------
  reg [31:0] pool [0:Pool*L-1];                 // lanes
  reg [31:0] acc  [0:4*Lines*Half-1];           // (dendrite * Lines + line) * Half + neuron
  integer    i, row;

  always @(posedge clk) begin
    if (pool_en && pool_we) begin
      for (i = 0; i < L; i = i + 1) begin
        if (pool_wlane[i]) pool[(pool_addr % Pool) * L + i] = pool_wdata[32*i +: 32];
      end
    end else if (pool_en) begin
      for (i = 0; i < L; i = i + 1) begin
        pool_rdata[32*i +: 32] <= pool[(pool_addr % Pool) * L + i];
      end
    end
    if (acc_en) begin
      row = acc_dendrite * Lines + acc_line;
      for (i = 0; i < L; i = i + 1) begin
        acc_rdata[32*i +: 32] <= act[4*acc_line + acc_dendrite] ? acc[row*Half + acc_beat*L + i]
                                                                : 32'd0;
      end
    end
  end

  // ---- The interpreter ------------------------------------------------------------------------
  reg [31:0]        prog [0:ProgWords-1];
  reg [31:0]        tab  [0:TableWords-1];
  reg [31:0]        desc [0:Groups*GROUP_WORDS-1];
  reg [31:0]        want_pool [0:Pool*L-1];
  reg signed [31:0] r [0:16*Strip-1];            // register * Strip + neuron of the strip
  reg [Strip-1:0]   pred;
  integer           skip [0:Strip-1];
  integer           want_neurons, want_instrs, want_runaways, want_bad;
  integer           got_neurons, got_instrs, got_runaways, got_bad;
  integer           want_accesses, got_accesses;  // of the pool and the accumulators, beats
  reg [84:0]        spikes [0:65535];            // group, port, neuron, payload, port word
  integer           spikes_in, spikes_out, probes_in, probes_out;
  reg [63:0]        probes [0:65535];

  function signed [63:0] narrow(input signed [63:0] x, input integer n);
    reg signed [63:0] top;
    begin
      top    = (64'sd1 <<< (n - 1)) - 64'sd1;
      narrow = x;
      if (n == 0)              narrow = $signed(x[31:0]);
      else if (x > top)        narrow = top;
      else if (x < -top - 1)   narrow = -top - 1;
    end
  endfunction

  // Rounded to nearest, ties toward plus infinity.
  function signed [63:0] rshift(input signed [63:0] x, input integer s);
    rshift = (s == 0) ? x : (x + (64'sd1 <<< (s - 1))) >>> s;
  endfunction

  function signed [63:0] clamp(input signed [63:0] x, input signed [63:0] low,
                               input signed [63:0] high);
    clamp = (x < low) ? low : (x > high) ? high : x;
  endfunction

  function undefined(input [31:0] word);
    integer k, f;
    begin
      k = word[INSTR_RB_LSB +: INSTR_RB_W];
      f = word[INSTR_FRAC_LSB +: INSTR_FRAC_W];
      case (word[INSTR_OP_LSB +: INSTR_OP_W])
        OP_JMP:  undefined = word[INSTR_RA_LSB +: INSTR_RA_W] > JMP_NONE;
        OP_LERP: undefined = (k == 0) || (k > 9) || (k + f > 32);
        default: undefined = word[INSTR_OP_LSB +: INSTR_OP_W] > OP_PRB;
      endcase
    end
  endfunction

  task run_strip(input integer group, input integer line, input integer first,
                 input integer count);
    // first: index in the group of the strip's neuron 0; count: neurons from there to the end
    integer           pc, issued, n, op, rd, ra, k, f, state, next_pc, where;
    reg [31:0]        w, e;
    reg [3:0]         mask;
    reg signed [63:0] a, b, x, u;
    reg               done, any, write;
    reg [Strip-1:0]   live;
    begin
      for (n = 0; n < 16 * Strip; n = n + 1) r[n] = 32'sd0;
      for (n = 0; n < Strip; n = n + 1) skip[n] = 0;
      pred   = '0;
      pc     = desc[group*16+2][GROUP2_ENTRY_LSB +: GROUP2_ENTRY_W];
      issued = 0;
      done   = 1'b0;
      mask   = act[4*line +: 4];
      while (!done) begin
        w = prog[pc % ProgWords];
        if (issued == STRIP_INSTR_LIMIT) begin
          want_runaways = want_runaways + 1;
          done = 1'b1;
        end else if (pc >= ProgWords || undefined(w)) begin
          want_bad = want_bad + 1;
          done = 1'b1;
        end else begin
          issued      = issued + 1;
          want_instrs = want_instrs + 1;
          op = w[INSTR_OP_LSB +: INSTR_OP_W];
          rd = w[INSTR_RD_LSB +: INSTR_RD_W];
          ra = w[INSTR_RA_LSB +: INSTR_RA_W];
          k  = w[INSTR_RB_LSB +: INSTR_RB_W];
          f  = w[INSTR_FRAC_LSB +: INSTR_FRAC_W];
          next_pc = pc + 1;
          any = 1'b0;
          for (n = 0; n < Strip; n = n + 1) begin
            live[n] = (n < count) && (skip[n] == 0);
            if (skip[n] > 0) skip[n] = skip[n] - 1;
            any = any || (live[n] && pred[n]);
          end
          if (op == OP_LD || op == OP_ST || op == OP_RDC) begin
            for (n = 0; n < 4; n = n + 1) begin
              if (live[L*n +: L] != '0) want_accesses = want_accesses + 1;
            end
          end
          if (op == OP_END) done = 1'b1;
          if (op == OP_JMP) begin
            case (ra)
              JMP_ALWAYS: next_pc = w[INSTR_TARGET_LSB +: INSTR_TARGET_W];
              JMP_ACT:    if ((mask & k) != 0) next_pc = w[INSTR_TARGET_LSB +: INSTR_TARGET_W];
              JMP_NACT:   if ((mask & k) == 0) next_pc = w[INSTR_TARGET_LSB +: INSTR_TARGET_W];
              JMP_ANY:    if (any) next_pc = w[INSTR_TARGET_LSB +: INSTR_TARGET_W];
              default:    if (!any) next_pc = w[INSTR_TARGET_LSB +: INSTR_TARGET_W];
            endcase
          end
          for (n = 0; n < Strip; n = n + 1) begin
            if (live[n]) begin
              a = r[ra * Strip + n];
              b = r[k * Strip + n];
              if (w[INSTR_BCONST_LSB]) begin
                where = desc[group*16+2][GROUP2_CONST_BASE_LSB +: GROUP2_CONST_BASE_W]
                      + w[INSTR_CONST_HI_LSB +: INSTR_CONST_HI_W] * 16 + k;
                b = $signed(tab[where % TableWords]);
              end
              // The word of the neuron's beat; its lane is the neuron's index modulo L.
              state = desc[group*16+3][GROUP3_STATE_BASE_LSB +: GROUP3_STATE_BASE_W]
                    + ((first + n) / L) * StateWords + w[INSTR_K_LSB +: INSTR_K_W];
              state = (state % Pool) * L + (first + n) % L;
              write = 1'b1;
              x     = 64'sd0;
              case (op)
                OP_LD:   x = $signed(want_pool[state]);
                OP_RDC: begin
                  where = (w[1:0] * Lines + line) * Half + (first + n) % Half;
                  x = mask[w[1:0]] ? $signed(acc[where]) : 64'sd0;
                end
                OP_SPC: begin
                  if (w[2:0] == SPC_TIMESTEP) x = $signed(timestep);
                  if (w[2:0] == SPC_NEURON)   x = first + n;
                  if (w[2:0] == SPC_ACTIVITY) x = {60'd0, mask};
                end
                OP_MOV:  x = b;
                OP_ADD:  x = a + b;
                OP_SUB:  x = a - b;
                OP_NEG:  x = -b;
                OP_MIN:  x = (a < b) ? a : b;
                OP_MAX:  x = (a > b) ? a : b;
                OP_AND:  x = a & b;
                OP_OR:   x = a | b;
                OP_XOR:  x = a ^ b;
                OP_SHF: begin
                  if (b >= 32)       x = 64'sd0;
                  else if (b >= 0)   x = narrow(a * (64'sd1 <<< b), 0);
                  else if (b > -32)  x = a >>> -b;
                  else               x = a >>> 31;
                end
                OP_MULS: x = rshift(a * b, (w[5:0] == 63) ? 62 : w[5:0]);
                OP_CLZ: begin
                  x = 64'sd32;
                  for (where = 0; where < 32; where = where + 1) if (b[where]) x = 31 - where;
                end
                OP_SEL:  x = pred[n] ? a : b;
                OP_LUT: begin
                  u = clamp(a, 64'sd0, (64'sd1 <<< k) - 64'sd1);
                  where = w[INSTR_TBASE_LSB +: INSTR_TBASE_W] + u;
                  x = $signed(tab[where % TableWords]);
                end
                OP_LERP: begin
                  u = clamp(a, -(64'sd1 <<< (k + f - 1)), (64'sd1 <<< (k + f - 1)) - 64'sd1);
                  where = w[INSTR_TBASE_LSB +: INSTR_TBASE_W] + (u >>> f) + (1 << (k - 1));
                  e = tab[where % TableWords];
                  u = u & ((64'sd1 <<< f) - 64'sd1);
                  x = $signed(e[15:0]) + rshift($signed(e[31:16]) * u, f);
                end
                default: write = 1'b0;
              endcase
              if (op >= OP_MOV && op <= OP_SEL) x = narrow(x, w[INSTR_SAT_LSB +: INSTR_SAT_W]);
              if (write) r[rd * Strip + n] = x[31:0];
              case (op)
                OP_ST:  want_pool[state] = a[31:0];
                OP_CLT: pred[n] = a < b;
                OP_CGE: pred[n] = a >= b;
                OP_CEQ: pred[n] = a == b;
                OP_SKP: if (pred[n] != w[INSTR_INVERT_LSB]) skip[n] = w[3:0];
                OP_SPK:
                  if (a != 0) begin
                    spikes[spikes_in] = {5'(group), w[2:0], 13'(first + n), a[31:0],
                                         desc[group*16 + 4 + w[2:0]]};
                    spikes_in = spikes_in + 1;
                  end
                OP_PRB:
                  if (probe_enable) begin
                    probes[probes_in] = '0;
                    probes[probes_in][HOST_DATA_LSB +: HOST_DATA_W] = a[31:0];
                    probes[probes_in][HOST_ADDR_LSB + PROBE_NEURON_LSB +: PROBE_NEURON_W] =
                        first + n;
                    probes[probes_in][HOST_ADDR_LSB + PROBE_GROUP_LSB +: PROBE_GROUP_W] = group;
                    probes[probes_in][HOST_CORE_LSB +: HOST_CORE_W] = core_id;
                    probes[probes_in][HOST_KIND_LSB +: HOST_KIND_W] = RSP_PROBE;
                    probes_in = probes_in + 1;
                  end
                default: ;
              endcase
            end
          end
          pc = next_pc;
        end
      end
    end
  endtask

  // Groups in ascending number, their lines that are active or all, strips that have neurons.
  task interpret;
    integer g, l, s, line, left;
    for (g = 0; g < Groups; g = g + 1) begin
      if (desc[g*16][GROUP0_ENABLE_LSB]) begin
        for (l = 0; l < desc[g*16][GROUP0_LINES_LSB +: GROUP0_LINES_W]; l = l + 1) begin
          line = desc[g*16][GROUP0_LINE_LSB +: GROUP0_LINE_W] + l;
          left = desc[g*16+1] - l * Half;
          if (left > Half) left = Half;
          if (left < 0) left = 0;
          if (act[4*line +: 4] != 0 || desc[g*16][GROUP0_ALWAYS_LSB]) begin
            want_neurons = want_neurons + left;
            for (s = 0; s < 4; s = s + 1) begin
              if (left > s * Strip) run_strip(g, line, l * Half + s * Strip, left - s * Strip);
            end
          end
        end
      end
    end
  endtask

  // ---- What the engine gives ------------------------------------------------------------------
  integer out_eighths, p;

  always @(negedge clk) begin
    vec_ready = rnd(8) < out_eighths;
    prb_ready = rnd(8) < out_eighths;
  end

  always @(posedge clk) begin
    if (rst_n) begin
      if (neurons_valid) got_neurons = got_neurons + neurons;
      if (instr) got_instrs = got_instrs + 1;
      if (pool_en) got_accesses = got_accesses + 1;
      if (acc_en) got_accesses = got_accesses + 1;
      if (runaway) got_runaways = got_runaways + 1;
      if (bad_instr) got_bad = got_bad + 1;
      if (vec_valid && vec_ready) begin
        `NT_EQ("an empty spike vector", vec_mask != 0, 1'b1)
        for (p = 0; p < L; p = p + 1) begin
          if (vec_mask[p]) begin
            `NT_EQ_AT("spike", spikes_out, {vec_group, vec_port, 13'(vec_neuron + p),
                      vec_payload[32*p +: 32], vec_dest}, spikes[spikes_out])
            spikes_out = spikes_out + 1;
          end
        end
      end
      if (prb_valid && prb_ready) begin
        `NT_EQ_AT("probe", probes_out, prb_data, probes[probes_out])
        probes_out = probes_out + 1;
      end
    end
  end

  // ---- Tasks ----------------------------------------------------------------------------------
  task access(input we, input integer space, input integer address, input [31:0] data);
    begin
      host_en    = 1'b1;
      host_we    = we;
      host_space = space;
      host_addr  = address;
      host_wdata = data;
      @(negedge clk);
      while (!host_done) @(negedge clk);
      host_value   = host_rdata;
      host_refused = host_err;
      host_en      = 1'b0;
      @(negedge clk);
    end
  endtask

  reg [31:0] host_value;
  reg        host_refused;

  task set_prog(input integer address, input [31:0] word);
    begin
      prog[address] = word;
      access(1'b1, SPACE_PROG, address, word);
    end
  endtask

  task set_table(input integer address, input [31:0] word);
    begin
      tab[address] = word;
      access(1'b1, SPACE_TABLE, address, word);
    end
  endtask

  task set_group(input integer group, input integer word, input [31:0] value);
    begin
      desc[group*16 + word] = value;
      access(1'b1, SPACE_GROUP, group * 16 + word, value);
    end
  endtask

  // A group over some lines; its state lies at LINE * 16 beats * StateWords.
  task put_group(input integer group, input integer enable, input integer always_on,
                 input integer line, input integer lines, input integer count,
                 input integer entry, input integer const_base, input integer clear_words);
    begin
      set_group(group, 0, enable | (always_on << 1) | (line << 8) | (lines << 16));
      set_group(group, 1, count);
      set_group(group, 2, entry | (const_base << 16));
      set_group(group, 3, (line * 16 * StateWords) | (StateWords << 16) | (clear_words << 24));
    end
  endtask

  task no_groups;
    integer g;
    for (g = 0; g < Groups; g = g + 1) set_group(g, 0, $random(seed) & ~32'd1);
  endtask

  function signed [31:0] value_of(input integer unused);
    case (rnd(12))
      0:       value_of = 32'h7FFF_FFFF;
      1:       value_of = 32'h8000_0000;
      2:       value_of = 32'h8000_0001;
      3:       value_of = 32'd0;
      4:       value_of = -1;
      5:       value_of = 1;
      6:       value_of = rnd(70) - 35;
      7:       value_of = 32'd1 << rnd(32);
      8:       value_of = -(32'd1 << rnd(32));
      default: value_of = $signed($random(seed)) >>> rnd(31);
    endcase
  endfunction

  task new_state;
    integer n;
    begin
      for (n = 0; n < Pool * L; n = n + 1) begin
        pool[n]      = value_of(0);
        want_pool[n] = pool[n];
      end
      for (n = 0; n < 4 * Lines * Half; n = n + 1) acc[n] = value_of(0);
    end
  endtask

  task check_pool;
    integer n;
    for (n = 0; n < Pool * L; n = n + 1) begin
      if (pool[n] !== want_pool[n] || n % 8 == 0) `NT_EQ_AT("state lane", n, pool[n], want_pool[n])
    end
  endtask

  integer busy_cycles;  // of the last timestep

  // One timestep on both.
  task step;
    begin
      interpret;
      // What the host would access, if it did, does not matter.
      host_space = $random(seed);
      host_we    = $random(seed);
      host_addr  = $random(seed);
      host_wdata = $random(seed);
      @(negedge clk) start = 1'b1;
      @(negedge clk) start = 1'b0;
      busy_cycles = 0;
      while (busy) begin
        busy_cycles = busy_cycles + 1;
        @(negedge clk);
      end
      @(negedge clk);
      check_pool;
      `NT_EQ("neurons", got_neurons, want_neurons)
      `NT_EQ("instructions", got_instrs, want_instrs)
      `NT_EQ("beats read or written", got_accesses, want_accesses)
      `NT_EQ("flag_runaway_o", got_runaways, want_runaways)
      `NT_EQ("flag_bad_instr_o", got_bad, want_bad)
      `NT_EQ("spikes", spikes_out, spikes_in)
      `NT_EQ("probes", probes_out, probes_in)
    end
  endtask

  function [31:0] code(input integer op, input integer rd, input integer ra, input integer rb,
                       input [13:0] low);
    code = (op << INSTR_OP_LSB) | (rd << INSTR_RD_LSB) | (ra << INSTR_RA_LSB)
         | (rb << INSTR_RB_LSB) | low;
  endfunction

  // A random instruction at pc of a program that ends at last. Registers 0 to 5, jumps forward.
  function [31:0] some_code(input integer pc, input integer last);
    integer op, ra, rb, target;
    reg [13:0] low;
    begin
      low = $random(seed);
      ra  = rnd(6);
      rb  = rnd(6);
      op  = 1 + rnd(OP_PRB);
      if (rnd(4) == 0) op = OP_LD + rnd(3);
      if (rnd(60) == 0) op = rnd(64);
      case (op)
        OP_LD, OP_ST: low = (low & ~14'hFF) | rnd(StateWords);
        OP_JMP: begin
          target = pc + 1 + rnd(4);
          low    = (target > last) ? last : target;
          ra     = (rnd(40) == 0) ? rnd(16) : rnd(5);
          rb     = rnd(16);
        end
        OP_LERP: begin
          rb = (rnd(40) == 0) ? rnd(16) : 1 + rnd(9);
          if (rnd(40) != 0) low = (low & 14'h1FF) | (rnd(33 - rb) << INSTR_FRAC_LSB);
        end
        OP_LUT: rb = rnd(16);
        default: ;
      endcase
      some_code = code(op, rnd(6), ra, rb, low);
    end
  endfunction

  // ---- The tests ------------------------------------------------------------------------------
  integer k, n, op, last, split, first_group, none;

  initial begin
    start = 1'b0;  clear = 1'b0;  probe_enable = 1'b0;  host_en = 1'b0;  host_we = 1'b0;
    host_space = '0;  host_addr = '0;  host_wdata = '0;  core_id = 3'd5;  timestep = 32'd0;
    act = '0;  out_eighths = 8;
    want_neurons = 0;  want_instrs = 0;  want_runaways = 0;  want_bad = 0;
    got_neurons = 0;  got_instrs = 0;  got_runaways = 0;  got_bad = 0;
    want_accesses = 0;  got_accesses = 0;
    spikes_in = 0;  spikes_out = 0;  probes_in = 0;  probes_out = 0;
    nt_begin;
    `NT_EQ("after reset", {busy, pool_en, acc_en, vec_valid, prb_valid, host_done, host_err}, 7'd0)
    `NT_EQ("events after reset", {neurons_valid, instr, out_stall, runaway, bad_instr}, 5'd0)
    for (k = 0; k < ProgWords; k = k + 1) set_prog(k, $random(seed));
    for (k = 0; k < TableWords; k = k + 1) set_table(k, (k % 3) ? $random(seed) : value_of(0));
    for (k = 0; k < Groups * 16; k = k + 1) set_group(k / 16, k % 16, $random(seed) & ~32'd1);

    // Host access: what was written, and nothing beyond the ends.
    for (k = 0; k < ProgWords; k = k + 1) begin
      access(1'b0, SPACE_PROG, k, 32'd0);
      `NT_EQ_AT("PROG", k, {host_refused, host_value}, {1'b0, prog[k]})
    end
    for (k = 0; k < TableWords; k = k + 1) begin
      access(1'b0, SPACE_TABLE, k, 32'd0);
      `NT_EQ_AT("TABLE", k, {host_refused, host_value}, {1'b0, tab[k]})
    end
    for (k = 0; k < Groups * 16; k = k + 1) begin
      access(1'b0, SPACE_GROUP, k, 32'd0);
      `NT_EQ_AT("GROUP", k, {host_refused, host_value}, {1'b0, desc[k]})
    end
    for (k = SPACE_PROG; k <= SPACE_GROUP; k = k + 1) begin
      last = (k == SPACE_PROG) ? ProgWords : (k == SPACE_TABLE) ? TableWords : Groups * 16;
      for (n = last; n < 1048576; n = n * 2) begin
        access(1'b1, k, n, ~32'd0);
        `NT_EQ_AT("an address beyond the end", n, host_refused, 1'b1)
      end
      access(1'b0, k, 0, 32'd0);
      `NT_EQ_AT("word 0 after refused writes", k, host_value,
                (k == SPACE_PROG) ? prog[0] : (k == SPACE_TABLE) ? tab[0] : desc[0])
    end
    `NT_EQ("has_always_o without groups", has_always, 1'b0)
    // Spaces that are not the engine's are not answered.
    host_en = 1'b1;
    host_we = 1'b0;
    for (k = 0; k < 8; k = k + 1) begin
      if (k < SPACE_PROG || k > SPACE_GROUP) begin
        host_space = k;
        repeat (3) @(negedge clk) `NT_EQ_AT("host_done_o of space", k, host_done, 1'b0)
      end
    end
    host_en = 1'b0;
    @(negedge clk);

    // Every ALU operation: eight saturations and shifts, operands from the state and constants.
    put_group(3, 1, 1, 0, Lines, Lines * Half, 0, 100, 0);
    `NT_EQ("has_always_o", has_always, 1'b1)
    for (op = OP_MOV; op <= OP_LERP; op = op + 1) begin
      if (op != OP_SKP && op != OP_JMP) begin
        new_state;
        set_prog(0, code(OP_LD, 1, 0, 0, 0));
        set_prog(1, code(OP_LD, 2, 0, 0, 1));
        set_prog(2, code(OP_CLT, 0, 2, 1, 0));
        for (k = 0; k < 8; k = k + 1) begin
          n = rnd(64) | ((k % 4 == 0) ? 0 : (rnd(32) << INSTR_SAT_LSB));
          if (op == OP_MULS && k == 7) n = n | 63;
          if (k == 6) n = n | (1 << INSTR_BCONST_LSB) | (rnd(4) << INSTR_CONST_HI_LSB);
          if (op == OP_LUT) n = rnd(512);
          if (op == OP_LERP) begin
            last = 1 + rnd(9);
            n    = rnd(512) | (rnd(33 - last) << INSTR_FRAC_LSB);
          end
          set_prog(3 + 2 * k, code(op, 3, 1, (op == OP_LUT) ? rnd(16) : (op == OP_LERP) ? last : 2,
                                   n));
          // A comparison is seen through SEL.
          if (op >= OP_CLT && op <= OP_CEQ) begin
            set_prog(3 + 2 * k, code(op, 0, 1, 2, n & (1 << INSTR_BCONST_LSB)));
            set_prog(4 + 2 * k, code(OP_SEL, 3, 1, 4, 0));
          end else begin
            set_prog(4 + 2 * k, code(OP_ST, 0, 3, 0, 2 + k));
          end
          if (op >= OP_CLT && op <= OP_CEQ && k == 7) begin
            set_prog(19, code(OP_ST, 0, 3, 0, 2));
            set_prog(20, code(OP_END, 0, 0, 0, 0));
          end
        end
        if (op < OP_CLT || op > OP_CEQ) set_prog(19, code(OP_END, 0, 0, 0, 0));
        step;
      end
    end

    // Counting to the limit: END as instruction 4096 is allowed, one round more is a runaway.
    no_groups;
    put_group(0, 1, 1, 1, 1, 1, 10, 0, 0);
    set_prog(10, code(OP_ADD, 1, 1, 0, 1 << INSTR_BCONST_LSB));
    set_prog(11, code(OP_CEQ, 0, 1, 1, 1 << INSTR_BCONST_LSB));
    set_prog(12, code(OP_JMP, 0, JMP_NONE, 0, 10));
    set_prog(13, code(OP_END, 0, 0, 0, 0));
    set_table(0, 32'd1);
    for (k = 0; k < 2; k = k + 1) begin
      set_table(1, 1365 + k);
      step;
      `NT_EQ_AT("runaway after rounds", 1365 + k, got_runaways, k)
    end
    // Ends of the program memory: the last instruction falls off, a jump leaves it, END is there.
    n = got_bad;
    set_group(0, 2, ProgWords - 1);
    set_prog(ProgWords - 1, code(OP_ADD, 1, 1, 1, 0));
    step;
    set_prog(ProgWords - 1, code(OP_JMP, 0, JMP_ALWAYS, 0, ProgWords));
    step;
    set_group(0, 2, ProgWords);
    step;
    `NT_EQ("flag_bad_instr_o at the end of the memory", got_bad - n, 3)
    set_group(0, 2, ProgWords - 1);
    set_prog(ProgWords - 1, code(OP_END, 0, 0, 0, 0));
    step;
    `NT_EQ("flag_bad_instr_o of END there", got_bad - n, 3)
    // Every opcode that does not exist, JMP conditions that do not, and LERP of all pieces with
    // fractions of 0, 31, and the most and one more than the most bits.
    for (k = OP_PRB + 1; k < 64 + 16 + 64; k = k + 1) begin
      if (k < 64)      set_prog(ProgWords - 1, code(k, 1, 1, 1, 0));
      else if (k < 80) set_prog(ProgWords - 1, code(OP_JMP, 0, k - 64, 0, ProgWords - 2));
      else begin
        op = (k - 80) / 4;
        n  = (k % 4 == 0) ? 0 : (k % 4 == 1) ? 31 : (k % 4 == 2) ? 32 - op : 33 - op;
        set_prog(ProgWords - 1, code(OP_LERP, 1, 1, op, (n & 31) << INSTR_FRAC_LSB));
      end
      set_prog(ProgWords - 2, code(OP_END, 0, 0, 0, 0));
      step;
    end

    // The walk's cycles beside the strips, with a program that ends at once.
    set_prog(0, code(OP_END, 0, 0, 0, 0));
    no_groups;
    act = '0;
    step;
    none = busy_cycles;
    for (k = 1; k <= Groups; k = k + 1) begin
      put_group(Groups - k, 1, 0, 1, 2, 2 * Half, 0, 0, 1);
      step;
      `NT_EQ_AT("cycles of groups without active line", k, busy_cycles - none, k)
    end
    // Six for a group, two for a line, and for each of its four strips the fetch and END.
    for (k = 1; k <= 2; k = k + 1) begin
      act = (k == 1) ? 16'h1101 : 16'h1111;  // lines 0 and 3 are no group's
      step;
      `NT_EQ_AT("cycles of groups with active lines", k, busy_cycles - none,
                Groups * (6 + k * (2 + 4 * 2)))
    end
    act = '0;

    // A probe that is not taken holds up other probes only.
    no_groups;
    put_group(0, 1, 1, 1, 1, 1, 0, 0, 0);
    set_prog(0, code(OP_PRB, 0, 0, 0, 0));
    for (k = 1; k < 4; k = k + 1) set_prog(k, code(OP_MOV, 1, 0, 1, 0));
    set_prog(4, code(OP_END, 0, 0, 0, 0));
    probe_enable = 1'b1;
    out_eighths  = 0;
    interpret;
    @(negedge clk) start = 1'b1;
    @(negedge clk) start = 1'b0;
    repeat (80) @(negedge clk);
    `NT_EQ("instructions behind a probe", got_instrs, want_instrs)
    `NT_EQ("the probe", {busy, prb_valid}, 2'b11)
    out_eighths = 8;
    while (busy) @(negedge clk);
    probe_enable = 1'b0;

    // Random programs: two groups, lines partly active, outputs that stall, probes on and off.
    for (k = 0; k < 40; k = k + 1) begin
      no_groups;
      new_state;
      split       = 1 + rnd(Lines - 1);
      first_group = rnd(Groups - 1);
      // The neurons may end before the lines do.
      put_group(first_group, 1, rnd(2), 0, split,
                ((k % 3 == 0) ? 0 : (split - 1) * Half) + 1 + rnd(Half), 0, rnd(512),
                rnd(StateWords + 1));
      put_group(first_group + 1 + rnd(Groups - 1 - first_group), rnd(4) != 0, rnd(2), split,
                Lines - split, (Lines - split - 1) * Half + 1 + rnd(Half), 64, rnd(512),
                rnd(StateWords + 1));
      act          = $random(seed) & $random(seed);
      timestep     = $random(seed);
      probe_enable = rnd(2);
      out_eighths  = 1 + rnd(8);
      // Both start with a spike and a probe of state word 0.
      for (n = 0; n < 30; n = n + 1) begin
        set_prog(n, (n == 29) ? code(OP_END, 0, 0, 0, 0) : some_code(n, 29));
        set_prog(64 + n, (n == 29) ? code(OP_END, 0, 0, 0, 0) : some_code(64 + n, 93));
      end
      for (n = 0; n < 128; n = n + 64) begin
        set_prog(n, code(OP_LD, 0, 0, 0, 0));
        set_prog(n + 1, code(OP_SPK, 0, 0, 0, rnd(8)));
        set_prog(n + 2, code(OP_PRB, 0, 0, 0, 0));
      end
      step;
      // A state reset of the same groups: whole words, leading ones of every beat.
      if (k % 4 == 0) begin
        clear_expected;
        @(negedge clk) clear = 1'b1;
        @(negedge clk) clear = 1'b0;
        while (busy) @(negedge clk);
        check_pool;
        got_accesses = want_accesses;  // the words zeroed do not count
      end
    end
    `NT_EQ("spikes and probes at all", spikes_out > 500 && probes_out > 500, 1'b1)
    nt_end;
  end

  task clear_expected;
    integer g, b, w, i;
    for (g = 0; g < Groups; g = g + 1) begin
      if (desc[g*16][GROUP0_ENABLE_LSB]) begin
        for (b = 0; b < (desc[g*16+1] + L - 1) / L; b = b + 1) begin
          for (w = 0; w < desc[g*16+3][GROUP3_CLEAR_WORDS_LSB +: GROUP3_CLEAR_WORDS_W];
               w = w + 1) begin
            for (i = 0; i < L; i = i + 1) begin
              want_pool[((desc[g*16+3][15:0] + b * StateWords + w) % Pool) * L + i] = 32'd0;
            end
          end
        end
      end
    end
  endtask
endmodule

`default_nettype wire
