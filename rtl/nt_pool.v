// SPDX-License-Identifier: Apache-2.0
// nt_pool: memory pool of a core with two ports.
//
// Contract   Port A reads for the synapse stage. Port B makes one access per cycle for the first of
//            host, engine, axon_out, axon_in that asks; only the host and the engine write, by
//            32-bit lanes. Host and engine never ask in the same cycle and are always served.
// Timing     Reads have one cycle of latency; a port keeps its data until its next read. A write
//            and a port A read of the same word in one cycle return the old word.
// Numbers    Word addresses wrap modulo PoolWords. The host address is word * (WordBits/32) + lane.
// Parameters PoolWords 256..65536, WordBits 64..512, both powers of two.
`default_nettype none

module nt_pool #(
  parameter integer PoolWords = 8192,
  parameter integer WordBits  = 256,
  localparam integer Lanes    = WordBits / 32
) (
  input  wire logic                clk_i,             // clock
  input  wire logic                rst_ni,            // reset, active low
  // port A
  input  wire logic                a_en_i,            // read
  input  wire logic [15:0]         a_addr_i,          // word
  output logic [WordBits-1:0]      a_rdata_o,         // last word read
  // port B, host
  input  wire logic                host_en_i,         // access
  input  wire logic                host_we_i,         // 1: write one lane
  input  wire logic [19:0]         host_addr_i,       // word and lane
  input  wire logic [31:0]         host_wdata_i,      // lane to write
  output logic                     host_bad_addr_o,   // the address is outside the pool
  output logic [31:0]              host_rdata_o,      // lane, one cycle after the access
  // port B, engine
  input  wire logic                engine_en_i,       // access
  input  wire logic                engine_we_i,       // 1: write
  input  wire logic [15:0]         engine_addr_i,     // word
  input  wire logic [WordBits-1:0] engine_wdata_i,    // word to write
  input  wire logic [Lanes-1:0]    engine_wlane_i,    // lanes to write
  // port B, axon_out
  input  wire logic                axon_out_req_i,    // read request
  input  wire logic [15:0]         axon_out_addr_i,   // word
  output logic                     axon_out_gnt_o,    // request is served in this cycle
  // port B, axon_in
  input  wire logic                axon_in_req_i,     // read request
  input  wire logic [15:0]         axon_in_addr_i,    // word
  output logic                     axon_in_gnt_o,     // request is served in this cycle
  // port B, all
  output logic [WordBits-1:0]      b_rdata_o          // last word read
);

  localparam integer AddrBits = $clog2(PoolWords);
  localparam integer LaneBits = $clog2(Lanes);

  logic [WordBits-1:0] mem_q [0:PoolWords-1];
  logic [WordBits-1:0] a_rdata_q, b_rdata_q;
  logic [LaneBits-1:0] host_lane_q;

  logic [AddrBits-1:0] host_word, b_word;
  logic [LaneBits-1:0] host_lane;
  logic                b_ren;

  assign host_lane       = host_addr_i[LaneBits-1:0];
  assign host_word       = host_addr_i[LaneBits +: AddrBits];
  assign axon_out_gnt_o  = axon_out_req_i & ~host_en_i & ~engine_en_i;
  assign axon_in_gnt_o   = axon_in_req_i & ~host_en_i & ~engine_en_i & ~axon_out_req_i;
  assign b_ren           = (host_en_i & ~host_we_i) | (engine_en_i & ~engine_we_i)
                         | axon_out_req_i | axon_in_req_i;

  always_comb begin
    b_word = axon_in_addr_i[AddrBits-1:0];
    if (axon_out_req_i) b_word = axon_out_addr_i[AddrBits-1:0];
    if (engine_en_i)    b_word = engine_addr_i[AddrBits-1:0];
    if (host_en_i)      b_word = host_word;
  end

  generate
    if (AddrBits + LaneBits < 20) begin : g_bad_addr
      assign host_bad_addr_o = |host_addr_i[19:AddrBits+LaneBits];
    end else begin : g_no_bad_addr
      assign host_bad_addr_o = 1'b0;
    end
  endgenerate

  always_ff @(posedge clk_i) begin
    if (a_en_i) a_rdata_q <= mem_q[a_addr_i[AddrBits-1:0]];
  end

  // Port B.
  always_ff @(posedge clk_i) begin
    if (engine_en_i && engine_we_i) begin
      for (int i = 0; i < Lanes; i++) begin
        if (engine_wlane_i[i]) mem_q[b_word][32*i +: 32] <= engine_wdata_i[32*i +: 32];
      end
    end else if (host_en_i && host_we_i) begin
      mem_q[b_word][32*host_lane +: 32] <= host_wdata_i;
    end else if (b_ren) begin
      b_rdata_q   <= mem_q[b_word];
      host_lane_q <= host_lane;
    end
  end

  assign a_rdata_o    = a_rdata_q;
  assign b_rdata_o    = b_rdata_q;
  assign host_rdata_o = b_rdata_q[32*host_lane_q +: 32];

  generate
    if (PoolWords < 256 || PoolWords > 65536 || 2 ** AddrBits != PoolWords || WordBits < 64
        || WordBits > 512 || 2 ** LaneBits != Lanes) begin : g_range
      nt_parameter_out_of_range u_bad ();
    end
  endgenerate

  `include "nt_assert.vh"
  `NT_ASSERT(host_and_engine_exclusive, !(host_en_i && engine_en_i))
  `NT_ASSERT(grants_one_hot, !(axon_out_gnt_o && axon_in_gnt_o))

endmodule

`default_nettype wire
