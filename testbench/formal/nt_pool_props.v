// SPDX-License-Identifier: Apache-2.0
// nt_pool_props: what nt_pool promises, for any contents and any one word.
//
// Memory   Two reads of a word in neighbouring cycles see what the access between them did to it,
//          and nothing else: by induction every word is what was last written to it, no write is
//          lost, none goes elsewhere. Port B reads what port A reads.
// Service  Host and engine are served in their cycle, then axon_out, then axon_in; data belongs to
//          the one served, and stays until the next read.
`default_nettype none

module nt_pool_props #(
  parameter integer PoolWords = 256,
  parameter integer WordBits  = 64,
  localparam integer Lanes    = WordBits / 32,
  localparam integer AddrBits = $clog2(PoolWords),
  localparam integer LaneBits = $clog2(Lanes)
) (
  input wire logic                clk_i,
  input wire logic                a_en_i,
  input wire logic [15:0]         a_addr_i,
  input wire logic                host_en_i,
  input wire logic                host_we_i,
  input wire logic [19:0]         host_addr_i,
  input wire logic [31:0]         host_wdata_i,
  input wire logic                engine_en_i,
  input wire logic                engine_we_i,
  input wire logic [15:0]         engine_addr_i,
  input wire logic [WordBits-1:0] engine_wdata_i,
  input wire logic [Lanes-1:0]    engine_wlane_i,
  input wire logic                axon_out_req_i,
  input wire logic [15:0]         axon_out_addr_i,
  input wire logic                axon_in_req_i,
  input wire logic [15:0]         axon_in_addr_i
);
  `include "nt_formal.vh"

  logic [WordBits-1:0] a_rdata, b_rdata;
  logic [31:0]         host_rdata;
  logic                host_bad, axon_out_gnt, axon_in_gnt;

  nt_pool #(.PoolWords(PoolWords), .WordBits(WordBits)) u_dut (
    .clk_i,
    .rst_ni,
    .a_en_i,
    .a_addr_i,
    .a_rdata_o       (a_rdata),
    .host_en_i,
    .host_we_i,
    .host_addr_i,
    .host_wdata_i,
    .host_bad_addr_o (host_bad),
    .host_rdata_o    (host_rdata),
    .engine_en_i,
    .engine_we_i,
    .engine_addr_i,
    .engine_wdata_i,
    .engine_wlane_i,
    .axon_out_req_i,
    .axon_out_addr_i,
    .axon_out_gnt_o  (axon_out_gnt),
    .axon_in_req_i,
    .axon_in_addr_i,
    .axon_in_gnt_o   (axon_in_gnt),
    .b_rdata_o       (b_rdata)
  );

  // The host works in IDLE only, when no engine runs.
  always_comb assume (!(host_en_i && engine_en_i));

  // The word watched, and what this cycle's access does to a word that was OLD.
  (* anyconst *) logic [AddrBits-1:0] word;
  logic [LaneBits-1:0] host_lane;
  logic                host_hit, engine_hit, a_hit;

  assign host_lane  = host_addr_i[LaneBits-1:0];
  assign a_hit      = a_en_i && a_addr_i[AddrBits-1:0] == word;
  assign host_hit   = host_en_i && host_addr_i[LaneBits +: AddrBits] == word;
  assign engine_hit = engine_en_i && engine_addr_i[AddrBits-1:0] == word;

  // The access of the last cycle, and of the one before.
  logic [Lanes-1:0]    write_d, write_q;   // lanes written of the word watched
  logic [WordBits-1:0] data_d, data_q;     // with this
  logic [WordBits-1:0] old_q;              // the word before that
  logic                a_hit_q, a_en_q;
  logic                b_hit_d, b_hit_q, b_read_q, host_hit_q;
  logic [LaneBits-1:0] host_lane_q;
  logic [WordBits-1:0] a_last_q, b_last_q;
  logic                past_q = 1'b0;
  logic                b_read_d;

  assign write_d = (engine_hit && engine_we_i) ? engine_wlane_i
                 : (host_hit && host_we_i) ? (Lanes'(1) << host_lane) : '0;
  assign data_d   = engine_en_i ? engine_wdata_i : {Lanes{host_wdata_i}};
  assign b_read_d = (host_en_i && !host_we_i) || (engine_en_i && !engine_we_i) || axon_out_gnt
                  || axon_in_gnt;
  assign b_hit_d  = (host_hit && !host_we_i) || (engine_hit && !engine_we_i)
                  || (axon_out_gnt && axon_out_addr_i[AddrBits-1:0] == word)
                  || (axon_in_gnt && axon_in_addr_i[AddrBits-1:0] == word);

  logic [Lanes-1:0]    write_qq;
  logic [WordBits-1:0] data_qq;

  always_ff @(posedge clk_i) begin
    past_q      <= 1'b1;
    a_en_q      <= a_en_i;
    a_hit_q     <= a_hit;
    write_q     <= write_d;
    data_q      <= data_d;
    write_qq    <= write_q;
    data_qq     <= data_q;
    old_q       <= a_rdata;
    b_hit_q     <= b_hit_d;
    b_read_q    <= b_read_d;
    host_hit_q  <= host_hit && !host_we_i;
    host_lane_q <= host_lane;
    a_last_q    <= a_rdata;
    b_last_q    <= b_rdata;
  end

  logic old_known_q = 1'b0;
  always_ff @(posedge clk_i) old_known_q <= past_q && a_hit_q;

  always_comb begin
    if (rst_ni) begin
      assert (axon_out_gnt == (axon_out_req_i && !host_en_i && !engine_en_i));
      assert (axon_in_gnt == (axon_in_req_i && !axon_out_req_i && !host_en_i && !engine_en_i));
      assert (host_bad == (host_addr_i >> (AddrBits + LaneBits) != '0));
      // Read in the last cycle and in the one before.
      if (old_known_q && a_hit_q) begin
        for (int i = 0; i < Lanes; i++) begin
          assert (a_rdata[32*i +: 32] == (write_qq[i] ? data_qq[32*i +: 32] : old_q[32*i +: 32]));
        end
      end
      if (past_q && a_hit_q && b_hit_q) assert (b_rdata == a_rdata);
      if (past_q && host_hit_q) assert (host_rdata == b_rdata[32*host_lane_q +: 32]);
      if (past_q && !a_en_q) assert (a_rdata == a_last_q);
      if (past_q && !b_read_q) assert (b_rdata == b_last_q);
    end
  end

  always_ff @(posedge clk_i) begin
    cover (rst_ni && old_known_q && a_hit_q && write_qq == Lanes'(1) && a_rdata != old_q);
    cover (rst_ni && a_hit_q && b_hit_q && b_rdata == 64'h0123_4567_89AB_CDEF);
  end
endmodule

`default_nettype wire
