// SPDX-License-Identifier: Apache-2.0
// nt_synapse: serves synapse lists: jobs to (row, digit vector, terms), one row per cycle.
//
// Contract   A DENSE job gives one row per list word, UNIFORM one per row, SPARSE one per synapse,
//            SINGLE one; SPARSE with COUNT 0 gives none. Lane i adds 0, t1, t2 or t3 as
//            digits_o[2i +: 2] says. The stage never waits except for the next job. poke_* puts a
//            term of the dendrites' own in the place of a row's; only while busy_o is low.
// Timing     Three stages: issue (pool read), row (row_* valid, pool data present), terms (digits_o
//            and t1_o..t3_o, one cycle after their row). One row per cycle, also across jobs.
// Numbers    Terms are payload * weight * 2^EXP * 4^digit modulo 2^AccBits. Lines wrap modulo
//            Lines, dendrites modulo 4, list addresses modulo 2^16.
// Parameters WordBits 64..512 and Lines 2..64, powers of two; AccBits 24 or 32.
`default_nettype none

module nt_synapse #(
  parameter integer WordBits = 256,
  parameter integer Lines    = 8,
  parameter integer AccBits  = 32,
  localparam integer LineBits = $clog2(Lines),
  localparam integer LaneBits = $clog2(WordBits / 2),
  localparam integer IncrBits = LaneBits + 1
) (
  input  wire logic                 clk_i,           // clock
  input  wire logic                 rst_ni,          // reset, active low
  // jobs
  input  wire logic                 job_valid_i,     // job present
  output logic                      job_ready_o,     // job is taken
  input  wire logic [63:0]          job_entry_i,     // axon entry
  input  wire logic [23:0]          job_payload_i,   // signed payload
  // pool port A
  output logic                      pool_en_o,       // read
  output logic [15:0]               pool_addr_o,     // word
  input  wire logic [WordBits-1:0]  pool_rdata_i,    // last word read
  // dendrites
  output logic                      row_valid_o,     // a row is touched
  output logic [1:0]                row_dendrite_o,  // its dendrite
  output logic [LineBits-1:0]       row_line_o,      // its line
  output logic [WordBits-1:0]       digits_o,        // digits of the row touched one cycle before
  output logic [AccBits-1:0]        t1_o,            // term of digit 1
  output logic [AccBits-1:0]        t2_o,            // term of digit 2
  output logic [AccBits-1:0]        t3_o,            // term of digit 3
  input  wire logic                 poke_valid_i,    // bring in a term for one lane, no row here
  input  wire logic [LaneBits-1:0]  poke_lane_i,     // lane
  input  wire logic [AccBits-1:0]   poke_term_i,     // term
  // state
  output logic [IncrBits-1:0]       synops_o,        // synaptic operations issued in this cycle
  output logic                      word_o,          // a list word is read in this cycle
  output logic                      busy_o           // a job is being served
);

  `include "nt_defs.vh"

  localparam integer LineLanes = WordBits / 2;
  localparam integer Dwords    = WordBits / 64;
  localparam integer DwordBits = (Dwords > 1) ? $clog2(Dwords) : 1;

  typedef enum logic [1:0] {
    KindDense,
    KindSparse,
    KindUniform,
    KindSingle
  } kind_e;

  // ---------------------------------------------------------------------------------------------
  // Issue: walks the job's rows, or the synapses of a sparse list.
  // ---------------------------------------------------------------------------------------------
  logic                active_q;
  kind_e               kind_q;
  logic [15:0]         addr_q;
  logic [15:0]         count_q;
  logic [7:0]          weight_q;
  logic [LaneBits-1:0] lane_q;
  logic [1:0]          dendrite_q, dendrites_left_q;
  logic [LineBits-1:0] line_q, first_line_q;
  logic [5:0]          lines_left_q, lines_m1_q;
  logic [1:0]          digit_q, digits_m1_q;
  logic [AccBits-1:0]  scaled_q;
  logic [1:0]          sub_q;
  logic [DwordBits-1:0] dword_q;

  logic                 walks_rows, last_digit, last_line, last_in_word, last;
  logic                 load, load_empty;
  kind_e                load_kind;
  logic [2:0]           load_format;
  logic [12:0]          load_neuron;
  logic [AccBits-1:0]   load_payload;
  logic [3:0]           load_exp;

  assign load_format  = job_entry_i[AXON_FORMAT_LSB +: AXON_FORMAT_W];
  assign load_neuron  = job_entry_i[AXON_NEURON_LSB +: AXON_NEURON_W];
  assign load_exp     = job_entry_i[AXON_EXP_LSB +: AXON_EXP_W];
  assign load_payload = AccBits'($signed(job_payload_i));

  always_comb begin
    load_kind = KindSingle;
    if (load_format == AXON_FORMAT_W'(FORMAT_DENSE))   load_kind = KindDense;
    if (load_format == AXON_FORMAT_W'(FORMAT_SPARSE))  load_kind = KindSparse;
    if (load_format == AXON_FORMAT_W'(FORMAT_UNIFORM)) load_kind = KindUniform;
  end

  assign load_empty = (load_kind == KindSparse)
                    & (job_entry_i[AXON_COUNT_LSB +: AXON_COUNT_W] == '0);

  assign last_digit   = (digit_q == digits_m1_q);
  assign last_line    = (lines_left_q == '0);
  assign last_in_word = (sub_q == 2'(SPARSE_PER_DWORD - 1)) & (dword_q == DwordBits'(Dwords - 1));
  assign job_ready_o  = ~active_q | last;
  assign load         = job_valid_i & job_ready_o;

  assign walks_rows   = (kind_q == KindDense) | (kind_q == KindUniform);

  always_comb begin
    last = 1'b1;
    if (walks_rows)           last = last_digit & last_line & (dendrites_left_q == '0);
    if (kind_q == KindSparse) last = (count_q == 16'd1);
  end

  assign pool_addr_o = addr_q;
  assign pool_en_o   = active_q & ((kind_q == KindDense)
                                 | ((kind_q == KindSparse) & (sub_q == '0) & (dword_q == '0)));
  assign word_o      = pool_en_o;

  always_comb begin
    synops_o = '0;
    if (active_q) begin
      synops_o = IncrBits'(1);
      if (walks_rows) synops_o = last_digit ? IncrBits'(LineLanes) : '0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      active_q <= 1'b0;
    end else if (load) begin
      active_q <= ~load_empty;
    end else if (last) begin
      active_q <= 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (load) begin
      kind_q           <= load_kind;
      addr_q           <= job_entry_i[AXON_PTR_LSB +: AXON_PTR_W];
      count_q          <= job_entry_i[AXON_COUNT_LSB +: AXON_COUNT_W];
      weight_q         <= job_entry_i[AXON_WEIGHT_LSB +: AXON_WEIGHT_W];
      lane_q           <= load_neuron[LaneBits-1:0];
      dendrite_q       <= job_entry_i[AXON_DENDRITE_LSB +: AXON_DENDRITE_W];
      dendrites_left_q <= job_entry_i[AXON_DENDRITES_LSB +: AXON_DENDRITES_W];
      line_q           <= (load_kind == KindSingle) ? LineBits'(load_neuron >> LaneBits)
                                                    : job_entry_i[AXON_LINE_LSB +: LineBits];
      first_line_q     <= job_entry_i[AXON_LINE_LSB +: LineBits];
      lines_left_q     <= job_entry_i[AXON_LINES_LSB +: AXON_LINES_W];
      lines_m1_q       <= job_entry_i[AXON_LINES_LSB +: AXON_LINES_W];
      digit_q          <= '0;
      digits_m1_q      <= (load_kind == KindDense) ? job_entry_i[AXON_DIGITS_LSB +: AXON_DIGITS_W]
                                                   : '0;
      scaled_q         <= load_payload << load_exp;
      sub_q            <= '0;
      dword_q          <= '0;
    end else if (active_q) begin
      count_q <= count_q - 16'd1;
      // The list words of a DENSE job follow each other, a word of a SPARSE one is read once.
      if (kind_q == KindDense || last_in_word) addr_q <= addr_q + 16'd1;
      if (sub_q == 2'(SPARSE_PER_DWORD - 1)) begin
        sub_q   <= '0;
        dword_q <= (dword_q == DwordBits'(Dwords - 1)) ? '0 : dword_q + 1'b1;
      end else begin
        sub_q <= sub_q + 2'd1;
      end
      digit_q <= last_digit ? '0 : digit_q + 2'd1;
      if (walks_rows && last_digit) begin
        line_q       <= last_line ? first_line_q : line_q + 1'b1;
        lines_left_q <= last_line ? lines_m1_q : lines_left_q - 6'd1;
      end
      if (walks_rows && last_digit && last_line) begin
        dendrite_q       <= dendrite_q + 2'd1;
        dendrites_left_q <= dendrites_left_q - 2'd1;
      end
    end
  end

  // ---------------------------------------------------------------------------------------------
  // Row: the pool data is present; a sparse synapse names its row and lane.
  // ---------------------------------------------------------------------------------------------
  logic                 row_valid_q;
  kind_e                row_kind_q;
  logic                 row_signed_q;
  logic [1:0]           row_dendrite_q, row_sub_q, row_digit_q;
  logic [LineBits-1:0]  row_line_q;
  logic [LaneBits-1:0]  row_lane_q;
  logic [7:0]           row_weight_q;
  logic [AccBits-1:0]   row_scaled_q;
  logic [DwordBits-1:0] row_dword_q;

  logic [63:0]          sparse_dword;
  logic [19:0]          sparse;
  logic [11:0]          sparse_index;
  logic [LaneBits-1:0]  row_lane;
  logic [AccBits-1:0]   row_base, row_weight, row_product;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) row_valid_q <= 1'b0;
    else         row_valid_q <= active_q;
    if (active_q) begin
      row_kind_q     <= kind_q;
      row_signed_q   <= last_digit;
      row_dendrite_q <= dendrite_q;
      row_line_q     <= line_q;
      row_lane_q     <= lane_q;
      row_weight_q   <= weight_q;
      row_scaled_q   <= scaled_q;
      row_digit_q    <= digit_q;
      row_sub_q      <= sub_q;
      row_dword_q    <= dword_q;
    end
  end

  assign sparse_dword = pool_rdata_i[64*row_dword_q +: 64];
  assign sparse       = 20'(sparse_dword >> (6'd20 * 6'(row_sub_q)));
  assign sparse_index = sparse[SPARSE_INDEX_LSB +: SPARSE_INDEX_W];

  always_comb begin
    row_line_o = row_line_q;
    row_lane   = row_lane_q;
    row_weight = AccBits'($signed(row_weight_q));
    if (row_kind_q == KindSparse) begin
      row_line_o = row_line_q + LineBits'(sparse_index >> LaneBits);
      row_lane   = sparse_index[LaneBits-1:0];
      row_weight = AccBits'($signed(sparse[SPARSE_WEIGHT_LSB +: SPARSE_WEIGHT_W]));
    end
  end

  assign row_valid_o    = row_valid_q;
  assign row_dendrite_o = row_dendrite_q;
  assign row_base       = row_scaled_q << {row_digit_q, 1'b0};
  assign row_product    = row_scaled_q * row_weight;

  // ---------------------------------------------------------------------------------------------
  // Terms: digits of a DENSE word count 0..3, of its last digit 0, 1, -2, -1. The other formats use
  // digit 1 only.
  // ---------------------------------------------------------------------------------------------
  logic [WordBits-1:0] digits_q;
  logic [AccBits-1:0]  t1_q, t2_q, t3_q;

  logic [LaneBits-1:0] one_lane;

  assign one_lane = poke_valid_i ? poke_lane_i : row_lane;

  always_ff @(posedge clk_i) begin
    if (row_valid_q) begin
      t1_q <= (row_kind_q == KindDense) ? row_base : row_product;
      t2_q <= row_signed_q ? -(row_base << 1) : row_base << 1;
      t3_q <= row_signed_q ? -row_base : row_base + (row_base << 1);
    end else if (poke_valid_i) begin
      t1_q <= poke_term_i;
    end
    if (row_valid_q && row_kind_q == KindDense) begin
      digits_q <= pool_rdata_i;
    end else if (row_valid_q && row_kind_q == KindUniform) begin
      digits_q <= {LineLanes{2'b01}};
    end else if (row_valid_q || poke_valid_i) begin
      digits_q <= WordBits'(1) << {one_lane, 1'b0};
    end
  end

  assign digits_o = digits_q;
  assign t1_o     = t1_q;
  assign t2_o     = t2_q;
  assign t3_o     = t3_q;
  assign busy_o   = active_q | row_valid_q;

  generate
    if (WordBits < WORD_BITS_MIN || WordBits > WORD_BITS_MAX || 2 ** LaneBits != LineLanes
        || Lines < LINES_MIN || Lines > LINES_MAX || 2 ** LineBits != Lines
        || (AccBits != ACC_BITS_MIN && AccBits != ACC_BITS_MAX)) begin : g_range
      nt_parameter_out_of_range u_bad ();
    end
  endgenerate

  `include "nt_assert.vh"
  `NT_ASSERT(sparse_count_not_zero, !active_q || kind_q != KindSparse || count_q != '0)
  `NT_ASSERT(poke_alone, !(poke_valid_i && busy_o))
  `NT_ASSERT(digit_in_range, !active_q || digit_q <= digits_m1_q)

endmodule

`default_nettype wire
