// SPDX-License-Identifier: Apache-2.0
// nt_tile_port.vh: a tile under test and its ports as tasks: registers, requests, spikes.
//
// Include it inside a testbench after nt_defs.vh, nt_check.vh and the parameters Cores, WordBits,
// PoolWords, Lines, AccBits, ProgWords, TableWords, Groups and L = WordBits/32. The testbench puts
// answers of the host port into last_answer, and sets rsp_ready and spk_out_ready.
  localparam [1:0] OKAY   = 2'b00;
  localparam [1:0] SLVERR = 2'b10;

  reg         awvalid, wvalid, arvalid, req_valid, rsp_ready, spk_in_valid, spk_out_ready;
  wire        awready, wready, bvalid, arready, rvalid, req_ready, rsp_valid, spk_in_ready;
  wire        spk_out_valid, busy, pending, error;
  reg  [11:0] awaddr, araddr;
  reg  [31:0] wdata;
  wire [31:0] rdata, timestep;
  wire [1:0]  bresp, rresp;
  reg  [63:0] req_data, spk_in_data;
  wire [63:0] rsp_data, spk_out_data;

  nt_tile #(.Cores(Cores), .WordBits(WordBits), .PoolWords(PoolWords), .Lines(Lines),
            .AccBits(AccBits), .ProgWords(ProgWords), .TableWords(TableWords), .Groups(Groups)) u_dut (
    .clk_i(clk), .rst_ni(rst_n),
    .s_axi_awvalid_i(awvalid), .s_axi_awready_o(awready), .s_axi_awaddr_i(awaddr),
    .s_axi_wvalid_i(wvalid), .s_axi_wready_o(wready), .s_axi_wdata_i(wdata),
    .s_axi_wstrb_i(4'hF), .s_axi_bvalid_o(bvalid), .s_axi_bready_i(1'b1), .s_axi_bresp_o(bresp),
    .s_axi_arvalid_i(arvalid), .s_axi_arready_o(arready), .s_axi_araddr_i(araddr),
    .s_axi_rvalid_o(rvalid), .s_axi_rready_i(1'b1), .s_axi_rdata_o(rdata),
    .s_axi_rresp_o(rresp),
    .req_valid_i(req_valid), .req_ready_o(req_ready), .req_data_i(req_data),
    .rsp_valid_o(rsp_valid), .rsp_ready_i(rsp_ready), .rsp_data_o(rsp_data),
    .spk_in_valid_i(spk_in_valid), .spk_in_ready_o(spk_in_ready), .spk_in_data_i(spk_in_data),
    .spk_out_valid_o(spk_out_valid), .spk_out_ready_i(spk_out_ready),
    .spk_out_data_o(spk_out_data),
    .busy_o(busy), .pending_o(pending), .error_o(error), .timestep_o(timestep));

  reg  [63:0] last_answer;

  task ports_idle;
    begin
      awvalid = 1'b0;  wvalid = 1'b0;  arvalid = 1'b0;  req_valid = 1'b0;  spk_in_valid = 1'b0;
      awaddr = '0;  araddr = '0;  wdata = '0;  req_data = '0;  spk_in_data = '0;
      last_answer = '0;
    end
  endtask

  task axi_write(input [11:0] address, input [31:0] data, input [1:0] want);
    begin
      @(negedge clk);
      awvalid = 1'b1;
      wvalid  = 1'b1;
      awaddr  = address;
      wdata   = data;
      @(negedge clk);
      awvalid = 1'b0;
      wvalid  = 1'b0;
      while (!bvalid) @(negedge clk);
      `NT_EQ_AT("BRESP", address, bresp, want)
    end
  endtask

  // Reads a register and expects the response code RESP with it.
  task axi_read_resp(input [11:0] address, input [1:0] resp, input [31:0] want);
    begin
      @(negedge clk);
      arvalid = 1'b1;
      araddr  = address;
      @(negedge clk) arvalid = 1'b0;
      while (!rvalid) @(negedge clk);
      `NT_EQ_AT("register", address, {rresp, rdata}, {resp, want})
    end
  endtask

  task axi_read(input [11:0] address, input [31:0] want);
    axi_read_resp(address, OKAY, want);
  endtask

  task request(input integer kind, input integer core, input integer space,
               input integer address, input [31:0] data);
    begin
      @(negedge clk);
      req_valid = 1'b1;
      req_data  = {4'd0, 2'(kind), 3'(core), 3'(space), 20'(address), data};
      while (!req_ready) @(negedge clk);
      @(negedge clk) req_valid = 1'b0;
    end
  endtask

  task put(input integer core, input integer space, input integer address, input [31:0] data);
    request(REQ_WRITE, core, space, address, data);
  endtask

  task put_dword(input integer core, input integer word, input integer dword,
                 input [63:0] data);
    begin
      put(core, SPACE_POOL, word * L + 2 * dword, data[31:0]);
      put(core, SPACE_POOL, word * L + 2 * dword + 1, data[63:32]);
    end
  endtask

  // Reads a word; want_kind is RDATA or ERROR.
  task get(input integer core, input integer space, input integer address,
           input integer want_kind, input [31:0] want);
    begin
      last_answer = '0;
      request(REQ_READ, core, space, address, 32'd0);
      while (busy) @(negedge clk);
      `NT_EQ("head of an answer", last_answer[63:32],
             {4'd0, 2'(want_kind), 3'(core), 3'(space), 20'(address)})
      if (want_kind == RSP_RDATA) `NT_EQ_AT("word read", address, last_answer[31:0], want)
    end
  endtask

  task spike(input [11:0] tile, input [7:0] cores, input [15:0] axon, input [23:0] payload);
    begin
      @(negedge clk);
      spk_in_valid = 1'b1;
      spk_in_data  = {2'd0, 2'd3, cores, tile, axon, payload};
      while (!spk_in_ready) @(negedge clk);
      @(negedge clk) spk_in_valid = 1'b0;
    end
  endtask
