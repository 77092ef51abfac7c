// SPDX-License-Identifier: Apache-2.0
// tb_nt_barrier: timesteps and state resets among cores that stay busy for a while; phases, pulses
// and the closed spike input against docs/spec/timestep.md.
`default_nettype none

module tb_nt_barrier;
  localparam Unit = "nt_barrier";
  localparam integer CycleLimit = 60000;
  parameter integer Cores = 3;
  `include "nt_defs.vh"
  `include "nt_check.vh"

  reg              start, clear, router_busy, rsp_busy, host_busy;
  reg  [Cores-1:0] in_busy, engine_busy, out_busy;
  wire [2:0]       phase;
  wire             busy, spike_open, core_start, core_clear, step_done;

  nt_barrier #(.Cores(Cores)) u_dut (
    .clk_i(clk), .rst_ni(rst_n), .start_i(start), .clear_i(clear), .router_busy_i(router_busy),
    .in_busy_i(in_busy), .engine_busy_i(engine_busy), .out_busy_i(out_busy),
    .rsp_busy_i(rsp_busy), .host_busy_i(host_busy), .phase_o(phase), .busy_o(busy),
    .spike_open_o(spike_open), .core_start_o(core_start), .core_clear_o(core_clear),
    .step_done_o(step_done));

  // Invariants of every cycle.
  wire    spikes = router_busy || (in_busy != 0);
  integer starts, clears, dones;

  always @(posedge clk) begin
    if (rst_n) begin
      `NT_EQ("busy_o", busy, phase != PHASE_IDLE || spikes || host_busy)
      `NT_EQ("spike_open_o in DRAIN and CLEAR is closed", spike_open,
             phase != PHASE_DRAIN && phase != PHASE_CLEAR)
      if (core_start) begin
        `NT_EQ("core_start_o with spikes on their way", {spikes, phase}, {1'b0, 3'(PHASE_DRAIN)})
        starts = starts + 1;
      end
      if (core_clear) begin
        `NT_EQ("core_clear_o with spikes on their way", {spikes, phase}, {1'b0, 3'(PHASE_CLEAR)})
        clears = clears + 1;
      end
      if (step_done) begin
        `NT_EQ("step_done_o before all is quiet",
               {spikes, out_busy != 0, rsp_busy, engine_busy != 0, phase},
               {4'b0000, 3'(PHASE_FLUSH)})
        dones = dones + 1;
      end
    end
  end

  integer c, k, delay, was_starts, was_clears, was_dones;

  // Engines are busy from the second cycle after the command on, for a while, not all at once.
  task engines(input integer longest);
    begin
      @(negedge clk);
      engine_busy = $random(seed);
      engine_busy[rnd(Cores)] = 1'b1;
      delay = rnd(longest);
      repeat (delay) @(negedge clk);
      while (engine_busy != 0) begin
        @(negedge clk);
        engine_busy[rnd(Cores)] = 1'b0;
      end
    end
  endtask

  task expect_phase(input integer want);
    `NT_EQ("phase_o", phase, want)
  endtask

  initial begin
    start = 1'b0;  clear = 1'b0;  router_busy = 1'b0;  rsp_busy = 1'b0;  host_busy = 1'b0;
    in_busy = '0;  engine_busy = '0;  out_busy = '0;
    starts = 0;  clears = 0;  dones = 0;
    nt_begin;
    `NT_EQ("after reset", {phase, busy, core_start, core_clear, step_done, spike_open},
           {3'(PHASE_IDLE), 5'b00001})
    for (k = 0; k < 200; k = k + 1) begin
      was_starts = starts;
      was_clears = clears;
      was_dones  = dones;
      @(negedge clk);
      expect_phase(PHASE_IDLE);
      host_busy = rnd(2);
      @(negedge clk);
      host_busy   = 1'b0;
      router_busy = rnd(2);
      in_busy     = $random(seed);
      if (k % 4 == 3) clear = 1'b1;
      else            start = 1'b1;
      @(negedge clk);
      start = 1'b0;
      clear = 1'b0;
      // Spikes are consumed before anything else happens.
      repeat (rnd(6)) begin
        if (spikes) begin
          expect_phase((k % 4 == 3) ? PHASE_CLEAR : PHASE_DRAIN);
          `NT_EQ("pulses before all is quiet", starts + clears, was_starts + was_clears)
          @(negedge clk);
        end
      end
      router_busy = 1'b0;
      in_busy     = '0;
      while (starts == was_starts && clears == was_clears) @(negedge clk);
      if (k % 4 == 3) begin
        engines(10);
        repeat (3) @(negedge clk);
        `NT_EQ("a reset is no step", dones, was_dones)
      end else begin
        expect_phase(PHASE_NEURON);
        engines(10);
        in_busy     = $random(seed);
        out_busy    = $random(seed);
        router_busy = rnd(2);
        rsp_busy    = rnd(2);
        repeat (2) @(negedge clk);
        expect_phase((spikes || out_busy != 0 || rsp_busy) ? PHASE_FLUSH : PHASE_IDLE);
        // One thing after the other becomes quiet.
        repeat (rnd(5)) @(negedge clk);
        in_busy = '0;
        repeat (rnd(3)) @(negedge clk);
        router_busy = 1'b0;
        repeat (rnd(3)) @(negedge clk);
        out_busy = '0;
        repeat (rnd(3)) @(negedge clk);
        if (rsp_busy) `NT_EQ("step_done_o waits for the responses", dones, was_dones)
        rsp_busy = 1'b0;
        repeat (2) @(negedge clk);
        `NT_EQ("step_done_o", dones, was_dones + 1)
      end
      `NT_EQ("core_start_o pulses", starts - was_starts, k % 4 != 3)
      `NT_EQ("core_clear_o pulses", clears - was_clears, k % 4 == 3)
    end
    nt_end;
  end
endmodule

`default_nettype wire
