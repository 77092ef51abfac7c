// SPDX-License-Identifier: Apache-2.0
// nt_axon_out: spike vectors of the engine to messages in wire form.
//
// Contract   For each destination entry of a vector's port, one message per masked lane. Vectors
//            leave in the order they came.
// Timing     One message per cycle while the destination word is at hand; a new pool word costs
//            two cycles or more. The last word is kept until start_i, for the host may change it.
// Numbers    Payloads narrow by truncation to the entry's message type; flag_clipped_o tells.
// Parameters WordBits 64..512, a power of two; L = WordBits/32. Depth of the queue: a power of two.
`default_nettype none

module nt_axon_out #(
  parameter integer WordBits = 256,
  parameter integer Depth    = 4,
  localparam integer L       = WordBits / 32
) (
  input  wire logic                clk_i,          // clock
  input  wire logic                rst_ni,         // reset
  input  wire logic                start_i,        // pulse: a timestep starts
  // spike vectors
  input  wire logic                vec_valid_i,    // vector
  output logic                     vec_ready_o,    // taken
  input  wire logic [4:0]          vec_group_i,    // group
  input  wire logic [2:0]          vec_port_i,     // port
  input  wire logic [12:0]         vec_neuron_i,   // index in the group of lane 0
  input  wire logic [WordBits-1:0] vec_payload_i,  // one payload per lane
  input  wire logic [L-1:0]        vec_mask_i,     // lanes that send, not none
  input  wire logic [31:0]         vec_dest_i,     // port word (GROUP_PORT)
  // pool port B
  output logic                     dst_req_o,      // read a word
  output logic [15:0]              dst_addr_o,     // word
  input  wire logic                dst_gnt_i,      // read; data in the next cycle
  input  wire logic [WordBits-1:0] pool_rdata_i,   // data
  // messages
  output logic                     msg_valid_o,    // message
  input  wire logic                msg_ready_i,    // taken
  output logic [63:0]              msg_data_o,     // SPIKE record
  // status
  output logic                     busy_o,         // vectors or a message inside
  output logic [7:0]               level_o,        // vectors waiting
  output logic                     flag_clipped_o, // pulse: a payload did not fit its type
  output logic                     msg_sent_o      // pulse: a message was formed
);
  `include "nt_defs.vh"
  `include "nt_assert.vh"

  localparam integer PtrW     = $clog2(Depth);
  localparam integer LaneBits = $clog2(L);
  localparam integer Entries  = WordBits / 64;  // destination entries in a pool word

  // -------------------------------------------------------------------------------------------
  // Queue of vectors
  // -------------------------------------------------------------------------------------------
  logic [WordBits-1:0] payload_q [0:Depth-1];
  logic [L-1:0]        mask_q    [0:Depth-1];
  logic [12:0]         neuron_q  [0:Depth-1];
  logic [31:0]         dest_q    [0:Depth-1];
  logic [PtrW-1:0]     wptr_q;
  logic [PtrW-1:0]     rptr_q;
  logic [PtrW:0]       level_q;
  logic                push, pop;
  logic                some;

  assign some        = level_q != '0;
  assign vec_ready_o = !level_q[PtrW];
  assign push        = vec_valid_i && vec_ready_o;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      wptr_q  <= '0;
      rptr_q  <= '0;
      level_q <= '0;
    end else begin
      if (push) begin
        wptr_q <= wptr_q + PtrW'(1);
      end
      if (pop) begin
        rptr_q <= rptr_q + PtrW'(1);
      end
      if (push != pop) begin
        level_q <= push ? (level_q + (PtrW + 1)'(1)) : (level_q - (PtrW + 1)'(1));
      end
    end
    if (push) begin
      payload_q[wptr_q] <= vec_payload_i;
      mask_q[wptr_q]    <= vec_mask_i;
      neuron_q[wptr_q]  <= vec_neuron_i;
      dest_q[wptr_q]    <= vec_dest_i;
    end
  end

  // Group and port are for observers; the port word says all that is needed here.
  logic unused_vec;
  assign unused_vec = ^{vec_group_i, vec_port_i};

  // -------------------------------------------------------------------------------------------
  // Destination word
  // -------------------------------------------------------------------------------------------
  logic [7:0]          entry_q;       // entry being served
  logic                fill_q;        // the word asked for arrives now
  logic                word_valid_q;
  logic [15:0]         word_addr_q;
  logic [WordBits-1:0] word_q;
  logic [7:0]          count;
  logic [15:0]         addr;
  logic                hit;
  logic [63:0]         dest;
  logic [31:0]         head_dest;

  assign head_dest = dest_q[rptr_q];
  assign count     = head_dest[GROUP_PORT_COUNT_LSB +: GROUP_PORT_COUNT_W];

  generate
    if (Entries == 1) begin : g_one
      assign addr = head_dest[GROUP_PORT_PTR_LSB +: GROUP_PORT_PTR_W] + 16'(entry_q);
      assign dest = word_q;
    end else begin : g_many
      localparam integer EntryBits = $clog2(Entries);
      assign addr = head_dest[GROUP_PORT_PTR_LSB +: GROUP_PORT_PTR_W] +
                    16'(entry_q[7:EntryBits]);
      assign dest = word_q[{entry_q[EntryBits-1:0], 6'd0} +: 64];
    end
  endgenerate

  assign hit        = word_valid_q && (word_addr_q == addr);
  assign dst_req_o  = some && (count != 8'd0) && !hit && !fill_q;
  assign dst_addr_o = addr;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      fill_q       <= 1'b0;
      word_valid_q <= 1'b0;
    end else begin
      fill_q <= dst_req_o && dst_gnt_i;
      if (start_i) begin
        word_valid_q <= 1'b0;
      end else if (fill_q) begin
        word_valid_q <= 1'b1;
      end
    end
    if (fill_q) begin
      word_q      <= pool_rdata_i;
      word_addr_q <= addr;
    end
  end

  // -------------------------------------------------------------------------------------------
  // One message per cycle: entries in the outer loop, lanes in the inner one
  // -------------------------------------------------------------------------------------------
  logic                begun_q;      // left_q holds the lanes of this entry
  logic [L-1:0]        left_q;       // lanes of the entry still to be sent
  logic [L-1:0]        left, left_next;
  logic [LaneBits-1:0] lane;
  logic                send;
  logic                entry_end;
  logic [31:0]         value;
  logic [23:0]         payload;
  logic [63:0]         msg;
  logic                msg_valid_q;
  logic [63:0]         msg_data_q;

  assign send      = some && (count != 8'd0) && hit && (!msg_valid_q || msg_ready_i);
  assign left      = begun_q ? left_q : mask_q[rptr_q];
  assign left_next = left & (left - L'(1));
  assign entry_end = send && (left_next == '0);
  assign pop       = some && ((count == 8'd0) || (entry_end && (entry_q + 8'd1 == count)));

  always_comb begin
    lane    = '0;
    value   = '0;
    payload = '0;
    msg     = '0;
    if (send) begin
      for (int l = L - 1; l >= 0; l--) begin
        if (left[l]) begin
          lane = LaneBits'(l);
        end
      end
      value = payload_q[rptr_q][{lane, 5'd0} +: 32];
      case (dest[DEST_TYPE_LSB +: DEST_TYPE_W])
        DEST_TYPE_W'(SPIKE_TYPE_BINARY):   payload = 24'd1;
        DEST_TYPE_W'(SPIKE_TYPE_GRADED8):  payload = {{16{value[7]}}, value[7:0]};
        DEST_TYPE_W'(SPIKE_TYPE_GRADED16): payload = {{8{value[15]}}, value[15:0]};
        default:                           payload = value[23:0];
      endcase
      msg[SPIKE_PAYLOAD_LSB +: SPIKE_PAYLOAD_W] = payload;
      msg[SPIKE_AXON_LSB +: SPIKE_AXON_W] = dest[DEST_AXON_LSB +: DEST_AXON_W];
      if (dest[DEST_VECTOR_LSB]) begin
        msg[SPIKE_AXON_LSB +: SPIKE_AXON_W] = dest[DEST_AXON_LSB +: DEST_AXON_W] +
                                              16'(neuron_q[rptr_q]) + 16'(lane);
      end
      msg[SPIKE_TILE_LSB +: SPIKE_TILE_W]   = dest[DEST_TILE_LSB +: DEST_TILE_W];
      msg[SPIKE_CORES_LSB +: SPIKE_CORES_W] = dest[DEST_CORES_LSB +: DEST_CORES_W];
      msg[SPIKE_TYPE_LSB +: SPIKE_TYPE_W]   = dest[DEST_TYPE_LSB +: DEST_TYPE_W];
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      entry_q     <= 8'd0;
      begun_q     <= 1'b0;
      msg_valid_q <= 1'b0;
    end else begin
      if (send) begin
        begun_q     <= !entry_end;
        left_q      <= left_next;
        msg_valid_q <= 1'b1;
        msg_data_q  <= msg;
      end else if (msg_ready_i) begin
        msg_valid_q <= 1'b0;
      end
      if (pop) begin
        entry_q <= 8'd0;
      end else if (entry_end) begin
        entry_q <= entry_q + 8'd1;
      end
    end
  end

  assign msg_valid_o = msg_valid_q;
  assign msg_data_o  = msg_data_q;
  assign msg_sent_o  = send;
  assign busy_o      = some || msg_valid_q;
  assign level_o     = 8'(level_q);
  assign flag_clipped_o = send && (value != {{8{payload[23]}}, payload}) &&
                          (dest[DEST_TYPE_LSB +: DEST_TYPE_W] != DEST_TYPE_W'(SPIKE_TYPE_BINARY));

  // Unused bits of the records.
  logic unused_records;
  assign unused_records = ^{dest, head_dest};

  `NT_ASSERT(mask_not_empty, !vec_valid_i || (vec_mask_i != '0))
  `NT_ASSERT(queue_in_range, level_q <= (PtrW + 1)'(Depth))

endmodule

`default_nettype wire
