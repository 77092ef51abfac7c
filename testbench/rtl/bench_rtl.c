// SPDX-License-Identifier: Apache-2.0
// Simulated cycles per second of the verilated tile: idle, and with all engines busy.
#include "nt_clock.h"
#include "nt_rtl.h"

#include <stdio.h>

static uint32_t instr(uint32_t op, uint32_t rd, uint32_t ra, uint32_t rb, uint32_t low) {
  return op << NT_INSTR_OP_LSB | rd << NT_INSTR_RD_LSB | ra << NT_INSTR_RA_LSB |
         rb << NT_INSTR_RB_LSB | low;
}

// Arithmetic, state and a table in the mix that neuron programs have.
static nt_status_t load(nt_dev_t *dev, uint32_t core, nt_error_t *err) {
  static const uint32_t mix = 16;
  uint32_t program[4 * 16 + 1];
  for (uint32_t k = 0; k < 4 * mix; k += 16) {
    const uint32_t part[16] = {instr(NT_OP_LD, 1, 0, 0, 0),
                               instr(NT_OP_RDC, 2, 0, 0, 0),
                               instr(NT_OP_MULS, 3, 2, 1, 7),
                               instr(NT_OP_ADD, 3, 3, 1, 16 << NT_INSTR_SAT_LSB),
                               instr(NT_OP_SPC, 4, 0, 0, 1),
                               instr(NT_OP_MULS, 5, 4, 3, 3 | 16 << NT_INSTR_SAT_LSB),
                               instr(NT_OP_SUB, 6, 5, 2, 0),
                               instr(NT_OP_MAX, 6, 6, 3, 0),
                               instr(NT_OP_MIN, 6, 6, 4, 0),
                               instr(NT_OP_CLT, 0, 6, 3, 0),
                               instr(NT_OP_SEL, 7, 6, 5, 0),
                               instr(NT_OP_MOV, 8, 0, 7, 0),
                               instr(NT_OP_LERP, 9, 8, 5, 11 << NT_INSTR_FRAC_LSB),
                               instr(NT_OP_MULS, 9, 9, 8, 15),
                               instr(NT_OP_ADD, 1, 9, 4, 0),
                               instr(NT_OP_ST, 0, 1, 0, 0)};
    for (uint32_t j = 0; j < 16; j++)
      program[k + j] = part[j];
  }
  program[4 * mix] = instr(NT_OP_END, 0, 0, 0, 0);
  const uint32_t neurons = dev->params.lines * nt_params_line_lanes(&dev->params);
  const uint32_t group[4] = {3u | dev->params.lines << NT_GROUP0_LINES_LSB, neurons, 0,
                             1u << NT_GROUP3_STATE_WORDS_LSB};
  nt_status_t status = nt_dev_mem_write(dev, core, NT_SPACE_PROG, 0, 4 * mix + 1, program, err);
  if (status == NT_OK)
    status = nt_dev_mem_write(dev, core, NT_SPACE_GROUP, 0, 4, group, err);
  return status;
}

int main(void) {
  const nt_params_t params = nt_rtl_params();
  nt_dev_t *dev = NULL;
  nt_error_t err = {0};
  const uint64_t idle = 5000000;
  nt_status_t status = nt_rtl_open(&params, &dev, &err);
  if (status == NT_OK) {
    const double begin = nt_clock_now();
    status = nt_rtl_clock(dev, idle, &err);
    printf("idle          %6.2f Mcycles/s\n", 1e-6 * (double)idle / (nt_clock_now() - begin));
  }
  for (uint32_t busy = 1; busy <= params.cores && status == NT_OK; busy++) {
    status = load(dev, busy - 1, &err);
    const uint64_t first = nt_dev_cycles(dev);
    const double begin = nt_clock_now();
    for (uint32_t t = 0; t < 20 && status == NT_OK; t++)
      status = nt_dev_step(dev, t, 10000000, &err);
    const double seconds = nt_clock_now() - begin;
    const double cycles = (double)(nt_dev_cycles(dev) - first);
    printf("%u engines busy %6.2f Mcycles/s\n", busy, 1e-6 * cycles / seconds);
  }
  if (status != NT_OK)
    fprintf(stderr, "%s\n", err.text);
  nt_dev_close(dev);
  return (int)status;
}
