// SPDX-License-Identifier: Apache-2.0
// tb_nt_pool: random accesses on both ports against an array; arbiter, lane enables, address wrap.
`default_nettype none

module tb_nt_pool;
  localparam Unit = "nt_pool";
  localparam integer CycleLimit = 60000;
  parameter integer PoolWords = 256;
  parameter integer WordBits  = 128;
  localparam integer Lanes    = WordBits / 32;
  localparam integer Filled   = (PoolWords * Lanes < 8192) ? PoolWords * Lanes : 8192;
  `include "nt_check.vh"

  reg                 a_en, host_en, host_we, engine_en, engine_we, out_req, in_req;
  reg  [15:0]         a_addr, engine_addr, out_addr, in_addr;
  reg  [19:0]         host_addr;
  reg  [31:0]         host_wdata;
  reg  [WordBits-1:0] engine_wdata;
  reg  [Lanes-1:0]    engine_wlane;
  wire                host_bad, out_gnt, in_gnt;
  wire [31:0]         host_rdata;
  wire [WordBits-1:0] a_rdata, b_rdata;

  nt_pool #(.PoolWords(PoolWords), .WordBits(WordBits)) u_dut (
    .clk_i(clk), .rst_ni(rst_n),
    .a_en_i(a_en), .a_addr_i(a_addr), .a_rdata_o(a_rdata),
    .host_en_i(host_en), .host_we_i(host_we), .host_addr_i(host_addr), .host_wdata_i(host_wdata),
    .host_bad_addr_o(host_bad), .host_rdata_o(host_rdata),
    .engine_en_i(engine_en), .engine_we_i(engine_we), .engine_addr_i(engine_addr),
    .engine_wdata_i(engine_wdata), .engine_wlane_i(engine_wlane),
    .axon_out_req_i(out_req), .axon_out_addr_i(out_addr), .axon_out_gnt_o(out_gnt),
    .axon_in_req_i(in_req), .axon_in_addr_i(in_addr), .axon_in_gnt_o(in_gnt),
    .b_rdata_o(b_rdata));

  // The expectation: memory as a list of lanes, and what every port has read last.
  reg [31:0]         lanes [0:PoolWords*Lanes-1];
  reg [WordBits-1:0] want_a, want_b, word;
  reg [31:0]         want_host;
  reg                know_a, know_b, know_host;
  integer            i, at;

  function [WordBits-1:0] word_of(input integer address);
    integer lane;
    begin
      for (lane = 0; lane < Lanes; lane = lane + 1) begin
        word_of[32*lane +: 32] = lanes[(address % PoolWords) * Lanes + lane];
      end
    end
  endfunction

  always @(posedge clk) begin
    if (!rst_n) begin
      know_a    = 1'b0;
      know_b    = 1'b0;
      know_host = 1'b0;
    end else begin
      if (know_a) `NT_EQ("a_rdata_o", a_rdata, want_a)
      if (know_b) `NT_EQ("b_rdata_o", b_rdata, want_b)
      if (know_host) `NT_EQ("host_rdata_o", host_rdata, want_host)
      know_host = 1'b0;
      // First of host, engine, axon_out, axon_in.
      `NT_EQ("axon_out_gnt_o", out_gnt, out_req && !host_en && !engine_en)
      `NT_EQ("axon_in_gnt_o", in_gnt, in_req && !host_en && !engine_en && !out_req)
      `NT_EQ("host_bad_addr_o", host_bad, host_addr >= PoolWords * Lanes)
      // Port A reads what was there before a write of this cycle.
      if (a_en) begin
        want_a = word_of(a_addr);
        know_a = 1'b1;
      end
      if (host_en) begin
        if (host_we) begin
          lanes[host_addr] = host_wdata;
        end else begin
          want_host = lanes[host_addr];
          know_host = 1'b1;
          want_b    = word_of(host_addr / Lanes);
          know_b    = 1'b1;
        end
      end else if (engine_en) begin
        if (engine_we) begin
          at = (engine_addr % PoolWords) * Lanes;
          for (i = 0; i < Lanes; i = i + 1) begin
            if (engine_wlane[i]) lanes[at + i] = engine_wdata[32*i +: 32];
          end
        end else begin
          want_b = word_of(engine_addr);
          know_b = 1'b1;
        end
      end else if (out_req || in_req) begin
        want_b = word_of(out_req ? out_addr : in_addr);
        know_b = 1'b1;
      end
    end
  end

  task idle;
    begin
      a_en      = 1'b0;
      host_en   = 1'b0;
      engine_en = 1'b0;
      out_req   = 1'b0;
      in_req    = 1'b0;
    end
  endtask

  // Addresses fall into a few words, so that the ports meet; high bits are random.
  function [15:0] some_word(input integer unused);
    reg [31:0] bits;
    begin
      bits      = $random(seed);
      some_word = (bits[15:0] & ~16'(PoolWords - 1)) | (rnd(4) == 0 ? rnd(PoolWords) : rnd(4));
    end
  endfunction

  integer n;

  initial begin
    idle;
    host_we    = 1'b0;
    host_addr  = '0;
    host_wdata = '0;
    nt_begin;
    // Every lane, of a large pool the first ones, once through the host, and back.
    for (n = 0; n < Filled; n = n + 1) begin
      @(negedge clk);
      host_en    = 1'b1;
      host_we    = 1'b1;
      host_addr  = n;
      host_wdata = $random(seed);
    end
    for (n = 0; n < Filled; n = n + 1) begin
      @(negedge clk);
      host_we   = 1'b0;
      host_addr = n;
    end
    @(negedge clk) idle;
    for (n = 0; n < 4000; n = n + 1) begin
      @(negedge clk);
      idle;
      a_en         = rnd(2);
      a_addr       = some_word(0);
      host_addr    = $random(seed);
      host_wdata   = $random(seed);
      host_we      = rnd(2);
      engine_we    = rnd(2);
      engine_addr  = some_word(0);
      engine_wdata = rnd_wide(0);
      engine_wlane = $random(seed);
      out_req      = rnd(2);
      out_addr     = some_word(0);
      in_req       = rnd(2);
      in_addr      = some_word(0);
      case (rnd(6))
        0: begin
          host_en   = 1'b1;
          host_addr = (some_word(0) % PoolWords) * Lanes + rnd(Lanes);
        end
        1, 2: engine_en = 1'b1;
        default: ;
      endcase
    end
    @(negedge clk) idle;
    repeat (3) @(negedge clk);
    nt_end;
  end
endmodule

`default_nettype wire
