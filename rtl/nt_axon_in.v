// SPDX-License-Identifier: Apache-2.0
// nt_axon_in: queue of received spikes, fetch of their axon entries, jobs for the synapse stage.
//
// Contract   Every spike taken becomes one job, in order, or is dropped with bad_axon_o: axon not
//            below axon_count_i, or a FORMAT without list. hold_i stops the service of further
//            spikes; those already fetched go on. invalidate_i forgets the last pool word read and
//            must be given whenever the pool may have been written by others than engine programs.
// Timing     One spike per cycle if pool requests are granted; the pool word read last is kept, so
//            neighbouring axons need one request only. Two jobs and one spike more wait behind the
//            queue.
// Numbers    Entry address: axon_base_i + axon / (WordBits/64), modulo 2^16.
// Parameters WordBits 64..512, a power of two.
`default_nettype none

module nt_axon_in #(
  parameter integer WordBits = 256,
  parameter integer Depth    = 16,
  localparam integer LevelBits = $clog2(Depth) + 1
) (
  input  wire logic                 clk_i,           // clock
  input  wire logic                 rst_ni,          // reset, active low
  input  wire logic [15:0]          axon_base_i,     // pool word of the axon table
  input  wire logic [16:0]          axon_count_i,    // number of axons
  input  wire logic                 hold_i,          // serve no further spike
  input  wire logic                 invalidate_i,    // forget the pool word read last
  // spikes from the router
  input  wire logic                 in_valid_i,      // spike offered
  output logic                      in_ready_o,      // spike can be taken
  input  wire logic [15:0]          in_axon_i,       // its axon
  input  wire logic [23:0]          in_payload_i,    // its signed payload
  // pool port B
  output logic                      pool_req_o,      // read request
  output logic [15:0]               pool_addr_o,     // word
  input  wire logic                 pool_gnt_i,      // request served, data in the next cycle
  input  wire logic [WordBits-1:0]  pool_rdata_i,    // data
  // jobs to the synapse stage
  output logic                      job_valid_o,     // job present
  input  wire logic                 job_ready_i,     // job is taken
  output logic [63:0]               job_entry_o,     // axon entry
  output logic [23:0]               job_payload_o,   // signed payload
  // state
  output logic                      bad_axon_o,      // pulse: a spike was dropped
  output logic                      busy_o,          // a spike has left the queue, its job is here
  output logic [LevelBits-1:0]      level_o          // spikes in the queue
);

  `include "nt_defs.vh"

  localparam integer Dwords    = WordBits / 64;
  localparam integer DwordBits = (Dwords > 1) ? $clog2(Dwords) : 1;
  localparam integer WordShift = $clog2(Dwords);

  // Spike queue.
  logic        head_valid, head_pop;
  logic [15:0] head_axon;
  logic [23:0] head_payload;

  nt_fifo #(.Width(40), .Depth(Depth)) u_queue (
    .clk_i,
    .rst_ni,
    .in_valid_i,
    .in_ready_o,
    .in_data_i   ({in_axon_i, in_payload_i}),
    .out_valid_o (head_valid),
    .out_ready_i (head_pop),
    .out_data_o  ({head_axon, head_payload}),
    .level_o
  );

  // Fetch: the head's word is either the one kept or requested; then the spike moves on to decode.
  logic        tag_valid_q;
  logic [15:0] tag_q;
  logic [15:0] head_word;
  logic        head_bad, head_hit, head_try;
  logic        decode_ready;

  assign head_word   = axon_base_i + (head_axon >> WordShift);
  assign head_bad    = ({1'b0, head_axon} >= axon_count_i);
  assign head_hit    = tag_valid_q & (tag_q == head_word) & ~invalidate_i;
  assign head_try    = head_valid & ~hold_i & decode_ready;
  assign pool_req_o  = head_try & ~head_bad & ~head_hit;
  assign pool_addr_o = head_word;
  assign head_pop    = head_try & (head_bad | head_hit | pool_gnt_i);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      tag_valid_q <= 1'b0;
    end else if (pool_gnt_i) begin
      tag_valid_q <= 1'b1;
    end else if (invalidate_i) begin
      tag_valid_q <= 1'b0;
    end
    if (pool_gnt_i) tag_q <= head_word;
  end

  // Decode: the entry comes from the port in the cycle after the grant, later from the kept word.
  logic                 valid_q, bad_q, fresh_q;
  logic [23:0]          payload_q;
  logic [DwordBits-1:0] dword_q;
  logic [WordBits-1:0]  word_q;
  logic [63:0]          entry;
  logic                 entry_bad, push, push_ready;

  assign entry     = fresh_q ? pool_rdata_i[64*dword_q +: 64] : word_q[64*dword_q +: 64];
  assign entry_bad = bad_q
                   | (entry[AXON_FORMAT_LSB +: AXON_FORMAT_W] == AXON_FORMAT_W'(FORMAT_NONE))
                   | (entry[AXON_FORMAT_LSB +: AXON_FORMAT_W] > AXON_FORMAT_W'(FORMAT_SINGLE));
  assign push         = valid_q & ~entry_bad;
  assign decode_ready = ~valid_q | entry_bad | push_ready;
  assign bad_axon_o   = valid_q & entry_bad;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      valid_q <= 1'b0;
      fresh_q <= 1'b0;
    end else begin
      if (decode_ready) valid_q <= head_pop;
      fresh_q <= pool_gnt_i;
    end
    if (head_pop) begin
      bad_q     <= head_bad;
      payload_q <= head_payload;
      dword_q   <= (Dwords > 1) ? head_axon[DwordBits-1:0] : '0;
    end
    if (fresh_q) word_q <= pool_rdata_i;
  end

  // Job queue: lets the synapse stage go from list to list without a gap.
  logic [1:0] job_level;

  nt_fifo #(.Width(88), .Depth(2)) u_jobs (
    .clk_i,
    .rst_ni,
    .in_valid_i  (push),
    .in_ready_o  (push_ready),
    .in_data_i   ({payload_q, entry}),
    .out_valid_o (job_valid_o),
    .out_ready_i (job_ready_i),
    .out_data_o  ({job_payload_o, job_entry_o}),
    .level_o     (job_level)
  );

  assign busy_o = valid_q | (job_level != '0);

  generate
    if (WordBits < WORD_BITS_MIN || WordBits > WORD_BITS_MAX || 64 * Dwords != WordBits
        || 2 ** WordShift != Dwords) begin : g_range
      nt_parameter_out_of_range u_bad ();
    end
  endgenerate

  `include "nt_assert.vh"
  `NT_ASSERT(grant_needs_request, !pool_gnt_i || pool_req_o)

endmodule

`default_nettype wire
