// SPDX-License-Identifier: Apache-2.0
// tb_nt_dendrite: rows, swaps, host accesses and engine reads against the accumulators and activity
// that docs/spec/timestep.md and arithmetic.md define.
`default_nettype none

module tb_nt_dendrite;
  localparam Unit = "nt_dendrite";
  localparam integer CycleLimit = 200000;
  parameter integer WordBits = 64;
  parameter integer Lines    = 4;
  parameter integer AccBits  = 24;
  localparam integer Half    = WordBits / 2;   // accumulators of a row
  localparam integer Lanes   = WordBits / 32;  // accumulators of a beat
  localparam integer Rows    = 4 * Lines;
  localparam integer Corners = 6;
  `include "nt_check.vh"

  reg                      swap, clear, row_valid, acc_en, host_en, host_we, host_act;
  reg  [1:0]               row_dendrite, acc_dendrite;
  reg  [$clog2(Lines)-1:0] row_line;
  reg  [5:0]               acc_line;
  reg  [3:0]               acc_beat;
  reg  [WordBits-1:0]      digits;
  reg  [AccBits-1:0]       t1, t2, t3;
  wire [32*Lanes-1:0]      acc_rdata;
  wire [4*Lines-1:0]       act_current;
  reg  [19:0]              host_addr;
  reg  [31:0]              host_wdata;
  wire                     host_bad, poke_valid, pending, overflow, busy;
  wire [31:0]              host_rdata;
  wire [$clog2(Half)-1:0]  poke_lane;
  wire [AccBits-1:0]       poke_term;

  nt_dendrite #(.WordBits(WordBits), .Lines(Lines), .AccBits(AccBits)) u_dut (
    .clk_i(clk), .rst_ni(rst_n), .swap_i(swap), .clear_i(clear),
    .row_valid_i(row_valid), .row_dendrite_i(row_dendrite), .row_line_i(row_line),
    .digits_i(digits), .t1_i(t1), .t2_i(t2), .t3_i(t3),
    .acc_en_i(acc_en), .acc_dendrite_i(acc_dendrite), .acc_line_i(acc_line),
    .acc_beat_i(acc_beat), .acc_rdata_o(acc_rdata), .act_current_o(act_current),
    .host_en_i(host_en), .host_we_i(host_we), .host_act_i(host_act), .host_addr_i(host_addr),
    .host_wdata_i(host_wdata), .host_bad_addr_o(host_bad), .host_rdata_o(host_rdata),
    .poke_valid_o(poke_valid), .poke_lane_o(poke_lane), .poke_term_o(poke_term),
    .pending_o(pending), .overflow_o(overflow), .busy_o(busy));

  // The expectation. Row = dendrite * Lines + line.
  reg signed [AccBits-1:0] coming [0:Rows*Half-1];
  reg signed [AccBits-1:0] current [0:Rows*Half-1];
  reg [Rows-1:0]           coming_act, current_act;
  integer                  want_overflows, got_overflows;

  always @(posedge clk) if (overflow === 1'b1) got_overflows = got_overflows + 1;

  function signed [AccBits-1:0] corner(input integer n);
    case (n % Corners)
      0:       corner = '0;
      1:       corner = 1;
      2:       corner = -1;
      3:       corner = {1'b0, {(AccBits-1){1'b1}}};
      4:       corner = {1'b1, {(AccBits-1){1'b0}}};
      default: corner = $random(seed);
    endcase
  endfunction

  // One row per cycle; digits and terms of a row are on the wires one cycle after its name.
  reg [WordBits-1:0] next_digits;
  reg [AccBits-1:0]  next_t1, next_t2, next_t3;

  task step(input valid, input integer row, input [WordBits-1:0] d, input [AccBits-1:0] a,
            input [AccBits-1:0] b, input [AccBits-1:0] c);
    integer           i;
    reg signed [39:0] sum, term;
    reg               over;
    begin
      @(negedge clk);
      row_valid    = valid;
      row_dendrite = row / Lines;
      row_line     = row % Lines;
      digits = next_digits;
      t1     = next_t1;
      t2     = next_t2;
      t3     = next_t3;
      next_digits = d;
      next_t1     = a;
      next_t2     = b;
      next_t3     = c;
      if (valid) begin
        over = 1'b0;
        for (i = 0; i < Half; i = i + 1) begin
          if (!coming_act[row]) coming[row * Half + i] = '0;
          term = 40'sd0;
          if (d[2*i +: 2] == 2'd1) term = $signed(a);
          if (d[2*i +: 2] == 2'd2) term = $signed(b);
          if (d[2*i +: 2] == 2'd3) term = $signed(c);
          sum = coming[row * Half + i] + term;
          coming[row * Half + i] = sum[AccBits-1:0];
          if (sum !== 40'($signed(sum[AccBits-1:0]))) over = 1'b1;
        end
        coming_act[row] = 1'b1;
        if (over) want_overflows = want_overflows + 1;
      end
    end
  endtask

  task settle;
    begin
      step(1'b0, 0, '0, '0, '0, '0);
      step(1'b0, 0, '0, '0, '0, '0);
      while (busy) @(negedge clk);
      @(negedge clk);
      `NT_EQ("overflow_o pulses", got_overflows, want_overflows)
      `NT_EQ("pending_o", pending, coming_act != 0)
    end
  endtask

  // Host accesses; the stage before this one brings the term of a write back one cycle later.
  task host_write(input act, input integer address, input [31:0] value);
    begin
      @(negedge clk);
      host_en    = 1'b1;
      host_we    = 1'b1;
      host_act   = act;
      host_addr  = address;
      host_wdata = value;
      `NT_EQ_AT("host_bad_addr_o", address, host_bad, 1'b0)
      @(negedge clk);
      host_en = 1'b0;
      `NT_EQ("poke_valid_o", poke_valid, !act)
      next_digits = WordBits'(1) << (2 * poke_lane);
      next_t1     = poke_term;
      if (!act) begin
        @(negedge clk);
        digits = next_digits;
        t1     = next_t1;
        `NT_EQ("poke_valid_o after a write", poke_valid, 1'b0)
        coming[address] = value[AccBits-1:0];
      end else begin
        for (k = 0; k < 4; k = k + 1) coming_act[k * Lines + address] = value[k];
      end
      next_digits = '0;
      while (busy) @(negedge clk);
    end
  endtask

  task host_read(input act, input integer address, output [31:0] value);
    begin
      @(negedge clk);
      host_en   = 1'b1;
      host_we   = 1'b0;
      host_act  = act;
      host_addr = address;
      @(negedge clk);
      host_en = 1'b0;
      value   = host_rdata;
    end
  endtask

  reg [31:0] value;
  integer    k, n;

  task check_coming;
    begin
      settle;
      for (n = 0; n < Rows * Half; n = n + 1) begin
        host_read(1'b0, n, value);
        `NT_EQ_AT("ACC", n, value, coming_act[n / Half] ? 32'(coming[n]) : 32'd0)
      end
      for (n = 0; n < Lines; n = n + 1) begin
        host_read(1'b1, n, value);
        `NT_EQ_AT("ACT", n, value, {28'd0, coming_act[3*Lines+n], coming_act[2*Lines+n],
                                    coming_act[Lines+n], coming_act[n]})
      end
    end
  endtask

  task exchange;
    begin
      settle;
      swap = 1'b1;
      @(negedge clk) swap = 1'b0;
      for (n = 0; n < Rows * Half; n = n + 1) current[n] = coming[n];
      current_act = coming_act;
      coming_act  = '0;
    end
  endtask

  // The engine reads a beat; rows may be added to the coming accumulators at the same time.
  task check_beat(input integer row, input integer beat);
    begin
      acc_en       = 1'b1;
      acc_dendrite = row / Lines;
      acc_line     = row % Lines;
      acc_beat     = beat;
      random_row;
      acc_en = 1'b0;
      for (k = 0; k < Lanes; k = k + 1) begin
        `NT_EQ_AT("acc_rdata_o", row * Half + beat * Lanes + k, acc_rdata[32*k +: 32],
                  current_act[row] ? 32'(current[row * Half + beat * Lanes + k]) : 32'd0)
      end
    end
  endtask

  task check_current;
    integer row, beat;
    begin
      // Bit line*4 + dendrite.
      for (row = 0; row < Rows; row = row + 1) begin
        `NT_EQ_AT("act_current_o", row, act_current[4 * (row % Lines) + row / Lines],
                  current_act[row])
      end
      for (row = 0; row < Rows; row = row + 1) begin
        for (beat = 0; beat < 16; beat = beat + 1) check_beat(row, beat);
      end
      random_row_off;
    end
  endtask

  // Half of the rows are the one before again; the top row is left alone by most.
  integer last_row;

  task random_row;
    begin
      if (rnd(2) != 0) last_row = rnd(Rows - (rnd(8) != 0));
      step(rnd(4) != 0, last_row, rnd_wide(0), corner(rnd(8)) >>> rnd(AccBits),
           corner(rnd(8)), corner(rnd(8)) >>> rnd(AccBits));
    end
  endtask

  task random_row_off;
    step(1'b0, 0, '0, '0, '0, '0);
  endtask

  integer o, p, q, round;

  initial begin
    swap = 1'b0;  clear = 1'b0;  row_valid = 1'b0;  acc_en = 1'b0;  host_en = 1'b0;
    host_we = 1'b0;  host_act = 1'b0;  host_addr = '0;  host_wdata = '0;
    row_dendrite = '0;  row_line = '0;  acc_dendrite = '0;  acc_line = '0;  acc_beat = '0;
    digits = '0;  t1 = '0;  t2 = '0;  t3 = '0;
    next_digits = '0;  next_t1 = '0;  next_t2 = '0;  next_t3 = '0;
    want_overflows = 0;  got_overflows = 0;  last_row = 0;
    coming_act = '0;  current_act = '0;
    nt_begin;
    `NT_EQ("act_current_o after reset", act_current, '0)
    `NT_EQ("after reset", {pending, busy, poke_valid, overflow}, 4'b0000)

    // Every digit with boundary terms on boundary accumulators, each its own row and back to back.
    for (o = 0; o < Corners; o = o + 1) begin
      for (p = 0; p < Corners; p = p + 1) begin
        for (q = 0; q < 4; q = q + 1) begin
          step(1'b1, (o + p) % Rows, {Half{2'd1}}, corner(o), '0, '0);
          step(1'b1, (o + p) % Rows, {Half{q[1:0]}}, corner(p), corner(p + 1), corner(p + 2));
          step(1'b1, (o + q) % Rows, {Half{2'd3}}, '0, '0, corner(p + 3));
        end
      end
      check_coming;
    end
    exchange;
    check_current;

    // Addresses: the last ones exist, those beyond do not.
    settle;
    host_act = 1'b0;
    for (k = 0; k < 2; k = k + 1) begin
      host_act = k;
      for (n = (k ? Lines : Rows * Half); n < 1048576; n = n * 2) begin
        host_addr = n;
        #1 `NT_EQ_AT("host_bad_addr_o", n, host_bad, 1'b1)
        host_addr = (k ? Lines : Rows * Half) - 1;
        #1 `NT_EQ_AT("host_bad_addr_o", host_addr, host_bad, 1'b0)
      end
    end

    // The host writes a row that is not active: it reads 0, then active, then is what was written.
    exchange;
    for (n = 0; n < Half; n = n + 1) host_write(1'b0, 5 * Half + n, $random(seed));
    host_read(1'b0, 5 * Half, value);
    `NT_EQ("ACC of a row that is not active", value, 32'd0)
    host_write(1'b1, 5 % Lines, 1 << (5 / Lines));
    check_coming;
    // A write to ACC counts without the activity bit only until a spike comes: that starts from 0.
    exchange;
    for (n = 0; n < Half; n = n + 1) host_write(1'b0, 6 * Half + n, $random(seed));
    step(1'b1, 6, {Half{2'd1}}, 9, '0, '0);
    check_coming;
    // Writing an active row, then adding to it; activity taken away.
    for (n = 0; n < Half; n = n + 3) host_write(1'b0, 6 * Half + n, $random(seed));
    step(1'b1, 6, {Half{2'd2}}, '0, -7, '0);
    check_coming;
    host_write(1'b1, 6 % Lines, 32'd0);
    check_coming;

    // Steps with random rows, read by the engine while the next ones come in.
    for (round = 0; round < 6; round = round + 1) begin
      repeat (150) random_row;
      check_coming;
      exchange;
      check_current;
    end

    // A state reset makes all rows inactive, coming and current.
    repeat (10) random_row;
    settle;
    clear = 1'b1;
    @(negedge clk) clear = 1'b0;
    coming_act  = '0;
    current_act = '0;
    check_coming;
    check_current;
    nt_end;
  end
endmodule

`default_nettype wire
