// SPDX-License-Identifier: Apache-2.0
// nt_creg: core registers, sticky flags, counters.
//
// Contract   A flag stays set until the host writes a one to it; an event in the same cycle wins.
//            A host write to a counter wins over its increment.
// Timing     Events and writes act in the next cycle. Host reads have one cycle of latency.
// Numbers    Counters are 64 bits and wrap. Register indices and flag bits: nt_defs.vh.
// Parameters SynopsBits, width of the synaptic operations counted in a cycle.
`default_nettype none

module nt_creg #(
  parameter integer SynopsBits = 8
) (
  input  wire logic                  clk_i,                // clock
  input  wire logic                  rst_ni,               // reset, active low
  // host, space CREG
  input  wire logic                  host_en_i,            // access
  input  wire logic                  host_we_i,            // 1: write
  input  wire logic [19:0]           host_addr_i,          // register index
  input  wire logic [31:0]           host_wdata_i,         // value to write
  output logic                       host_bad_addr_o,      // no such register
  output logic [31:0]                host_rdata_o,         // value, one cycle after the access
  // registers
  output logic [15:0]                axon_base_o,          // AXON_BASE
  output logic [16:0]                axon_count_o,         // AXON_COUNT
  output logic                       probe_enable_o,       // PROBE_ENABLE
  output logic                       flags_any_o,          // FLAGS is not zero
  // flag events
  input  wire logic                  flag_overflow_i,      // an accumulator addition overflowed
  input  wire logic                  flag_bad_axon_i,      // a spike was dropped
  input  wire logic                  flag_clipped_i,       // a payload did not fit its type
  input  wire logic                  flag_runaway_i,       // a strip was ended by the limit
  input  wire logic                  flag_bad_instr_i,     // an undefined instruction was met
  // counter events
  input  wire logic                  msg_in_i,             // a spike was received
  input  wire logic [SynopsBits-1:0] synops_i,             // synaptic operations issued
  input  wire logic                  word_i,               // a list word was read
  input  wire logic                  neurons_valid_i,      // neurons_i counts
  input  wire logic [13:0]           neurons_i,            // neurons updated
  input  wire logic                  instr_i,              // an instruction was issued
  input  wire logic                  msg_out_i,            // a message was sent
  input  wire logic                  row_i,                // a row is accumulated
  input  wire logic                  engine_busy_i,        // the engine runs
  input  wire logic                  stall_i,              // spikes wait, nothing is accumulated
  input  wire logic                  out_stall_i           // the engine waits for the output stage
);

  `include "nt_defs.vh"

  localparam integer FlagBits    = FLAGS_BAD_INSTR_LSB + 1;
  localparam integer CounterEnd  = CREG_COUNTERS + 2 * COUNTERS;
  localparam integer CounterBits = $clog2(COUNTERS);

  logic [15:0]         axon_base_q;
  logic [16:0]         axon_count_q;
  logic                probe_enable_q;
  logic [FlagBits-1:0] flags_q;
  (* mem2reg *)
  logic [63:0]         counter_q [0:COUNTERS-1];
  logic [31:0]         rdata_q;

  logic                   write, is_counter;
  logic [4:0]             index;
  logic [CounterBits-1:0] counter;
  logic [FlagBits-1:0]    flags_set, flags_clear;

  assign index      = host_addr_i[4:0];
  assign is_counter = (host_addr_i >= 20'(CREG_COUNTERS)) & (host_addr_i < 20'(CounterEnd));
  assign counter    = CounterBits'((index - 5'(CREG_COUNTERS)) >> 1);
  assign host_bad_addr_o = ~is_counter & (host_addr_i > 20'(CREG_PROBE_ENABLE));
  assign write      = host_en_i & host_we_i & ~host_bad_addr_o;

  always_comb begin
    flags_set = '0;
    flags_set[FLAGS_ACC_OVERFLOW_LSB]    = flag_overflow_i;
    flags_set[FLAGS_BAD_AXON_LSB]        = flag_bad_axon_i;
    flags_set[FLAGS_PAYLOAD_CLIPPED_LSB] = flag_clipped_i;
    flags_set[FLAGS_RUNAWAY_LSB]         = flag_runaway_i;
    flags_set[FLAGS_BAD_INSTR_LSB]       = flag_bad_instr_i;
    flags_clear = '0;
    if (write && index == 5'(CREG_FLAGS)) flags_clear = host_wdata_i[FlagBits-1:0];
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      axon_base_q    <= '0;
      axon_count_q   <= '0;
      probe_enable_q <= 1'b0;
      flags_q        <= '0;
    end else begin
      flags_q <= (flags_q & ~flags_clear) | flags_set;
      if (write && index == 5'(CREG_AXON_BASE))    axon_base_q    <= host_wdata_i[15:0];
      if (write && index == 5'(CREG_AXON_COUNT))   axon_count_q   <= host_wdata_i[16:0];
      if (write && index == 5'(CREG_PROBE_ENABLE)) probe_enable_q <= host_wdata_i[0];
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      for (int i = 0; i < COUNTERS; i++) counter_q[i] <= '0;
    end else if (write && is_counter) begin
      if (index[0]) counter_q[counter] <= {host_wdata_i, counter_q[counter][31:0]};
      else          counter_q[counter] <= {counter_q[counter][63:32], host_wdata_i};
    end else begin
      if (msg_in_i) counter_q[COUNTER_MSG_IN] <= counter_q[COUNTER_MSG_IN] + 64'd1;
      if (row_i)    counter_q[COUNTER_CYC_SYNAPSE] <= counter_q[COUNTER_CYC_SYNAPSE] + 64'd1;
      if (synops_i != '0) begin
        counter_q[COUNTER_SYNOPS] <= counter_q[COUNTER_SYNOPS] + 64'(synops_i);
      end
      if (word_i)   counter_q[COUNTER_WORDS] <= counter_q[COUNTER_WORDS] + 64'd1;
      if (stall_i)  counter_q[COUNTER_CYC_STALL] <= counter_q[COUNTER_CYC_STALL] + 64'd1;
      if (neurons_valid_i) begin
        counter_q[COUNTER_NEURONS] <= counter_q[COUNTER_NEURONS] + 64'(neurons_i);
      end
      if (instr_i)   counter_q[COUNTER_INSTRS] <= counter_q[COUNTER_INSTRS] + 64'd1;
      if (msg_out_i) counter_q[COUNTER_MSG_OUT] <= counter_q[COUNTER_MSG_OUT] + 64'd1;
      if (engine_busy_i) begin
        counter_q[COUNTER_CYC_NEURON] <= counter_q[COUNTER_CYC_NEURON] + 64'd1;
      end
      if (out_stall_i) begin
        counter_q[COUNTER_CYC_OUT_STALL] <= counter_q[COUNTER_CYC_OUT_STALL] + 64'd1;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (host_en_i && !host_we_i) begin
      case (index)
        5'(CREG_AXON_BASE):    rdata_q <= {16'd0, axon_base_q};
        5'(CREG_AXON_COUNT):   rdata_q <= {15'd0, axon_count_q};
        5'(CREG_FLAGS):        rdata_q <= 32'(flags_q);
        5'(CREG_PROBE_ENABLE): rdata_q <= {31'd0, probe_enable_q};
        default: rdata_q <= index[0] ? counter_q[counter][63:32] : counter_q[counter][31:0];
      endcase
    end
  end

  assign host_rdata_o   = rdata_q;
  assign axon_base_o    = axon_base_q;
  assign axon_count_o   = axon_count_q;
  assign probe_enable_o = probe_enable_q;
  assign flags_any_o    = |flags_q;

endmodule

`default_nettype wire
