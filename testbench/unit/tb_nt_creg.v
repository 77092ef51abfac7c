// SPDX-License-Identifier: Apache-2.0
// tb_nt_creg: registers, sticky flags and 64-bit counters under random events and host accesses.
`default_nettype none

module tb_nt_creg;
  localparam Unit = "nt_creg";
  localparam integer CycleLimit = 60000;
  localparam integer SynopsBits = 8;
  `include "nt_defs.vh"
  `include "nt_check.vh"

  reg                   host_en, host_we;
  reg  [19:0]           host_addr;
  reg  [31:0]           host_wdata;
  wire                  host_bad;
  wire [31:0]           host_rdata;
  wire [15:0]           axon_base;
  wire [16:0]           axon_count;
  wire                  probe_enable, flags_any;
  reg  [4:0]            flag;     // in the order of the record FLAGS
  reg  [9:0]            event_on; // in the order of the codes COUNTER
  reg  [SynopsBits-1:0] synops;
  reg  [13:0]           neurons;

  nt_creg #(.SynopsBits(SynopsBits)) u_dut (
    .clk_i(clk), .rst_ni(rst_n), .host_en_i(host_en), .host_we_i(host_we),
    .host_addr_i(host_addr), .host_wdata_i(host_wdata), .host_bad_addr_o(host_bad),
    .host_rdata_o(host_rdata), .axon_base_o(axon_base), .axon_count_o(axon_count),
    .probe_enable_o(probe_enable), .flags_any_o(flags_any),
    .flag_overflow_i(flag[FLAGS_ACC_OVERFLOW_LSB]), .flag_bad_axon_i(flag[FLAGS_BAD_AXON_LSB]),
    .flag_clipped_i(flag[FLAGS_PAYLOAD_CLIPPED_LSB]), .flag_runaway_i(flag[FLAGS_RUNAWAY_LSB]),
    .flag_bad_instr_i(flag[FLAGS_BAD_INSTR_LSB]),
    .msg_in_i(event_on[COUNTER_MSG_IN]), .synops_i(event_on[COUNTER_SYNOPS] ? synops : 8'd0),
    .word_i(event_on[COUNTER_WORDS]), .neurons_valid_i(event_on[COUNTER_NEURONS]),
    .neurons_i(neurons), .instr_i(event_on[COUNTER_INSTRS]), .msg_out_i(event_on[COUNTER_MSG_OUT]),
    .row_i(event_on[COUNTER_CYC_SYNAPSE]), .engine_busy_i(event_on[COUNTER_CYC_NEURON]),
    .stall_i(event_on[COUNTER_CYC_STALL]), .out_stall_i(event_on[COUNTER_CYC_OUT_STALL]));

  // The expectation.
  reg [31:0] value [0:3];        // AXON_BASE, AXON_COUNT, FLAGS, PROBE_ENABLE
  reg [63:0] counter [0:9];
  reg        read, exists;
  reg [31:0] want;
  integer    n;

  always @(posedge clk) begin
    if (!rst_n) begin
      for (n = 0; n < 4; n = n + 1) value[n] = 32'd0;
      for (n = 0; n < 10; n = n + 1) counter[n] = 64'd0;
      read = 1'b0;
    end else begin
      if (read) `NT_EQ("host_rdata_o", host_rdata, want)
      `NT_EQ("axon_base_o", axon_base, value[CREG_AXON_BASE])
      `NT_EQ("axon_count_o", axon_count, value[CREG_AXON_COUNT])
      `NT_EQ("probe_enable_o", probe_enable, value[CREG_PROBE_ENABLE])
      `NT_EQ("flags_any_o", flags_any, value[CREG_FLAGS] != 0)
      // Indices 4 to 7 and beyond the counters do not exist.
      exists = host_addr < 4 || (host_addr >= 8 && host_addr < 28);
      `NT_EQ_AT("host_bad_addr_o", host_addr, host_bad, !exists)
      read = host_en && !host_we && exists;
      want = (host_addr < 4) ? value[host_addr[1:0]]
           : (host_addr[0] ? counter[(host_addr - 8) / 2][63:32]
                           : counter[(host_addr - 8) / 2][31:0]);
      // A write to a counter goes before the events of its cycle.
      if (host_en && host_we && exists && host_addr >= 8) begin
        if (host_addr[0]) counter[(host_addr - 8) / 2][63:32] = host_wdata;
        else              counter[(host_addr - 8) / 2][31:0]  = host_wdata;
      end else begin
        for (n = 0; n < 10; n = n + 1) begin
          if (event_on[n]) begin
            counter[n] = counter[n] + (n == COUNTER_SYNOPS ? synops :
                                       n == COUNTER_NEURONS ? neurons : 1);
          end
        end
      end
      if (host_en && host_we && exists) begin
        case (host_addr)
          CREG_AXON_BASE:    value[CREG_AXON_BASE]    = host_wdata & 32'hFFFF;
          CREG_AXON_COUNT:   value[CREG_AXON_COUNT]   = host_wdata & 32'h1FFFF;
          CREG_FLAGS:        value[CREG_FLAGS]        = value[CREG_FLAGS] & ~host_wdata;
          CREG_PROBE_ENABLE: value[CREG_PROBE_ENABLE] = host_wdata & 32'h1;
          default: ;
        endcase
      end
      value[CREG_FLAGS] = value[CREG_FLAGS] | flag;
    end
  end

  integer k;

  initial begin
    host_en = 1'b0;  host_we = 1'b0;  host_addr = '0;  host_wdata = '0;
    flag = '0;  event_on = '0;  synops = '0;  neurons = '0;
    nt_begin;
    for (k = 0; k < 3000; k = k + 1) begin
      @(negedge clk);
      // Counters start near the carry into the high word.
      host_en    = rnd(2) != 0 || k < 40;
      host_we    = (k < 40) ? 1'b1 : rnd(2) == 0;
      case (rnd(8))
        0:       host_addr = $random(seed);
        1, 2:    host_addr = rnd(4);
        default: host_addr = rnd(32);
      endcase
      if (k < 40) host_addr = 8 + k / 2;
      host_wdata = (rnd(4) == 0) ? 32'hFFFF_FFFF - rnd(64) : $random(seed);
      flag       = (rnd(3) == 0) ? 1 << rnd(5) : 0;
      event_on   = $random(seed);
      synops     = $random(seed);
      neurons    = $random(seed);
    end
    host_en = 1'b0;
    nt_reset;
    repeat (2) @(negedge clk);
    nt_end;
  end
endmodule

`default_nettype wire
