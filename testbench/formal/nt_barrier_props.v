// SPDX-License-Identifier: Apache-2.0
// nt_barrier_props: the timestep as seen by messages, with cores and router as counts of messages.
//
// World    Spikes enter while spike_open_o allows it; the router hands messages to one core or to
//          both, or out of the tile; cores consume them; running engines send messages and probes.
//          All of it at any pace; no message is ever between two of the places counted.
// Promise  Buffers are exchanged when nothing is on its way, a step ends when nothing is, every
//          START gives one exchange and one end, and phases move on when the world is at rest.
`default_nettype none

module nt_barrier_props #(
  localparam integer Cores = 2
) (
  input wire logic             clk_i,
  input wire logic             start_i,
  input wire logic             clear_i,
  input wire logic             host_busy_i,
  // what the world does in this cycle, if it can
  input wire logic             enter_i,     // a spike enters
  input wire logic             route_i,     // the router hands over a message
  input wire logic [Cores-1:0] to_i,        // to these cores; none: out of the tile
  input wire logic [Cores-1:0] consume_i,   // a core has added a spike
  input wire logic [Cores-1:0] emit_i,      // an engine sends a message
  input wire logic [Cores-1:0] send_i,      // an output stage passes one to the router
  input wire logic [Cores-1:0] run_i,       // an engine has work, or still has
  input wire logic             probe_i,     // an engine sends a probe
  input wire logic             take_i       // the host takes a response
);
  `include "nt_formal.vh"
  `include "nt_defs.vh"

  logic [2:0] phase;
  logic       busy, spike_open, core_start, core_clear, step_done;

  // Messages in the router, at the cores' inputs, in their output stages; responses waiting.
  logic [2:0]       router_q, rsp_q;
  logic [2:0]       in_q [0:Cores-1];
  logic [2:0]       out_q [0:Cores-1];
  logic [Cores-1:0] engine_q, told_q, in_busy, out_busy;
  logic             clearing_q;

  assign in_busy  = {in_q[1] != '0, in_q[0] != '0};
  assign out_busy = {out_q[1] != '0, out_q[0] != '0};

  nt_barrier #(.Cores(Cores)) u_dut (
    .clk_i,
    .rst_ni,
    .start_i,
    .clear_i,
    .router_busy_i (router_q != '0),
    .in_busy_i     (in_busy),
    .engine_busy_i (engine_q),
    .out_busy_i    (out_busy),
    .rsp_busy_i    (rsp_q != '0),
    .host_busy_i,
    .phase_o       (phase),
    .busy_o        (busy),
    .spike_open_o  (spike_open),
    .core_start_o  (core_start),
    .core_clear_o  (core_clear),
    .step_done_o   (step_done)
  );

  // Commands come in IDLE, one at a time.
  always_comb assume (!(start_i && clear_i));
  always_comb assume (phase == 3'(PHASE_IDLE) || (!start_i && !clear_i));

  logic             enter, route, probe;
  logic [Cores-1:0] send, consume, emit, to;

  assign enter   = enter_i && spike_open && router_q < 3'd4;
  assign route   = route_i && router_q != '0 && !(to_i[0] && in_q[0] == 3'd7)
                 && !(to_i[1] && in_q[1] == 3'd7);
  assign to      = route ? to_i : '0;
  assign send    = {send_i[1] && !send_i[0] && out_busy[1] && router_q < 3'd4,
                    send_i[0] && out_busy[0] && router_q < 3'd4};
  assign consume = consume_i & in_busy;
  assign emit    = {emit_i[1] && out_q[1] != 3'd7, emit_i[0] && out_q[0] != 3'd7} & engine_q
                 & {Cores{!clearing_q}};
  assign probe   = probe_i && engine_q != '0 && !clearing_q && rsp_q != 3'd7;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      router_q   <= '0;
      rsp_q      <= '0;
      engine_q   <= '0;
      told_q     <= '0;
      clearing_q <= 1'b0;
      for (int c = 0; c < Cores; c++) begin
        in_q[c]  <= '0;
        out_q[c] <= '0;
      end
    end else begin
      router_q <= router_q + 3'(enter) - 3'(route) + 3'(send[0]) + 3'(send[1]);
      rsp_q    <= rsp_q + 3'(probe) - 3'(take_i && rsp_q != '0);
      for (int c = 0; c < Cores; c++) begin
        in_q[c]  <= in_q[c] + 3'(to[c]) - 3'(consume[c]);
        out_q[c] <= out_q[c] + 3'(emit[c]) - 3'(send[c]);
      end
      // A command reaches the cores in the next cycle, an engine with work runs in the one after.
      told_q   <= {Cores{core_start || core_clear}};
      engine_q <= run_i & (told_q | engine_q);
      if (core_start || core_clear) clearing_q <= core_clear;
    end
  end

  // Promises.
  logic       nothing;            // no message is anywhere
  logic       started_q;          // START came, the exchange did not
  logic       stepping_q;         // the exchange came, the end did not
  logic       reset_q;            // CLEAR_STATE came, the cores have not been told
  logic [2:0] rest_q;             // cycles without anything to wait for

  assign nothing = router_q == '0 && in_busy == '0 && out_busy == '0;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      started_q  <= 1'b0;
      stepping_q <= 1'b0;
      reset_q    <= 1'b0;
      rest_q     <= '0;
    end else begin
      started_q  <= start_i || (started_q && !core_start);
      stepping_q <= core_start || (stepping_q && !step_done);
      reset_q    <= clear_i || (reset_q && !core_clear);
      rest_q     <= (phase != 3'(PHASE_IDLE) && nothing && rsp_q == '0 && engine_q == '0 && (run_i & told_q) == '0)
                  ? rest_q + 3'(rest_q != 3'd7) : '0;
    end
  end

  always_comb begin
    if (rst_ni) begin
      if (core_start) assert (nothing && engine_q == '0 && started_q && !stepping_q);
      if (core_start) assert (!spike_open);
      if (core_clear) assert (nothing && engine_q == '0 && reset_q && !spike_open);
      if (step_done)  assert (nothing && engine_q == '0 && rsp_q == '0 && stepping_q);
      if (!busy)      assert (phase == 3'(PHASE_IDLE) && nothing && !host_busy_i);
      assert ((phase == 3'(PHASE_IDLE)) == !(started_q || stepping_q || reset_q
                                             || phase == 3'(PHASE_CLEAR)));
      if (engine_q != '0) assert (phase == 3'(PHASE_NEURON) || phase == 3'(PHASE_CLEAR));
      if (started_q) assert (!spike_open);
      assert (rest_q < 3'd6);
    end
  end

  logic emitted_q, waited_q;

  always_ff @(posedge clk_i) begin
    emitted_q <= rst_ni && ((emitted_q && !start_i) || emit == 2'b11);
    cover (rst_ni && step_done && emitted_q);
    waited_q  <= rst_ni && reset_q && !core_clear;
    cover (rst_ni && core_clear && waited_q);
    cover (rst_ni && step_done && enter);
  end
endmodule

`default_nettype wire
