// SPDX-License-Identifier: Apache-2.0
// tb_nt_axon_in: spikes to jobs against docs/spec/memory.md, with a pool that grants when it likes.
`default_nettype none

module tb_nt_axon_in;
  localparam Unit = "nt_axon_in";
  localparam integer CycleLimit = 60000;
  parameter integer WordBits = 256;
  parameter integer Depth    = 16;
  localparam integer Dwords  = WordBits / 64;
  localparam integer Table   = 64;             // pool words that hold the axon table
  localparam integer Axons   = Table * Dwords;
  `include "nt_defs.vh"
  `include "nt_check.vh"

  reg  [15:0]         axon_base, in_axon;
  reg  [16:0]         axon_count;
  reg                 hold, invalidate, in_valid, job_ready;
  reg  [23:0]         in_payload;
  wire                in_ready, pool_req, job_valid, bad_axon, busy;
  wire [15:0]         pool_addr;
  wire                pool_gnt;
  reg  [WordBits-1:0] pool_rdata;
  wire [63:0]         job_entry;
  wire [23:0]         job_payload;
  wire [$clog2(Depth):0] level;

  nt_axon_in #(.WordBits(WordBits), .Depth(Depth)) u_dut (
    .clk_i(clk), .rst_ni(rst_n), .axon_base_i(axon_base), .axon_count_i(axon_count),
    .hold_i(hold), .invalidate_i(invalidate),
    .in_valid_i(in_valid), .in_ready_o(in_ready), .in_axon_i(in_axon), .in_payload_i(in_payload),
    .pool_req_o(pool_req), .pool_addr_o(pool_addr), .pool_gnt_i(pool_gnt),
    .pool_rdata_i(pool_rdata),
    .job_valid_o(job_valid), .job_ready_i(job_ready), .job_entry_o(job_entry),
    .job_payload_o(job_payload), .bad_axon_o(bad_axon), .busy_o(busy), .level_o(level));

  // The pool: grants at random, data for one cycle only.
  reg [63:0] entries [0:Axons-1];
  reg        willing;
  integer    gnt_eighths, grants, i;

  assign pool_gnt = pool_req && willing;

  always @(posedge clk) begin
    if (pool_gnt === 1'b1) begin
      grants = grants + 1;
      for (i = 0; i < Dwords; i = i + 1) begin
        pool_rdata[64*i +: 64] <= entries[((pool_addr - axon_base) & (Table - 1)) * Dwords + i];
      end
    end else begin
      pool_rdata <= rnd_wide(0);
    end
  end

  // The expectation: jobs in the order of the spikes; spikes without entry are dropped.
  reg [87:0] jobs [0:8191];
  integer    jobs_in, jobs_out, bad_want, bad_got, taken;
  reg        stalled;

  function is_bad(input [15:0] axon);
    reg [2:0] format;
    begin
      format = entries[axon % Axons][AXON_FORMAT_LSB +: AXON_FORMAT_W];
      is_bad = (axon >= axon_count) || (format == FORMAT_NONE) || (format > FORMAT_SINGLE);
    end
  endfunction

  always @(posedge clk) begin
    if (rst_n) begin
      stalled = in_valid && !in_ready;
      if (in_valid && in_ready) begin
        taken = taken + 1;
        if (is_bad(in_axon)) begin
          bad_want = bad_want + 1;
        end else begin
          jobs[jobs_in] = {in_payload, entries[in_axon]};
          jobs_in       = jobs_in + 1;
        end
      end
      if (job_valid && job_ready) begin
        `NT_EQ_AT("a job without spike", jobs_out, jobs_out < jobs_in, 1'b1)
        `NT_EQ_AT("job_entry_o", jobs_out, job_entry, jobs[jobs_out][63:0])
        `NT_EQ_AT("job_payload_o", jobs_out, job_payload, jobs[jobs_out][87:64])
        jobs_out = jobs_out + 1;
      end
      if (bad_axon) bad_got = bad_got + 1;
    end
  end

  always @(negedge clk) willing = rnd(8) < gnt_eighths;

  task new_table(input integer bad_eighths);
    integer a;
    begin
      for (a = 0; a < Axons; a = a + 1) begin
        entries[a] = rnd_wide(0);
        entries[a][AXON_FORMAT_LSB +: AXON_FORMAT_W] =
            (rnd(8) < bad_eighths) ? (rnd(2) ? FORMAT_NONE : FORMAT_SINGLE + 1 + rnd(3))
                                   : FORMAT_DENSE + rnd(4);
      end
    end
  endtask

  // Waits until nothing is inside, then compares the counts.
  task drain;
    begin
      @(negedge clk);
      job_ready = 1'b1;
      while (stalled) @(negedge clk);
      in_valid = 1'b0;
      repeat (2) @(negedge clk);
      while (busy || level != 0) @(negedge clk);
      @(negedge clk);
      `NT_EQ("jobs", jobs_out, jobs_in)
      `NT_EQ("bad_axon_o pulses", bad_got, bad_want)
    end
  endtask

  // Count spikes for consecutive axons, without a pause.
  task send_run(input integer first, input integer count);
    integer n;
    begin
      for (n = 0; n < count; n = n + 1) begin
        @(negedge clk);
        in_valid   = 1'b1;
        in_axon    = first + n;
        in_payload = $random(seed);
      end
      @(negedge clk) in_valid = 1'b0;
    end
  endtask

  integer k, was, start;

  initial begin
    jobs_in = 0;  jobs_out = 0;  bad_want = 0;  bad_got = 0;  taken = 0;  grants = 0;
    stalled = 1'b0;
    hold = 1'b0;  invalidate = 1'b0;  in_valid = 1'b0;  job_ready = 1'b1;
    axon_base = 16'hFFF0;  axon_count = Axons;  gnt_eighths = 8;
    willing = 1'b1;
    nt_begin;
    `NT_EQ("after reset", {busy, job_valid, bad_axon, pool_req, in_ready}, 5'b00001)
    `NT_EQ("level_o after reset", level, 0)
    new_table(0);

    // Neighbouring axons need one read per word, and pass one per cycle.
    start  = cycles;
    was = grants;
    send_run(0, 2 * Dwords);
    while (jobs_out < 2 * Dwords) @(negedge clk);
    `NT_EQ("reads for two words", grants - was, 2)
    `NT_EQ("one spike per cycle", (cycles - start) <= 2 * Dwords + 5, 1'b1)

    // The word read last is kept until it is invalidated, and then read again.
    drain;
    was = grants;
    send_run(2 * Dwords - 1, 1);
    drain;
    `NT_EQ("reads of a kept word", grants - was, 0)
    new_table(0);
    @(negedge clk) invalidate = 1'b1;
    @(negedge clk) invalidate = 1'b0;
    send_run(2 * Dwords - 1, 1);
    drain;
    `NT_EQ("reads after invalidate", grants - was, 1)

    // The axons at and below the end of the table.
    axon_count = 5;
    send_run(4, 2);
    drain;
    `NT_EQ("dropped at the end of the table", bad_got, 1)
    axon_count = Axons;

    // On hold the queue fills up and is not served; afterwards nothing is lost.
    hold = 1'b1;
    was = taken;
    send_run(7, Depth);
    repeat (4) @(negedge clk);
    `NT_EQ("level_o on hold", level, Depth)
    `NT_EQ("in_ready_o of a full queue", in_ready, 1'b0)
    `NT_EQ("pool_req_o on hold", pool_req, 1'b0)
    `NT_EQ("spikes taken on hold", taken - was, Depth)
    hold = 1'b0;
    drain;

    // Two jobs and one spike more wait behind the queue; the others stay in it.
    job_ready = 1'b0;
    send_run(0, 2);
    repeat (8) @(negedge clk);
    send_run(2, 4);
    repeat (8) @(negedge clk);
    `NT_EQ("level_o while no job is taken", level, 3)
    `NT_EQ("busy_o while no job is taken", busy, 1'b1)
    drain;

    // Random spikes, grants, stalls, bad entries; the table changes while the stage is on hold.
    for (k = 0; k < 30; k = k + 1) begin
      hold = 1'b1;
      repeat (3) @(negedge clk);
      while (busy) @(negedge clk);
      new_table(1);
      axon_count  = (k % 3 == 0) ? rnd(Axons) : Axons;
      axon_base   = $random(seed);
      gnt_eighths = 1 + rnd(8);
      invalidate  = 1'b1;
      @(negedge clk);
      invalidate = 1'b0;
      hold       = 1'b0;
      repeat (100) begin
        @(negedge clk);
        if (!stalled) begin
          in_valid   = rnd(8) < 1 + k % 8;
          in_axon    = (rnd(2) != 0) ? rnd(Axons + 8) : (in_axon + 1) % Axons;
          in_payload = $random(seed);
        end
        job_ready = rnd(8) < 1 + rnd(8);
      end
      drain;
    end
    nt_end;
  end
endmodule

`default_nettype wire
