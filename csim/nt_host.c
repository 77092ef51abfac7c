// SPDX-License-Identifier: Apache-2.0
#include "nt_host.h"

/// ASCII "NTIL".
static const uint32_t id = 0x4E54494CU;

static const uint32_t error_w1c =
    1U << NT_ERROR_MISROUTE_LSB | 1U << NT_ERROR_BAD_ADDR_LSB | 1U << NT_ERROR_BUSY_WRITE_LSB;

static uint32_t status_register(nt_tile_t *tile) {
  return (uint32_t)(NT_BITS_PUT(nt_tile_pending(tile), STATUS_PENDING) |
                    NT_BITS_PUT(NT_PHASE_IDLE, STATUS_PHASE) |
                    NT_BITS_PUT(nt_tile_error(tile) != 0, STATUS_ERROR));
}

/// True when `offset` is the QUEUE register of an existing core.
static bool is_queue(const nt_tile_t *tile, uint32_t offset) {
  return offset >= NT_REG_QUEUE0 && offset < NT_REG_QUEUE0 + 4 * tile->dev.params.cores &&
         offset % 4 == 0;
}

nt_status_t nt_host_read(nt_tile_t *tile, uint32_t offset, uint32_t *value, nt_error_t *err) {
  const nt_params_t *params = &tile->dev.params;
  *value = 0;
  switch (offset) {
  case NT_REG_ID: *value = id; return NT_OK;
  case NT_REG_VERSION: *value = NT_DEFS_HASH; return NT_OK;
  case NT_REG_PARAM_CORES: *value = params->cores; return NT_OK;
  case NT_REG_PARAM_WORD_BITS: *value = params->word_bits; return NT_OK;
  case NT_REG_PARAM_POOL_WORDS: *value = params->pool_words; return NT_OK;
  case NT_REG_PARAM_LINES: *value = params->lines; return NT_OK;
  case NT_REG_PARAM_ACC_BITS: *value = params->acc_bits; return NT_OK;
  case NT_REG_PARAM_PROG_WORDS: *value = params->prog_words; return NT_OK;
  case NT_REG_PARAM_TABLE_WORDS: *value = params->table_words; return NT_OK;
  case NT_REG_PARAM_GROUPS: *value = params->groups; return NT_OK;
  case NT_REG_TILE_ID: *value = tile->tile_id; return NT_OK;
  case NT_REG_STATUS: *value = status_register(tile); return NT_OK;
  case NT_REG_TIMESTEP: *value = tile->timestep; return NT_OK;
  case NT_REG_ERROR: *value = nt_tile_error(tile); return NT_OK;
  case NT_REG_STEPS: *value = tile->steps; return NT_OK;
  case NT_REG_CTRL:      // write-only
  case NT_REG_CYCLES_LO: // no clock
  case NT_REG_CYCLES_HI: return NT_OK;
  default: break;
  }
  if (is_queue(tile, offset)) // always empty when somebody looks
    return NT_OK;
  return nt_fail(err, NT_ERR_DEVICE, "read of register offset 0x%03x: SLVERR, no such register",
                 offset);
}

static nt_status_t command(nt_tile_t *tile, uint32_t value, nt_error_t *err) {
  const bool start = NT_BITS_GET(value, CTRL_START) != 0;
  const bool clear_state = NT_BITS_GET(value, CTRL_CLEAR_STATE) != 0;
  if (start && clear_state)
    return nt_fail(err, NT_ERR_DEVICE,
                   "write of CTRL = 0x%x: SLVERR, START and CLEAR_STATE at once", value);
  if (clear_state)
    nt_tile_clear_state(tile);
  return start ? nt_tile_step(tile, err) : NT_OK;
}

nt_status_t nt_host_write(nt_tile_t *tile, uint32_t offset, uint32_t value, nt_error_t *err) {
  switch (offset) {
  case NT_REG_TILE_ID: tile->tile_id = value & 0xFFFU; return NT_OK;
  case NT_REG_CTRL: return command(tile, value, err);
  case NT_REG_TIMESTEP: tile->timestep = value; return NT_OK;
  case NT_REG_ERROR: tile->error &= ~(value & error_w1c); return NT_OK;
  default: break;
  }
  return nt_fail(err, NT_ERR_DEVICE,
                 "write of register offset 0x%03x: SLVERR, no such register or read-only", offset);
}
