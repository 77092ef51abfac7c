// SPDX-License-Identifier: Apache-2.0
// nt_check.vh: frame of a unit testbench: clock, reset, seed, comparisons, cycle limit, verdict.
//
// Include it inside the testbench module, after these two constants:
//   localparam Unit = "nt_fifo";               the module under test
//   localparam integer CycleLimit = 100000;    a run that takes longer has failed
// Stimulus changes at the falling edge of clk, outputs are looked at just before the rising edge
// (always @(posedge clk) sees the values from before it) or at the next falling edge. A testbench
// calls nt_begin once, nt_reset as it likes, and nt_end when all is compared.
`ifndef NT_CHECK_MACROS
`define NT_CHECK_MACROS

// Compares every bit, X and Z included. WHAT is a string, INDEX a number that tells where.
`define NT_EQ_AT(WHAT, INDEX, GOT, WANT) \
  begin \
    checks = checks + 1; \
    if ((GOT) !== (WANT)) begin \
      errors = errors + 1; \
      if (errors <= 10) begin \
        $display("FAIL %0s: %0s [%0d], cycle %0d, line %0d: expected %h, got %h", \
                 Unit, WHAT, INDEX, cycles, `__LINE__, (WANT), (GOT)); \
      end \
      if (errors == 10) nt_end; \
    end \
  end
`define NT_EQ(WHAT, GOT, WANT) `NT_EQ_AT(WHAT, 0, GOT, WANT)

`endif

  reg     clk    = 1'b0;
  reg     rst_n  = 1'b0;
  integer checks = 0;      // comparisons made
  integer errors = 0;      // comparisons that failed
  integer cycles = 0;      // rising edges of clk
  integer seed;            // state of the random numbers
  integer first_seed;      // what they started from
  reg     ended  = 1'b0;

  always #5 clk = ~clk;

  always @(posedge clk) begin
    cycles = cycles + 1;
    if (cycles > CycleLimit) begin
      errors = errors + 1;
      $display("FAIL %0s: not done after %0d cycles", Unit, CycleLimit);
      nt_end;
    end
  end

  // Takes the seed, says how to repeat the run, and ends the reset of the beginning. One rising edge
  // of clk in reset is enough, whatever the registers hold.
  task nt_begin;
    begin
      if (!$value$plusargs("seed=%d", seed)) seed = 1;
      first_seed = seed;
      $display("%0s: seed %0d; repeat with testbench/unit/run.sh %0s +seed=%0d",
               Unit, seed, Unit, seed);
      @(negedge clk) rst_n = 1'b1;
    end
  endtask

  task nt_reset;
    begin
      @(negedge clk) rst_n = 1'b0;
      @(negedge clk);
      rst_n = 1'b1;
    end
  endtask

  // The verdict. A testbench that compared nothing has failed.
  task nt_end;
    if (!ended) begin
      ended = 1'b1;
      if (errors == 0 && checks > 0) begin
        $display("PASS %0s: %0d values compared (seed %0d)", Unit, checks, first_seed);
      end else begin
        $display("FAIL %0s: %0d of %0d values differ (seed %0d)", Unit, errors, checks,
                 first_seed);
      end
      $finish;
    end
  endtask

  // A random number below n.
  function integer rnd(input integer n);
    reg [31:0] bits;
    begin
      bits = $random(seed);
      rnd  = bits % n;
    end
  endfunction

  // 512 random bits.
  function [511:0] rnd_wide(input integer unused);
    integer i;
    begin
      for (i = 0; i < 16; i = i + 1) rnd_wide[32*i +: 32] = $random(seed);
    end
  endfunction
