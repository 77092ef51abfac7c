// SPDX-License-Identifier: Apache-2.0
// nt_barrier: the phases of a timestep and of a bulk state reset.
//
// Contract   DRAIN ends when no spike is inside the cores' input; then all cores start. FLUSH ends
//            when nothing is on its way any more: the step is done. Spike-in is closed in DRAIN.
// Timing     Phases change in the cycle after their condition; core_start_o and core_clear_o are
//            pulses in the last cycle of DRAIN and in CLEAR. Engines are busy two cycles later.
// Numbers    None.
// Parameters Cores 1..8.
`default_nettype none

module nt_barrier #(
  parameter integer Cores = 4
) (
  input  wire logic             clk_i,          // clock
  input  wire logic             rst_ni,         // reset
  input  wire logic             start_i,        // pulse, in IDLE: run a timestep
  input  wire logic             clear_i,        // pulse, in IDLE: bulk state reset
  input  wire logic             router_busy_i,  // a message is in the router
  input  wire logic [Cores-1:0] in_busy_i,      // a core has spikes to serve
  input  wire logic [Cores-1:0] engine_busy_i,  // a core's engine runs
  input  wire logic [Cores-1:0] out_busy_i,     // a core has messages to send
  input  wire logic             rsp_busy_i,     // a response has not been taken
  input  wire logic             host_busy_i,    // a request has not been answered
  output logic [2:0]            phase_o,        // code PHASE
  output logic                  busy_o,         // STATUS.BUSY
  output logic                  spike_open_o,   // spikes may enter the tile
  output logic                  core_start_o,   // pulse: swap buffers, start engines
  output logic                  core_clear_o,   // pulse: bulk state reset of the cores
  output logic                  step_done_o     // pulse: the timestep is over
);
  `include "nt_defs.vh"
  `include "nt_assert.vh"

  typedef enum logic [2:0] {
    StIdle   = 3'(PHASE_IDLE),
    StDrain  = 3'(PHASE_DRAIN),
    StNeuron = 3'(PHASE_NEURON),
    StFlush  = 3'(PHASE_FLUSH),
    StClear  = 3'(PHASE_CLEAR)
  } state_e;

  state_e state_q, state_d;
  logic   cleared_q, cleared_d;  // CLEAR: the cores have been told
  logic   told_q;                // they were told in the last cycle
  logic   quiet;                 // no spike is waiting to be added

  assign quiet = !router_busy_i && (in_busy_i == '0);

  always_comb begin
    state_d      = state_q;
    cleared_d    = cleared_q;
    core_start_o = 1'b0;
    core_clear_o = 1'b0;
    step_done_o  = 1'b0;
    case (state_q)
      StIdle: begin
        cleared_d = 1'b0;
        if (start_i) begin
          state_d = StDrain;
        end else if (clear_i) begin
          state_d = StClear;
        end
      end
      StDrain: begin
        if (quiet) begin
          core_start_o = 1'b1;
          state_d      = StNeuron;
        end
      end
      StNeuron: begin
        if (!told_q && (engine_busy_i == '0)) begin
          state_d = StFlush;
        end
      end
      StFlush: begin
        if (quiet && (out_busy_i == '0) && !rsp_busy_i) begin
          step_done_o = 1'b1;
          state_d     = StIdle;
        end
      end
      StClear: begin
        if (!cleared_q) begin
          core_clear_o = quiet;
          cleared_d    = quiet;
        end else if (!told_q && (engine_busy_i == '0)) begin
          state_d = StIdle;
        end
      end
      default: state_d = StIdle;
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q   <= StIdle;
      cleared_q <= 1'b0;
      told_q    <= 1'b0;
    end else begin
      state_q   <= state_d;
      cleared_q <= cleared_d;
      told_q    <= core_start_o || core_clear_o;
    end
  end

  assign phase_o      = state_q;
  assign busy_o       = (state_q != StIdle) || !quiet || host_busy_i;
  assign spike_open_o = (state_q != StDrain) && (state_q != StClear);

  `NT_ASSERT(commands_in_idle, !(start_i || clear_i) || (state_q == StIdle))
  `NT_ASSERT(one_command, !(start_i && clear_i))
  `NT_ASSERT(no_output_in_flush, (state_q != StFlush) || (engine_busy_i == '0))

`ifndef SYNTHESIS
  // Name of the phase, for waves.
  logic [63:0] dbg_phase_ascii;
  always_comb begin
    case (state_q)
      StIdle:   dbg_phase_ascii = "IDLE    ";
      StDrain:  dbg_phase_ascii = "DRAIN   ";
      StNeuron: dbg_phase_ascii = "NEURON  ";
      StFlush:  dbg_phase_ascii = "FLUSH   ";
      StClear:  dbg_phase_ascii = "CLEAR   ";
      default:  dbg_phase_ascii = "?       ";
    endcase
  end
`endif

endmodule

`default_nettype wire
