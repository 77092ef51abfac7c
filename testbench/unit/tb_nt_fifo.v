// SPDX-License-Identifier: Apache-2.0
// tb_nt_fifo: random traffic against a queue kept here, in phases from empty to full.
`default_nettype none

module tb_nt_fifo;
  localparam Unit = "nt_fifo";
  localparam integer CycleLimit = 20000;
  parameter integer Width = 12;
  parameter integer Depth = 4;
  `include "nt_check.vh"

  reg                    in_valid, out_ready;
  reg  [Width-1:0]       in_data;
  wire                   in_ready, out_valid;
  wire [Width-1:0]       out_data;
  wire [$clog2(Depth):0] level;

  nt_fifo #(.Width(Width), .Depth(Depth)) u_dut (
    .clk_i(clk), .rst_ni(rst_n),
    .in_valid_i(in_valid), .in_ready_o(in_ready), .in_data_i(in_data),
    .out_valid_o(out_valid), .out_ready_i(out_ready), .out_data_o(out_data), .level_o(level));

  // The expectation: entries put in and taken out so far.
  reg [Width-1:0] entries [0:16383];
  integer         head, tail;
  reg             stalled;  // the entry offered was not taken

  always @(posedge clk) begin
    if (!rst_n) begin
      head = 0;
      tail = 0;
      stalled = 1'b0;
    end else begin
      `NT_EQ("level_o", level, tail - head)
      `NT_EQ("in_ready_o", in_ready, (tail - head) < Depth)
      `NT_EQ("out_valid_o", out_valid, tail != head)
      if (out_valid === 1'b1) `NT_EQ("out_data_o", out_data, entries[head])
      stalled = in_valid && !in_ready;
      if (in_valid && (tail - head) < Depth) begin
        entries[tail] = in_data;
        if (out_ready && tail != head) head = head + 1;
        tail = tail + 1;
      end else if (out_ready && tail != head) begin
        head = head + 1;
      end
    end
  end

  // Traffic: in and out with probabilities in eighths; an entry that waits is kept.
  task run(input integer count, input integer in_eighths, input integer out_eighths);
    repeat (count) begin
      @(negedge clk);
      if (!stalled) begin
        in_valid = rnd(8) < in_eighths;
        in_data  = $random(seed);
      end
      out_ready = rnd(8) < out_eighths;
    end
  endtask

  integer phase;

  initial begin
    in_valid  = 1'b0;
    out_ready = 1'b0;
    in_data   = '0;
    nt_begin;
    run(40, 8, 0);
    run(40, 0, 8);
    run(40, 8, 8);
    for (phase = 0; phase < 40; phase = phase + 1) run(50, rnd(9), rnd(9));
    nt_reset;
    run(100, 4, 4);
    nt_end;
  end
endmodule

`default_nettype wire
