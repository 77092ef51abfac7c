// SPDX-License-Identifier: Apache-2.0
// What a checker sees of the step run last.
#include "nt_rtl_pins.h"
#include "nt_rtl_tile.h"

#include <cstring>

namespace nt_rtl_detail {

void current_activity(nt_dev_t *dev, uint32_t core, uint8_t *activity) {
  const Core &c = rtl_of(dev)->cores[core];
  for (uint32_t line = 0; line < dev->params.lines; line++)
    activity[line] = static_cast<uint8_t>(c.act_current.data[line / 2] >> (line % 2 * 4) & 0xf);
}

void current_row(nt_dev_t *dev, uint32_t core, uint32_t row, int32_t *values) {
  const Core &c = rtl_of(dev)->cores[core];
  const nt_params_t &p = dev->params;
  const uint32_t buffer = *c.fill_sel.data ^ 1u;
  if (p.acc_bits == 32) { // a bank's row is its values
    const size_t bytes = 4 * static_cast<size_t>(nt_params_word_lanes(&p));
    for (uint32_t b = 0; b < kBanks; b++)
      std::memcpy(values + b * nt_params_word_lanes(&p), c.acc[b][buffer].data + row * bytes,
                  bytes);
    return;
  }
  for (uint32_t lane = 0; lane < nt_params_line_lanes(&p); lane++)
    values[lane] = acc_get(p, c, buffer, row, lane);
}

void set_tap(nt_dev_t *dev, bool on) {
  rtl_of(dev)->tapping = on;
}

void tap(nt_dev_t *dev, uint32_t core, const uint64_t **wire, size_t *count) {
  const Core &c = rtl_of(dev)->cores[core];
  *wire = c.sent.data();
  *count = c.sent.size();
}

} // namespace nt_rtl_detail

using namespace nt_rtl_detail;

extern "C" {

void nt_rtl_tap_clear(nt_dev_t *dev) {
  for (Core &core : rtl_of(dev)->cores)
    core.sent.clear();
}

} // extern "C"
