// SPDX-License-Identifier: Apache-2.0
// tb_nt_axon_out: spike vectors to messages as docs/spec/memory.md says: lists of destinations,
// message types and their clipping, axon vectors; with a slow pool and a slow receiver.
`default_nettype none

module tb_nt_axon_out;
  localparam Unit = "nt_axon_out";
  localparam integer CycleLimit = 200000;
  parameter integer WordBits = 128;
  localparam integer L       = WordBits / 32;
  localparam integer Dwords  = WordBits / 64;
  localparam integer Words   = 64;             // pool words with destinations
  `include "nt_defs.vh"
  `include "nt_check.vh"

  reg                 start, vec_valid, msg_ready;
  wire                vec_ready, dst_req, msg_valid, busy, clipped, msg_sent;
  reg  [4:0]          vec_group;
  reg  [2:0]          vec_port;
  reg  [12:0]         vec_neuron;
  reg  [WordBits-1:0] vec_payload;
  reg  [L-1:0]        vec_mask;
  reg  [31:0]         vec_dest;
  wire [15:0]         dst_addr;
  reg  [WordBits-1:0] pool_rdata;
  wire [63:0]         msg_data;
  wire [7:0]          level;
  reg                 willing;
  wire                dst_gnt = dst_req && willing;

  nt_axon_out #(.WordBits(WordBits)) u_dut (
    .clk_i(clk), .rst_ni(rst_n), .start_i(start),
    .vec_valid_i(vec_valid), .vec_ready_o(vec_ready), .vec_group_i(vec_group),
    .vec_port_i(vec_port), .vec_neuron_i(vec_neuron), .vec_payload_i(vec_payload),
    .vec_mask_i(vec_mask), .vec_dest_i(vec_dest),
    .dst_req_o(dst_req), .dst_addr_o(dst_addr), .dst_gnt_i(dst_gnt), .pool_rdata_i(pool_rdata),
    .msg_valid_o(msg_valid), .msg_ready_i(msg_ready), .msg_data_o(msg_data),
    .busy_o(busy), .level_o(level), .flag_clipped_o(clipped), .msg_sent_o(msg_sent));

  // The pool: 64 words of destinations, repeated; grants at random, data for one cycle only.
  reg [63:0] entries [0:Words*Dwords-1];
  integer    i;

  always @(posedge clk) begin
    pool_rdata <= rnd_wide(0);
    if (dst_gnt === 1'b1) begin
      for (i = 0; i < Dwords; i = i + 1) begin
        pool_rdata[64*i +: 64] <= entries[(dst_addr % Words) * Dwords + i];
      end
    end
  end

  // The expectation: for every vector its destinations in order, for each of these its lanes.
  reg [63:0] messages [0:32767];
  integer    put, got, want_clipped, got_clipped, got_sent;
  reg        stalled, held, arriving;
  reg [63:0] held_data;

  task expect_vector;
    integer            k, l;
    reg [63:0]         dest;
    reg signed [31:0]  value;
    reg signed [23:0]  payload;
    reg [15:0]         axon;
    begin
      for (k = 0; k < vec_dest[GROUP_PORT_COUNT_LSB +: GROUP_PORT_COUNT_W]; k = k + 1) begin
        dest = entries[((vec_dest[GROUP_PORT_PTR_LSB +: GROUP_PORT_PTR_W] + k / Dwords) % Words)
                       * Dwords + k % Dwords];
        for (l = 0; l < L; l = l + 1) begin
          if (vec_mask[l]) begin
            value = vec_payload[32*l +: 32];
            case (dest[DEST_TYPE_LSB +: DEST_TYPE_W])
              SPIKE_TYPE_BINARY:   payload = 1;
              SPIKE_TYPE_GRADED8:  payload = $signed(value[7:0]);
              SPIKE_TYPE_GRADED16: payload = $signed(value[15:0]);
              default:             payload = value[23:0];
            endcase
            if (dest[DEST_TYPE_LSB +: DEST_TYPE_W] != SPIKE_TYPE_BINARY && payload != value) begin
              want_clipped = want_clipped + 1;
            end
            axon = dest[DEST_AXON_LSB +: DEST_AXON_W]
                 + (dest[DEST_VECTOR_LSB] ? vec_neuron + l : 0);
            messages[put] = '0;
            messages[put][SPIKE_PAYLOAD_LSB +: SPIKE_PAYLOAD_W] = payload;
            messages[put][SPIKE_AXON_LSB +: SPIKE_AXON_W]       = axon;
            messages[put][SPIKE_TILE_LSB +: SPIKE_TILE_W]   = dest[DEST_TILE_LSB +: DEST_TILE_W];
            messages[put][SPIKE_CORES_LSB +: SPIKE_CORES_W] = dest[DEST_CORES_LSB +: DEST_CORES_W];
            messages[put][SPIKE_TYPE_LSB +: SPIKE_TYPE_W]   = dest[DEST_TYPE_LSB +: DEST_TYPE_W];
            put = put + 1;
          end
        end
      end
    end
  endtask

  always @(posedge clk) begin
    if (rst_n) begin
      stalled = vec_valid && !vec_ready;
      // A word on its way is not asked for again.
      if (arriving) `NT_EQ("dst_req_o while a word arrives", dst_req, 1'b0)
      arriving = dst_gnt;
      if (vec_valid && vec_ready) expect_vector;
      if (held) begin
        `NT_EQ("valid of a waiting message", msg_valid, 1'b1)
        `NT_EQ("data of a waiting message", msg_data, held_data)
      end
      held      = msg_valid && !msg_ready;
      held_data = msg_data;
      if (msg_valid && msg_ready) begin
        `NT_EQ_AT("a message without vector", got, got < put, 1'b1)
        `NT_EQ_AT("msg_data_o", got, msg_data, messages[got])
        got = got + 1;
      end
      if (clipped) got_clipped = got_clipped + 1;
      if (msg_sent) got_sent = got_sent + 1;
    end
  end

  task new_list;
    integer k;
    for (k = 0; k < Words * Dwords; k = k + 1) entries[k] = rnd_wide(0);
  endtask

  // A value near the borders of the message types, or any.
  function [31:0] value_of(input integer unused);
    reg [31:0] border;
    begin
      border = 32'd1 << (8 * (1 + rnd(3)) - 1);
      case (rnd(4))
        0:       value_of = border - rnd(2);
        1:       value_of = -border - rnd(2);
        2:       value_of = $random(seed);
        default: value_of = rnd(256) - 128;
      endcase
    end
  endfunction

  task new_vector(input integer count);
    integer l;
    begin
      vec_valid  = 1'b1;
      vec_group  = $random(seed);
      vec_port   = $random(seed);
      vec_neuron = $random(seed);
      vec_mask   = 1 + rnd((1 << L) - 1);
      vec_dest   = $random(seed);
      vec_dest[GROUP_PORT_COUNT_LSB +: GROUP_PORT_COUNT_W] = count;
      if (rnd(2) != 0) vec_dest[GROUP_PORT_PTR_LSB +: GROUP_PORT_PTR_W] = rnd(3);
      for (l = 0; l < L; l = l + 1) vec_payload[32*l +: 32] = value_of(0);
    end
  endtask

  task drain;
    begin
      @(negedge clk);
      msg_ready = 1'b1;
      willing   = 1'b1;
      while (stalled) @(negedge clk);
      vec_valid = 1'b0;
      @(negedge clk);
      while (busy) @(negedge clk);
      `NT_EQ("messages", got, put)
      `NT_EQ("msg_sent_o pulses", got_sent, put)
      `NT_EQ("flag_clipped_o pulses", got_clipped, want_clipped)
      `NT_EQ("level_o", level, 8'd0)
    end
  endtask

  integer    step, k, begun;
  reg [31:0] again;

  initial begin
    start = 1'b0;  vec_valid = 1'b0;  msg_ready = 1'b1;  willing = 1'b1;
    put = 0;  got = 0;  want_clipped = 0;  got_clipped = 0;  got_sent = 0;
    stalled = 1'b0;  held = 1'b0;  arriving = 1'b0;
    nt_begin;
    `NT_EQ("after reset", {busy, msg_valid, dst_req, clipped, msg_sent, vec_ready}, 6'b000001)
    `NT_EQ("level_o after reset", level, 0)
    new_list;

    // A long list on a full mask: one message per cycle, but for the reads of pool words.
    @(negedge clk) new_vector(60);
    vec_mask = '1;
    begun    = cycles;
    drain;
    `NT_EQ("one message per cycle", (cycles - begun) <= 60 * L + 2 * (60 / Dwords + 1) + 6, 1'b1)
    // A port without destinations sends nothing; the longest list; all types with all borders.
    @(negedge clk) new_vector(0);
    drain;
    @(negedge clk) new_vector(255);
    drain;

    // Steps: the host may change the lists between them.
    for (step = 0; step < 24; step = step + 1) begin
      new_list;
      start = 1'b1;
      @(negedge clk) start = 1'b0;
      repeat (60) begin
        @(negedge clk);
        if (!stalled) begin
          vec_valid = 1'b0;
          if (rnd(4) < 1 + step % 4) new_vector(rnd(4) == 0 ? rnd(12) : rnd(4));
        end
        msg_ready = rnd(8) < 2 + step % 7;
        willing   = rnd(8) < 2 + (step / 2) % 7;
      end
      drain;
    end
    `NT_EQ("messages at all", got > 1000, 1'b1)

    // A reset while a word arrives: the word is not taken for one at hand afterwards.
    nt_reset;
    msg_ready = 1'b1;
    willing   = 1'b1;
    new_vector(1);
    again = vec_dest;
    @(negedge clk) vec_valid = 1'b0;
    while (!dst_gnt) @(negedge clk);
    nt_reset;
    put          = got;
    want_clipped = got_clipped;
    repeat (3) @(negedge clk);
    new_vector(1);
    vec_dest = again;
    drain;
    nt_end;
  end
endmodule

`default_nettype wire
