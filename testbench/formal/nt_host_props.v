// SPDX-License-Identifier: Apache-2.0
// nt_host_props: what nt_host promises at its three streams and its AXI4-Lite port, for all time.
//
// AXI       One response per write and per read, none unasked, held until taken, and in bounded
//           time while no core is being accessed.
// Requests  Taken in IDLE only. A READ and a refused request are answered once, in order, with the
//           head of the request; a WRITE that is done is not. Nothing is owed when req_busy_o is low.
// Probes    Every probe taken goes out once.
// Commands  CTRL gives at most one of start_o and clear_o, in IDLE.
`default_nettype none

module nt_host_props #(
  localparam integer Cores = 2
) (
  input wire logic                clk_i,
  input wire logic                awvalid_i,
  input wire logic [11:0]         awaddr_i,
  input wire logic                wvalid_i,
  input wire logic [31:0]         wdata_i,
  input wire logic [3:0]          wstrb_i,
  input wire logic                bready_i,
  input wire logic                arvalid_i,
  input wire logic [11:0]         araddr_i,
  input wire logic                rready_i,
  input wire logic                req_valid_i,
  input wire logic [63:0]         req_data_i,
  input wire logic                rsp_ready_i,
  input wire logic [Cores-1:0]    prb_valid_i,
  input wire logic [64*Cores-1:0] prb_data_i,
  input wire logic [Cores-1:0]    host_done_i,
  input wire logic [Cores-1:0]    host_err_i,
  input wire logic [32*Cores-1:0] host_rdata_i,
  input wire logic                ends_i,        // the tile becomes idle
  input wire logic                watch_i        // watch the request taken now
);
  `include "nt_formal.vh"
  `include "nt_defs.vh"

  logic             awready, wready, bvalid, arready, rvalid, req_ready, rsp_valid, host_we;
  logic             start, clear, req_busy, rsp_busy, error;
  logic [1:0]       bresp, rresp;
  logic [31:0]      rdata, host_wdata, timestep;
  logic [63:0]      rsp_data;
  logic [Cores-1:0] prb_ready, host_en;
  logic [2:0]       host_space;
  logic [19:0]      host_addr;
  logic [11:0]      tile_id;
  logic             running_q;

  nt_host #(.Cores(Cores)) u_dut (
    .clk_i,
    .rst_ni,
    .s_axi_awvalid_i (awvalid_i),
    .s_axi_awready_o (awready),
    .s_axi_awaddr_i  (awaddr_i),
    .s_axi_wvalid_i  (wvalid_i),
    .s_axi_wready_o  (wready),
    .s_axi_wdata_i   (wdata_i),
    .s_axi_wstrb_i   (wstrb_i),
    .s_axi_bvalid_o  (bvalid),
    .s_axi_bready_i  (bready_i),
    .s_axi_bresp_o   (bresp),
    .s_axi_arvalid_i (arvalid_i),
    .s_axi_arready_o (arready),
    .s_axi_araddr_i  (araddr_i),
    .s_axi_rvalid_o  (rvalid),
    .s_axi_rready_i  (rready_i),
    .s_axi_rdata_o   (rdata),
    .s_axi_rresp_o   (rresp),
    .req_valid_i,
    .req_ready_o     (req_ready),
    .req_data_i,
    .rsp_valid_o     (rsp_valid),
    .rsp_ready_i,
    .rsp_data_o      (rsp_data),
    .prb_valid_i,
    .prb_ready_o     (prb_ready),
    .prb_data_i,
    .host_en_o       (host_en),
    .host_we_o       (host_we),
    .host_space_o    (host_space),
    .host_addr_o     (host_addr),
    .host_wdata_o    (host_wdata),
    .host_done_i     (host_done_i & host_en),
    .host_err_i,
    .host_rdata_i,
    .start_o         (start),
    .clear_o         (clear),
    .phase_i         (running_q ? 3'(PHASE_NEURON) : 3'(PHASE_IDLE)),
    .busy_i          (running_q),
    .step_done_i     (running_q && ends_i),
    .req_busy_o      (req_busy),
    .rsp_busy_o      (rsp_busy),
    .tile_id_o       (tile_id),
    .timestep_o      (timestep),
    .error_o         (error),
    .pending_i       (1'b0),
    .misroute_i      (1'b0),
    .flags_any_i     ('0),
    .in_level_i      ('0),
    .out_level_i     ('0),
    .synapse_busy_i  ('0),
    .engine_busy_i   ('0)
  );

  // The tile leaves IDLE by a command only. Probes are probes, and wait for their turn; a source of
  // the response stream keeps what it offers.
  logic [Cores-1:0]    prb_waits_q;
  logic [64*Cores-1:0] prb_data_q;

  always_ff @(posedge clk_i) begin
    running_q   <= rst_ni && (start || clear || (running_q && !ends_i));
    prb_waits_q <= rst_ni ? (prb_valid_i & ~prb_ready) : '0;
    prb_data_q  <= prb_data_i;
  end

  always_comb begin
    for (int c = 0; c < Cores; c++) begin
      assume (prb_data_i[64*c+HOST_KIND_LSB +: HOST_KIND_W] == HOST_KIND_W'(RSP_PROBE));
      assume (!rst_ni || !prb_waits_q[c]
              || (prb_valid_i[c] && prb_data_i[64*c +: 64] == prb_data_q[64*c +: 64]));
    end
  end

  // ---------------------------------------------------------------------------------------------
  // AXI4-Lite: addresses, data and responses counted.
  // ---------------------------------------------------------------------------------------------
  logic [1:0]  aw_q, w_q, ar_q;
  logic [2:0]  b_wait_q, r_wait_q;
  logic        b_held_q, r_held_q, rsp_held_q;
  logic [1:0]  bresp_q, rresp_q;
  logic [31:0] rdata_q;
  logic [63:0] rsp_data_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      aw_q       <= '0;
      w_q        <= '0;
      ar_q       <= '0;
      b_wait_q   <= '0;
      r_wait_q   <= '0;
      b_held_q   <= 1'b0;
      r_held_q   <= 1'b0;
      rsp_held_q <= 1'b0;
    end else begin
      aw_q       <= aw_q + 2'(awvalid_i && awready) - 2'(bvalid && bready_i);
      w_q        <= w_q + 2'(wvalid_i && wready) - 2'(bvalid && bready_i);
      ar_q       <= ar_q + 2'(arvalid_i && arready) - 2'(rvalid && rready_i);
      b_wait_q   <= (aw_q != '0 && w_q != '0 && !bvalid && host_en == '0)
                  ? b_wait_q + 3'(b_wait_q != 3'd7) : '0;
      r_wait_q   <= (ar_q != '0 && !rvalid) ? r_wait_q + 3'(r_wait_q != 3'd7) : '0;
      b_held_q   <= bvalid && !bready_i;
      r_held_q   <= rvalid && !rready_i;
      rsp_held_q <= rsp_valid && !rsp_ready_i;
    end
    bresp_q    <= bresp;
    rresp_q    <= rresp;
    rdata_q    <= rdata;
    rsp_data_q <= rsp_data;
  end

  always_comb begin
    if (rst_ni) begin
      if (bvalid) assert (aw_q != '0 && w_q != '0);
      if (rvalid) assert (ar_q != '0);
      assert (b_wait_q <= 3'd3 && r_wait_q <= 3'd2);
      if (b_held_q) assert (bvalid && bresp == bresp_q);
      if (r_held_q) assert (rvalid && rresp == rresp_q && rdata == rdata_q);
      if (rsp_held_q) assert (rsp_valid && rsp_data == rsp_data_q);
      assert (!(start && clear));
      if (start || clear) assert (!running_q && host_en == '0);
    end
  end

  // ---------------------------------------------------------------------------------------------
  // Answers and probes owed; the answer to the request watched.
  // ---------------------------------------------------------------------------------------------
  logic [2:0]  owed_q, ahead_q, probes_q;
  logic        take, answer, probe, bad, refused_now, watching_q, served_q, done, err;
  logic        want_err_q;
  logic [25:0] head_q;
  logic [3:0]  value_q;

  assign take   = req_valid_i && req_ready;
  assign bad    = req_data_i[HOST_CORE_LSB +: HOST_CORE_W] >= Cores
               || req_data_i[HOST_SPACE_LSB +: HOST_SPACE_W] > SPACE_CREG
               || req_data_i[HOST_KIND_LSB +: HOST_KIND_W] > REQ_READ;
  assign done   = (host_done_i & host_en) != '0;
  assign err    = (host_done_i & host_en & host_err_i) != '0;
  assign probe  = rsp_valid && rsp_ready_i
               && rsp_data[HOST_KIND_LSB +: HOST_KIND_W] == HOST_KIND_W'(RSP_PROBE);
  assign answer = rsp_valid && rsp_ready_i && !probe;
  assign refused_now = done && err && host_we;

  logic owing;
  assign owing = take && (bad || req_data_i[HOST_KIND_LSB +: HOST_KIND_W] == REQ_READ);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      owed_q     <= '0;
      probes_q   <= '0;
      watching_q <= 1'b0;
    end else begin
      owed_q   <= owed_q + 3'(owing || refused_now) - 3'(answer);
      probes_q <= probes_q + 3'((prb_valid_i & prb_ready) != '0) - 3'(probe);
      if (owing && watch_i && !watching_q) begin
        watching_q <= 1'b1;
        ahead_q    <= owed_q - 3'(answer);
        head_q     <= req_data_i[57:32];
        want_err_q <= bad;
        served_q   <= bad;
      end else if (watching_q && answer) begin
        if (ahead_q == '0) watching_q <= 1'b0;
        ahead_q <= ahead_q - 3'd1;
      end
      if (done && watching_q && !served_q) begin
        served_q   <= 1'b1;
        want_err_q <= err;
        value_q    <= host_en[1] ? host_rdata_i[35:32] : host_rdata_i[3:0];
      end
    end
  end

  always_comb begin
    if (rst_ni) begin
      if (take) assert (!running_q);
      if (host_en != '0) assert (!running_q && (host_en & (host_en - 1'b1)) == '0);
      if (answer) assert (owed_q != '0);
      if (probe) assert (probes_q != '0);
      if (!req_busy) assert (owed_q == '0 && probes_q == '0);
      if (answer && watching_q && ahead_q == '0) begin
        assert (rsp_data[57:32] == head_q);
        assert (rsp_data[59:58] == (want_err_q ? 2'(RSP_ERROR) : 2'(RSP_RDATA)));
        assert (rsp_data[3:0] == (want_err_q ? 4'd0 : value_q));
      end
    end
  end

  always_ff @(posedge clk_i) begin
    cover (rst_ni && answer && watching_q && ahead_q == 3'd1);
    cover (rst_ni && answer && watching_q && ahead_q == '0 && !want_err_q && value_q == 4'd9);
    cover (rst_ni && bvalid && bresp == 2'b10 && running_q);
    cover (rst_ni && start && owed_q != '0);
  end
endmodule

`default_nettype wire
