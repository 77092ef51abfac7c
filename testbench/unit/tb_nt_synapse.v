// SPDX-License-Identifier: Apache-2.0
// tb_nt_synapse: jobs of every format; what the rows add up to is compared with the sums that
// docs/spec/memory.md and arithmetic.md ask for, and rows must follow each other without a gap.
`default_nettype none

module tb_nt_synapse;
  localparam Unit = "nt_synapse";
  localparam integer CycleLimit = 200000;
  parameter integer WordBits = 64;
  parameter integer Lines    = 4;
  parameter integer AccBits  = 24;
  localparam integer Half    = WordBits / 2;       // neurons of a line
  localparam integer Words   = 1024;               // pool words behind port A
  localparam integer PerWord = 3 * WordBits / 64;  // sparse synapses of a word
  `include "nt_defs.vh"
  `include "nt_check.vh"

  reg                      job_valid, poke_valid;
  wire                     job_ready, pool_en, row_valid, word, busy;
  reg  [63:0]              job_entry;
  reg  [23:0]              job_payload;
  wire [15:0]              pool_addr;
  reg  [WordBits-1:0]      pool_rdata;
  wire [1:0]               row_dendrite;
  wire [$clog2(Lines)-1:0] row_line;
  wire [WordBits-1:0]      digits;
  wire [AccBits-1:0]       t1, t2, t3;
  reg  [$clog2(Half)-1:0]  poke_lane;
  reg  [AccBits-1:0]       poke_term;
  wire [$clog2(Half):0]    synops;

  nt_synapse #(.WordBits(WordBits), .Lines(Lines), .AccBits(AccBits)) u_dut (
    .clk_i(clk), .rst_ni(rst_n),
    .job_valid_i(job_valid), .job_ready_o(job_ready), .job_entry_i(job_entry),
    .job_payload_i(job_payload),
    .pool_en_o(pool_en), .pool_addr_o(pool_addr), .pool_rdata_i(pool_rdata),
    .row_valid_o(row_valid), .row_dendrite_o(row_dendrite), .row_line_o(row_line),
    .digits_o(digits), .t1_o(t1), .t2_o(t2), .t3_o(t3),
    .poke_valid_i(poke_valid), .poke_lane_i(poke_lane), .poke_term_i(poke_term),
    .synops_o(synops), .word_o(word), .busy_o(busy));

  // The pool: a word read is held until the next read. Its addresses wrap modulo 1024 here.
  reg [WordBits-1:0] pool [0:Words-1];

  always @(posedge clk) if (pool_en) pool_rdata <= pool[pool_addr % Words];

  // What the stage delivers, added up as the dendrites would; and its activity and counts.
  reg [AccBits-1:0] got  [0:4*Lines*Half-1];   // (dendrite * Lines + line) * Half + lane
  reg [4*Lines-1:0] got_act;
  integer           got_synops, got_words, got_rows, got_bursts;
  reg               adding;
  integer           adding_row, lane;

  always @(posedge clk) begin
    if (rst_n) begin
      if (adding) begin
        for (lane = 0; lane < Half; lane = lane + 1) begin
          case (digits[2*lane +: 2])
            2'd0: ;
            2'd1: got[adding_row * Half + lane] = got[adding_row * Half + lane] + t1;
            2'd2: got[adding_row * Half + lane] = got[adding_row * Half + lane] + t2;
            2'd3: got[adding_row * Half + lane] = got[adding_row * Half + lane] + t3;
            default: `NT_EQ_AT("digits_o is unknown", lane, digits[2*lane +: 2], 2'd0)
          endcase
        end
      end
      if (row_valid && !adding) got_bursts = got_bursts + 1;
      adding     = row_valid;
      adding_row = row_dendrite * Lines + row_line;
      if (row_valid) begin
        got_act[adding_row] = 1'b1;
        got_rows = got_rows + 1;
      end
      got_synops = got_synops + synops;
      if (word) got_words = got_words + 1;
    end
  end

  // What it has to deliver.
  reg [AccBits-1:0] want [0:4*Lines*Half-1];
  reg [4*Lines-1:0] want_act;
  integer           want_synops, want_words, want_rows;

  // Adds payload * weight * 2^exponent, modulo 2^AccBits.
  task synapse(input integer row, input integer neuron_lane, input integer payload,
               input integer weight, input integer exponent);
    reg signed [63:0] term;
    begin
      term = payload;
      term = term * weight;
      term = term * (64'sd1 <<< exponent);
      want[row * Half + neuron_lane] = want[row * Half + neuron_lane] + term[AccBits-1:0];
    end
  endtask

  task expect_job(input [63:0] entry, input [23:0] payload_bits);
    integer payload, exponent, first_d, n_d, n_l, n_j, count, weight, d, l, j, i, n, row, at;
    integer neuron;
    reg [63:0] dword;
    reg [19:0] item;
    begin
      payload  = $signed(payload_bits);
      exponent = entry[AXON_EXP_LSB +: AXON_EXP_W];
      first_d  = entry[AXON_DENDRITE_LSB +: AXON_DENDRITE_W];
      n_d      = entry[AXON_DENDRITES_LSB +: AXON_DENDRITES_W] + 1;
      n_l      = entry[AXON_LINES_LSB +: AXON_LINES_W] + 1;
      n_j      = entry[AXON_DIGITS_LSB +: AXON_DIGITS_W] + 1;
      count    = entry[AXON_COUNT_LSB +: AXON_COUNT_W];
      weight   = $signed(entry[AXON_WEIGHT_LSB +: AXON_WEIGHT_W]);
      case (entry[AXON_FORMAT_LSB +: AXON_FORMAT_W])
        FORMAT_DENSE, FORMAT_UNIFORM:
          for (d = 0; d < n_d; d = d + 1) begin
            for (l = 0; l < n_l; l = l + 1) begin
              row = ((first_d + d) % 4) * Lines
                  + ((entry[AXON_LINE_LSB +: AXON_LINE_W] + l) % Lines);
              want_act[row] = 1'b1;
              want_synops   = want_synops + Half;
              if (entry[AXON_FORMAT_LSB +: AXON_FORMAT_W] == FORMAT_DENSE) begin
                want_words = want_words + n_j;
                want_rows  = want_rows + n_j;
              end else begin
                want_rows = want_rows + 1;
              end
              for (i = 0; i < Half; i = i + 1) begin
                if (entry[AXON_FORMAT_LSB +: AXON_FORMAT_W] == FORMAT_DENSE) begin
                  // A weight of D digits is 2D bits of two's complement.
                  weight = 0;
                  for (j = 0; j < n_j; j = j + 1) begin
                    at     = entry[AXON_PTR_LSB +: AXON_PTR_W] + (d * n_l + l) * n_j + j;
                    weight = weight + (pool[at % Words][2*i +: 2] << (2 * j));
                  end
                  if (weight >= (1 << (2 * n_j - 1))) weight = weight - (1 << (2 * n_j));
                end
                synapse(row, i, payload, weight, exponent);
              end
            end
          end
        FORMAT_SPARSE: begin
          want_synops = want_synops + count;
          want_words  = want_words + (count + PerWord - 1) / PerWord;
          want_rows   = want_rows + count;
          for (n = 0; n < count; n = n + 1) begin
            at     = entry[AXON_PTR_LSB +: AXON_PTR_W] + n / PerWord;
            dword  = pool[at % Words][64*((n % PerWord) / 3) +: 64];
            item   = dword[20*(n % 3) +: 20];
            neuron = (entry[AXON_LINE_LSB +: AXON_LINE_W] * Half
                      + item[SPARSE_INDEX_LSB +: SPARSE_INDEX_W]) % (Lines * Half);
            row    = first_d * Lines + neuron / Half;
            want_act[row] = 1'b1;
            synapse(row, neuron % Half, payload,
                    $signed(item[SPARSE_WEIGHT_LSB +: SPARSE_WEIGHT_W]), exponent);
          end
        end
        default: begin
          neuron      = entry[AXON_NEURON_LSB +: AXON_NEURON_W] % (Lines * Half);
          row         = first_d * Lines + neuron / Half;
          want_act[row] = 1'b1;
          want_synops = want_synops + 1;
          want_rows   = want_rows + 1;
          synapse(row, neuron % Half, payload, weight, exponent);
        end
      endcase
    end
  endtask

  integer k;

  task begin_batch;
    begin
      for (k = 0; k < 4 * Lines * Half; k = k + 1) begin
        got[k]  = '0;
        want[k] = '0;
      end
      got_act = '0;     want_act = '0;
      got_synops = 0;   want_synops = 0;
      got_words = 0;    want_words = 0;
      got_rows = 0;     want_rows = 0;
      got_bursts = 0;
    end
  endtask

  // Offers a job until it is taken; the next call of this task offers the next one at once.
  task job(input [63:0] entry, input [23:0] payload);
    reg taken;
    begin
      expect_job(entry, payload);
      job_valid   = 1'b1;
      job_entry   = entry;
      job_payload = payload;
      taken       = 1'b0;
      while (!taken) begin
        @(posedge clk) taken = job_ready;
        @(negedge clk);
      end
      job_valid = 1'b0;
    end
  endtask

  task end_batch(input gapless);
    begin
      @(negedge clk);
      while (busy) @(negedge clk);
      repeat (2) @(negedge clk);
      for (k = 0; k < 4 * Lines * Half; k = k + 1) `NT_EQ_AT("accumulator", k, got[k], want[k])
      `NT_EQ("rows touched", got_act, want_act)
      `NT_EQ("synops_o", got_synops, want_synops)
      `NT_EQ("word_o", got_words, want_words)
      `NT_EQ("rows", got_rows, want_rows)
      if (gapless) `NT_EQ("runs of rows without a gap", got_bursts, 1)
    end
  endtask

  function [63:0] entry_of(input integer format);
    begin
      entry_of = rnd_wide(0);
      entry_of[AXON_FORMAT_LSB +: AXON_FORMAT_W] = format;
      entry_of[AXON_LINES_LSB +: AXON_LINES_W]   = rnd(2 * Lines);
      if (format == FORMAT_SPARSE) entry_of[AXON_COUNT_LSB +: AXON_COUNT_W] = 1 + rnd(40);
    end
  endfunction

  function [23:0] payload_of(input integer unused);
    case (rnd(6))
      0, 1:    payload_of = 24'd1;
      2:       payload_of = 24'h800000;
      3:       payload_of = 24'h7FFFFF;
      4:       payload_of = 24'd0;
      default: payload_of = $random(seed);
    endcase
  endfunction

  integer format, digit_count, exponent, batch;
  reg [63:0] entry;

  initial begin
    job_valid = 1'b0;  poke_valid = 1'b0;
    poke_lane = '0;    poke_term  = '0;
    job_entry = '0;    job_payload = '0;
    adding    = 1'b0;
    begin_batch;
    nt_begin;
    `NT_EQ("after reset", {busy, row_valid, pool_en, job_ready}, 4'b0001)
    for (batch = 0; batch < Words; batch = batch + 1) pool[batch] = rnd_wide(0);

    // DENSE with every number of digits and every exponent, payload 1 and a random one.
    for (digit_count = 1; digit_count <= 4; digit_count = digit_count + 1) begin
      for (exponent = 0; exponent < 16; exponent = exponent + 5) begin
        begin_batch;
        entry = entry_of(FORMAT_DENSE);
        entry[AXON_DIGITS_LSB +: AXON_DIGITS_W] = digit_count - 1;
        entry[AXON_EXP_LSB +: AXON_EXP_W]       = exponent;
        job(entry, 24'd1);
        job(entry, payload_of(0));
        end_batch(1'b1);
      end
    end

    // UNIFORM, SPARSE, SINGLE alone.
    for (format = FORMAT_SPARSE; format <= FORMAT_SINGLE; format = format + 1) begin
      repeat (6) begin
        begin_batch;
        job(entry_of(format), payload_of(0));
        end_batch(1'b1);
      end
    end

    // An empty SPARSE job touches nothing, before and after others.
    begin_batch;
    entry = entry_of(FORMAT_SPARSE);
    entry[AXON_COUNT_LSB +: AXON_COUNT_W] = '0;
    job(entry, 24'd5);
    end_batch(1'b0);
    begin_batch;
    job(entry_of(FORMAT_SINGLE), 24'd3);
    job(entry, 24'd5);
    job(entry_of(FORMAT_UNIFORM), 24'd7);
    end_batch(1'b0);

    // Jobs of all formats back to back: one row per cycle.
    repeat (30) begin
      begin_batch;
      repeat (6) job(entry_of(FORMAT_DENSE + rnd(4)), payload_of(0));
      end_batch(1'b1);
    end

    // A term of the dendrites' own: its lane has digit 1 one cycle later, the others 0.
    repeat (10) begin
      @(negedge clk);
      poke_valid = 1'b1;
      poke_lane  = $random(seed);
      poke_term  = $random(seed);
      @(negedge clk);
      poke_valid = 1'b0;
      `NT_EQ("digits_o of a poke", digits, WordBits'(1) << (2 * poke_lane))
      `NT_EQ("t1_o of a poke", t1, poke_term)
      `NT_EQ("row_valid_o of a poke", row_valid, 1'b0)
    end
    nt_end;
  end
endmodule

`default_nettype wire
