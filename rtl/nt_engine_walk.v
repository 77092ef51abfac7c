// SPDX-License-Identifier: Apache-2.0
// nt_engine_walk: visits the strips of a timestep: enabled groups, their active lines, four strips.
//
// Contract   Groups in ascending number, lines of a group in ascending order, strips 0 to 3 as far
//            as the group's neurons go. A line is visited if a row of it is active or the group is
//            ALWAYS. After clear_i it instead walks the beats of all enabled groups and zeroes
//            their first CLEAR_WORDS state words.
// Timing     One cycle for an enabled group without active line, none for others; six cycles
//            for a group that runs, two for a line. strip_valid_o holds until strip_done_i. The
//            caller has nothing in flight that needs strip fields when it gives strip_done_i.
// Numbers    Unsigned; neuron indices below 2^14; state addresses wrap modulo 2^16.
// Parameters WordBits 64..512, Lines 2..64, Groups 8..32, powers of two.
`default_nettype none

module nt_engine_walk #(
  parameter integer WordBits = 256,
  parameter integer Lines    = 8,
  parameter integer Groups   = 16
) (
  input  wire logic                 clk_i,          // clock
  input  wire logic                 rst_ni,         // reset
  input  wire logic                 start_i,        // pulse: run a timestep
  input  wire logic                 clear_i,        // pulse: bulk state reset
  output logic                      busy_o,         // walking
  input  wire logic [Groups-1:0]    enable_i,       // enabled groups
  input  wire logic [4*Lines-1:0]   act_current_i,  // activity, bit line*4 + dendrite
  // descriptor memory, data in the cycle after group_re_o
  output logic                      group_re_o,     // read a descriptor word
  output logic [8:0]                group_addr_o,   // group * GROUP_WORDS + word
  input  wire logic [31:0]          group_rdata_i,  // word read
  // the strip to be run
  output logic                      strip_valid_o,  // the fields below describe a strip
  input  wire logic                 strip_done_i,   // the strip has ended
  output logic [4:0]                group_o,        // group
  output logic [5:0]                line_o,         // line
  output logic [1:0]                strip_o,        // strip of the line
  output logic [13:0]               neuron_o,       // index in the group of the strip's neuron 0
  output logic [13:0]               left_o,         // neurons of the group from there on, not 0
  output logic [3:0]                act_o,          // activity of the line
  output logic [11:0]               entry_o,        // first instruction
  output logic [8:0]                const_base_o,   // first constant
  output logic [15:0]               state_o,        // state word 0 of the strip's beat 0
  output logic [7:0]                state_words_o,  // state words of a beat
  output logic                      line_start_o,   // pulse: a line begins
  output logic [13:0]               line_neurons_o, // its neurons that belong to the group
  // bulk state reset
  output logic                      zero_en_o,      // write zero to a pool word
  output logic [15:0]               zero_addr_o     // pool word
);
  `include "nt_defs.vh"
  `include "nt_assert.vh"

  localparam integer BeatNeurons  = WordBits / 32;
  localparam integer StripNeurons = BEATS_PER_STRIP * BeatNeurons;
  localparam integer LineNeurons  = BEATS_PER_LINE * BeatNeurons;
  localparam integer LineShift    = $clog2(LineNeurons);
  localparam integer LineBits     = $clog2(Lines);

  typedef enum logic [2:0] {
    StIdle  = 3'd0,  // nothing to do
    StNext  = 3'd1,  // ask for word 0 of the next group
    StHead  = 3'd2,  // judge a group by its word 0
    StLoad  = 3'd3,  // words 1 to 3
    StLine  = 3'd4,  // choose a line
    StBase  = 3'd5,  // work out its neurons and state
    StStrip = 3'd6,  // a strip runs
    StZero  = 3'd7   // write zeroes
  } state_e;

  state_e            state_q;
  logic              clearing_q;     // bulk reset rather than a timestep
  logic [Groups-1:0] todo_q;         // groups not yet visited
  logic [4:0]        group_q;        // group being visited
  logic [Lines-1:0]  lines_q;        // its lines not yet visited
  logic [5:0]        first_line_q;   // its first line
  logic [1:0]        word_q;         // descriptor word being received
  logic [13:0]       neurons_q;      // its neurons
  logic [11:0]       entry_q;        // its program
  logic [8:0]        const_base_q;   // its constants
  logic [15:0]       state_base_q;   // its state
  logic [7:0]        state_words_q;  // words per beat
  logic [7:0]        clear_words_q;  // words per beat that a bulk reset clears
  logic [5:0]        line_q;         // line being visited
  logic [1:0]        strip_q;        // strip of the line
  logic [13:0]       neuron_q;       // index of its first neuron
  logic [13:0]       left_q;         // neurons from there to the end of the group
  logic [15:0]       state_addr_q;   // state of its first beat; bulk reset: of the beat
  logic [3:0]        act_q;          // activity of the line
  logic [7:0]        clear_k_q;      // bulk reset: word of the beat

  // Descriptor word 0, as it arrives.
  logic              always_run;
  logic [5:0]        head_line;
  logic [6:0]        head_lines;
  logic [Lines-1:0]  head_todo;
  logic              head_skip;
  logic [63:0]       head_mask;

  logic [4:0]        next_group;
  logic [Groups-1:0] next_todo;
  logic [5:0]        next_line;
  logic [Lines-1:0]  next_lines;
  logic [5:0]        line_no;        // number of the line in the group
  logic [13:0]       base_neuron;
  logic [13:0]       base_left;
  logic [15:0]       base_state;
  logic              group_end;

  assign always_run = group_rdata_i[GROUP0_ALWAYS_LSB];
  assign head_line  = group_rdata_i[GROUP0_LINE_LSB +: GROUP0_LINE_W];
  assign head_lines = group_rdata_i[GROUP0_LINES_LSB +: GROUP0_LINES_W];

  // Lines of the group that have to run. A mask of 64 lines shifted by 64 or more is empty.
  always_comb begin
    head_mask = '0;
    head_todo = '0;
    head_skip = 1'b0;
    if (state_q == StHead) begin
      head_mask = ~(64'hFFFF_FFFF_FFFF_FFFF << head_lines) << head_line;
      for (int l = 0; l < Lines; l++) begin
        head_todo[l] = head_mask[l] && (always_run || (act_current_i[4*l +: 4] != 4'd0));
      end
      head_skip = !clearing_q && (head_todo == '0);
    end
  end

  // The lowest group and the lowest line still to be visited.
  always_comb begin
    next_group = 5'd0;
    if (group_end) begin
      for (int g = Groups - 1; g >= 0; g--) begin
        if (todo_q[g]) begin
          next_group = 5'(g);
        end
      end
    end
  end
  assign next_todo = todo_q & (todo_q - Groups'(1));

  always_comb begin
    next_line = 6'd0;
    if (state_q == StLine) begin
      for (int l = Lines - 1; l >= 0; l--) begin
        if (lines_q[l]) begin
          next_line = 6'(l);
        end
      end
    end
  end
  assign next_lines = lines_q & (lines_q - Lines'(1));

  // Where the line's neurons and state are.
  assign line_no     = line_q - first_line_q;
  assign base_neuron = 14'(line_no) << LineShift;
  assign base_left   = (neurons_q > base_neuron) ? (neurons_q - base_neuron) : 14'd0;
  assign base_state  = state_base_q + ((16'(line_no) * 16'(state_words_q)) << 4);

  // The next group's word 0 is requested as soon as the present group is known to be over.
  assign group_end = (state_q == StNext) || ((state_q == StHead) && head_skip);

  always_comb begin
    group_re_o   = 1'b0;
    group_addr_o = {group_q, 4'd1};
    case (state_q)
      StNext: group_re_o = todo_q != '0;
      StHead: group_re_o = !head_skip || (todo_q != '0);
      StLoad: group_re_o = word_q != 2'd3;
      default: ;
    endcase
    if (group_end) begin
      group_addr_o = {next_group, 4'd0};
    end else if (state_q == StLoad) begin
      group_addr_o = {group_q, 2'd0, word_q + 2'd1};
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q <= StIdle;
    end else begin
      case (state_q)
        StIdle: begin
          if (start_i || clear_i) begin
            state_q    <= StNext;
            clearing_q <= clear_i;
            todo_q     <= enable_i;
          end
        end

        StNext: begin
          state_q <= (todo_q != '0) ? StHead : StIdle;
          group_q <= next_group;
          todo_q  <= next_todo;
        end

        StHead: begin
          if (head_skip) begin
            state_q <= (todo_q != '0) ? StHead : StIdle;
            group_q <= next_group;
            todo_q  <= next_todo;
          end else begin
            state_q      <= StLoad;
            lines_q      <= head_todo;
            first_line_q <= head_line;
            word_q       <= 2'd1;
          end
        end

        StLoad: begin
          word_q <= word_q + 2'd1;
          case (word_q)
            2'd1: neurons_q <= group_rdata_i[GROUP1_NEURONS_LSB +: GROUP1_NEURONS_W];
            2'd2: begin
              entry_q      <= group_rdata_i[GROUP2_ENTRY_LSB +: GROUP2_ENTRY_W];
              const_base_q <= group_rdata_i[GROUP2_CONST_BASE_LSB +: GROUP2_CONST_BASE_W];
            end
            default: begin
              state_base_q  <= group_rdata_i[GROUP3_STATE_BASE_LSB +: GROUP3_STATE_BASE_W];
              state_addr_q  <= group_rdata_i[GROUP3_STATE_BASE_LSB +: GROUP3_STATE_BASE_W];
              state_words_q <= group_rdata_i[GROUP3_STATE_WORDS_LSB +: GROUP3_STATE_WORDS_W];
              clear_words_q <= group_rdata_i[GROUP3_CLEAR_WORDS_LSB +: GROUP3_CLEAR_WORDS_W];
              left_q        <= neurons_q;
              clear_k_q     <= 8'd0;
              state_q       <= clearing_q ? StZero : StLine;
            end
          endcase
        end

        StLine: begin
          state_q <= (lines_q != '0) ? StBase : StNext;
          line_q  <= next_line;
          lines_q <= next_lines;
        end

        StBase: begin
          state_q      <= (base_left != 14'd0) ? StStrip : StLine;
          strip_q      <= 2'd0;
          neuron_q     <= base_neuron;
          left_q       <= base_left;
          state_addr_q <= base_state;
          act_q        <= act_current_i[{line_q[LineBits-1:0], 2'd0} +: 4];
        end

        StStrip: begin
          if (strip_done_i) begin
            if ((strip_q == 2'd3) || (left_q <= 14'(StripNeurons))) begin
              state_q <= StLine;
            end
            strip_q      <= strip_q + 2'd1;
            neuron_q     <= neuron_q + 14'(StripNeurons);
            left_q       <= left_q - 14'(StripNeurons);
            state_addr_q <= state_addr_q + {6'd0, state_words_q, 2'd0};
          end
        end

        StZero: begin
          if ((left_q == 14'd0) || (clear_words_q == 8'd0)) begin
            state_q <= StNext;
          end else if (clear_k_q + 8'd1 == clear_words_q) begin
            clear_k_q    <= 8'd0;
            left_q       <= (left_q > 14'(BeatNeurons)) ? (left_q - 14'(BeatNeurons)) : 14'd0;
            state_addr_q <= state_addr_q + 16'(state_words_q);
          end else begin
            clear_k_q <= clear_k_q + 8'd1;
          end
        end

        default: state_q <= StIdle;
      endcase
    end
  end

  assign busy_o         = state_q != StIdle;
  assign strip_valid_o  = state_q == StStrip;
  assign group_o        = group_q;
  assign line_o         = line_q;
  assign strip_o        = strip_q;
  assign neuron_o       = neuron_q;
  assign left_o         = left_q;
  assign act_o          = act_q;
  assign entry_o        = entry_q;
  assign const_base_o   = const_base_q;
  assign state_o        = state_addr_q;
  assign state_words_o  = state_words_q;
  assign line_start_o   = (state_q == StBase) && (base_left != 14'd0);
  assign line_neurons_o = (base_left > 14'(LineNeurons)) ? 14'(LineNeurons) : base_left;
  assign zero_en_o      = (state_q == StZero) && (left_q != 14'd0) && (clear_words_q != 8'd0);
  assign zero_addr_o    = state_addr_q + 16'(clear_k_q);

  `NT_ASSERT(start_idle, !(start_i || clear_i) || (state_q == StIdle))
  `NT_ASSERT(done_in_strip, !strip_done_i || (state_q == StStrip))

endmodule

`default_nettype wire
