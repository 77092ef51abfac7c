// SPDX-License-Identifier: Apache-2.0
// A virtual platform with one tile. docs/systemc.md shows what stands between the two marks.
// guide: begin
#include "nt_sc_device.h"
#include "nt_tile_sc.h"

#include <cstdio>

#include <tlm_utils/simple_initiator_socket.h>

/// Stands for the processor of a platform: it starts transactions and gets the tile's interrupts.
class Processor : public sc_core::sc_module {
public:
  tlm_utils::simple_initiator_socket<Processor> bus{"bus"};
  sc_core::sc_in<bool> busy{"busy"}, data{"data"};
  sc_core::sc_out<bool> reset_n{"reset_n"};
  nt_tile_sc *tile = nullptr; // only for power, parameters and a checker's observation
  bool passed = false;

  SC_HAS_PROCESS(Processor);
  explicit Processor(const sc_core::sc_module_name &name) : sc_module(name) {
    SC_THREAD(run);
    set_stack_size(1 << 20); // the C driver needs more than the default
  }

private:
  void run() {
    const sc_core::sc_time period(10, sc_core::SC_NS);
    wait(4 * period); // reset_n is low
    reset_n.write(true);
    wait(2 * period);

    // By hand: register STEPS, through the bus.
    uint32_t steps = 1;
    tlm::tlm_generic_payload trans;
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    trans.set_read();
    trans.set_address(NT_REG_STEPS);
    trans.set_data_ptr(reinterpret_cast<unsigned char *>(&steps));
    trans.set_data_length(sizeof steps);
    trans.set_streaming_width(sizeof steps);
    bus->b_transport(trans, delay);
    wait(delay);

    // By the driver: one timestep, and the register again.
    nt_sc_link link;
    link.bus = &bus;
    link.busy = &busy;
    link.data = &data;
    link.period = period;
    link.tile = tile;
    nt_dev_t *dev = nullptr;
    nt_error_t err = {};
    uint32_t after = 0;
    nt_status_t status = nt_sc_device_open(link, &tile->model()->params, &dev, &err);
    if (status == NT_OK)
      status = nt_dev_step(dev, 0, 1000, &err);
    if (status == NT_OK)
      status = nt_dev_reg_read(dev, NT_REG_STEPS, &after, &err);
    nt_dev_close(dev);
    std::printf("STEPS was %u, is %u %s\n", steps, after, err.text);
    passed = trans.is_response_ok() && status == NT_OK && steps == 0 && after == 1;
    sc_core::sc_stop();
  }
};

int sc_main(int, char **) {
  sc_core::sc_clock clk("clk", 10, sc_core::SC_NS);
  sc_core::sc_signal<bool> busy("busy"), data("data"), reset_n("reset_n");
  nt_tile_sc tile("tile");
  Processor processor("processor");
  tile.clk_i(clk);
  tile.rst_ni(reset_n);
  tile.busy_o(busy);
  tile.data_o(data);
  processor.busy(busy);
  processor.data(data);
  processor.reset_n(reset_n);
  processor.bus.bind(tile.host); // or a bus, which takes the tile's base off the address
  processor.tile = &tile;
  sc_core::sc_start();
  return processor.passed ? 0 : 1;
}
// guide: end
