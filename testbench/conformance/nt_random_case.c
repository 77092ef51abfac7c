// SPDX-License-Identifier: Apache-2.0
#include "nt_random_case.h"

#include "nt_duel.h"
#include "nt_rtl.h"

#include <stdlib.h>

// ---- making -------------------------------------------------------------------------------------

typedef struct maker {
  nt_random_t random;
  nt_random_network_t network;
  nt_random_case_t *made;
} maker_t;

void nt_random_case_add(nt_random_case_t *made, nt_action_t action) {
  if (made->actions == made->room) {
    made->room = made->room == 0 ? 64 : 2 * made->room;
    made->action = realloc(made->action, made->room * sizeof *made->action);
    if (made->action == NULL)
      abort();
  }
  made->action[made->actions++] = action;
}

void nt_random_case_free(nt_random_case_t *made) {
  nt_image_free(made->image);
  free(made->action);
  *made = (nt_random_case_t){0};
}

static uint32_t below(maker_t *maker, uint32_t n) {
  return nt_random_below(&maker->random, n);
}

/// An action at a random core.
static nt_action_t somewhere(maker_t *maker, nt_action_kind_t kind) {
  const nt_image_t *image = maker->made->image;
  nt_action_t action = {.kind = kind};
  action.tile = below(maker, image->tiles);
  action.core = below(maker, image->params.cores);
  action.by_message = nt_random_chance(&maker->random, 50);
  return action;
}

static const nt_image_core_t *core_of(const maker_t *maker, const nt_action_t *action) {
  return nt_image_core(maker->made->image, action->tile, action->core);
}

static uint32_t pick_group(maker_t *maker, const nt_action_t *action, const uint32_t **words) {
  const uint32_t number = below(maker, maker->made->image->params.groups);
  *words = core_of(maker, action)->group + (size_t)number * NT_GROUP_WORDS;
  return number;
}

static void add_write(maker_t *maker, nt_action_t action, uint32_t space, uint32_t addr,
                      uint32_t word) {
  action.kind = NT_ACTION_WRITE;
  action.space = space;
  action.addr = addr;
  action.word = word;
  nt_random_case_add(maker->made, action);
}

static void add_constant(maker_t *maker) {
  const nt_action_t at = somewhere(maker, NT_ACTION_WRITE);
  const uint32_t addr = below(maker, maker->made->image->params.table_words);
  add_write(maker, at, NT_SPACE_TABLE, addr, (uint32_t)nt_random_value(&maker->random, 32));
}

/// A lane of the state of some group, if the number picked is one.
static void add_state(maker_t *maker) {
  const uint32_t *group = NULL;
  const uint32_t lanes = nt_params_word_lanes(&maker->made->image->params);
  const nt_action_t at = somewhere(maker, NT_ACTION_WRITE);
  (void)pick_group(maker, &at, &group);
  const uint32_t base = group[3] & ((1u << NT_GROUP3_STATE_BASE_W) - 1);
  const uint32_t words =
      group[3] >> NT_GROUP3_STATE_WORDS_LSB & ((1u << NT_GROUP3_STATE_WORDS_W) - 1);
  if (words == 0)
    return;
  const uint32_t addr = (base + below(maker, words)) * lanes + below(maker, lanes);
  add_write(maker, at, NT_SPACE_POOL, addr, (uint32_t)nt_random_value(&maker->random, 32));
}

/// Another program for a group, in the place of the first one.
static void add_program(maker_t *maker) {
  uint32_t words[1024];
  const uint32_t *group = NULL;
  const nt_params_t *p = &maker->made->image->params;
  const nt_action_t at = somewhere(maker, NT_ACTION_WRITE);
  (void)pick_group(maker, &at, &group);
  const nt_random_limits_t limits = {
      .entry = group[2] & ((1u << NT_GROUP2_ENTRY_W) - 1),
      .length = maker->network.program_length < p->prog_words / 4 ? maker->network.program_length
                                                                  : p->prog_words / 4,
      .state_words = group[3] >> NT_GROUP3_STATE_WORDS_LSB & ((1u << NT_GROUP3_STATE_WORDS_W) - 1),
      .ports = NT_PORTS,
      .spike_bits = p->acc_bits / 2 - 4};
  if (limits.state_words == 0)
    return;
  uint32_t room = p->prog_words; // up to the next group's program
  for (uint32_t g = 0; g < p->groups; g++) {
    const uint32_t entry = core_of(maker, &at)->group[(size_t)g * NT_GROUP_WORDS + 2] &
                           ((1u << NT_GROUP2_ENTRY_W) - 1);
    if (entry > limits.entry && entry < room)
      room = entry;
  }
  const uint32_t length = nt_random_program(&maker->random, &limits, words);
  for (uint32_t i = 0; limits.entry + length <= room && i < length; i++)
    add_write(maker, at, NT_SPACE_PROG, limits.entry + i, words[i]);
}

static void add_axon(maker_t *maker) {
  nt_action_t action = somewhere(maker, NT_ACTION_AXON);
  const uint32_t count = core_of(maker, &action)->axon_count;
  if (count == 0)
    return;
  action.addr = below(maker, count);
  action.value = nt_asm_single(below(maker, NT_DENDRITES), below(maker, 1u << NT_AXON_NEURON_W),
                               below(maker, 4), nt_random_value(&maker->random, NT_AXON_WEIGHT_W));
  nt_random_case_add(maker->made, action);
}

/// Probes on or off, or all flags cleared.
static void add_register(maker_t *maker) {
  const nt_action_t at = somewhere(maker, NT_ACTION_WRITE);
  if (nt_random_chance(&maker->random, 50))
    add_write(maker, at, NT_SPACE_CREG, NT_CREG_PROBE_ENABLE, below(maker, 2));
  else
    add_write(maker, at, NT_SPACE_CREG, NT_CREG_FLAGS, UINT32_MAX);
}

static void add_row(maker_t *maker) {
  nt_action_t action = somewhere(maker, NT_ACTION_ROW);
  action.addr = below(maker, maker->made->image->params.lines);
  action.word = below(maker, 1u << NT_DENDRITES);
  action.value = nt_random_next(&maker->random);
  nt_random_case_add(maker->made, action);
}

static void add_group(maker_t *maker) {
  nt_action_t action = somewhere(maker, NT_ACTION_GROUP);
  action.addr = below(maker, maker->made->image->params.groups);
  action.word = below(maker, 4);
  nt_random_case_add(maker->made, action);
}

static void add_read(maker_t *maker) {
  nt_action_t action = somewhere(maker, NT_ACTION_READ);
  action.space = below(maker, NT_SPACE_CREG);
  action.addr = below(maker, nt_dev_space_words(&maker->made->image->params, action.space));
  nt_random_case_add(maker->made, action);
}

static void add_disturbance(maker_t *maker) {
  const uint32_t dice = below(maker, 20);
  if (dice < 3)
    add_constant(maker);
  else if (dice < 6)
    add_state(maker);
  else if (dice < 8)
    add_row(maker);
  else if (dice < 9)
    add_program(maker);
  else if (dice < 11)
    add_axon(maker);
  else if (dice < 12)
    add_register(maker);
  else if (dice < 13)
    add_group(maker);
  else if (dice < 14)
    nt_random_case_add(maker->made,
                       (nt_action_t){.kind = NT_ACTION_IDLE, .word = 1 + below(maker, 50)});
  else
    add_read(maker);
}

static void add_spikes(maker_t *maker, uint32_t most) {
  const uint32_t spikes = below(maker, most);
  for (uint32_t i = 0; i < spikes; i++) {
    const nt_spike_t spike = nt_random_spike(&maker->random, maker->made->image, &maker->network);
    nt_random_case_add(maker->made, (nt_action_t){.kind = NT_ACTION_SPIKE, .spike = spike});
  }
}

static void add_step(maker_t *maker) {
  enum { SPIKES = 30 };
  if (nt_random_chance(&maker->random, 25)) {
    nt_action_t action = somewhere(maker, NT_ACTION_BUSY);
    action.word = 1 + below(maker, SPIKES);
    action.value = nt_random_next(&maker->random);
    nt_random_case_add(maker->made, action);
  } else {
    nt_random_case_add(maker->made, (nt_action_t){.kind = NT_ACTION_STEP});
  }
}

static nt_status_t begin(maker_t *maker, const nt_params_t *params, nt_error_t *err) {
  *maker->made = (nt_random_case_t){0};
  return nt_random_image(&maker->random, params, &maker->network, &maker->made->image, err);
}

nt_status_t nt_random_case_program(uint64_t seed, const nt_params_t *params, nt_random_case_t *made,
                                   nt_error_t *err) {
  enum { STEPS = 4, SPIKES = 12 };
  maker_t maker = {.random = {seed}, .made = made};
  maker.network =
      (nt_random_network_t){.tiles = 1,
                            .program_length = nt_random_chance(&maker.random, 80) ? 64 : 200,
                            .hot = nt_random_chance(&maker.random, 20),
                            .faults = nt_random_chance(&maker.random, 30)};
  const nt_status_t status = begin(&maker, params, err);
  for (uint32_t step = 0; step < STEPS && status == NT_OK; step++) {
    add_spikes(&maker, SPIKES);
    nt_random_case_add(made, (nt_action_t){.kind = NT_ACTION_STEP});
  }
  return status;
}

nt_status_t nt_random_case_network(uint64_t seed, const nt_params_t *params, nt_random_case_t *made,
                                   nt_error_t *err) {
  enum { STEPS = 8, SPIKES = 20, BURST = 300, DISTURBANCES = 4 };
  maker_t maker = {.random = {seed}, .made = made};
  maker.network = (nt_random_network_t){.tiles = 1 + below(&maker, 3),
                                        .program_length = 40,
                                        .recurrent = true,
                                        .hot = nt_random_chance(&maker.random, 20),
                                        .faults = nt_random_chance(&maker.random, 40)};
  const nt_status_t status = begin(&maker, params, err);
  for (uint32_t step = 0; step < STEPS && status == NT_OK; step++) {
    add_spikes(&maker, nt_random_chance(&maker.random, 5) ? BURST : SPIKES);
    add_step(&maker);
    for (uint32_t i = 0; i < DISTURBANCES; i++)
      add_disturbance(&maker);
    if (nt_random_chance(&maker.random, 4))
      nt_random_case_add(made, (nt_action_t){.kind = NT_ACTION_CLEAR});
    if (nt_random_chance(&maker.random, 12) || step + 1 == STEPS)
      nt_random_case_add(made, (nt_action_t){.kind = NT_ACTION_EXCHANGE});
  }
  if (status == NT_OK)
    nt_random_case_add(made, (nt_action_t){.kind = NT_ACTION_STEP});
  return status;
}

nt_status_t nt_random_case_any(uint64_t seed, const nt_params_t *params, nt_random_case_t *made,
                               nt_error_t *err) {
  nt_random_t random = {~seed};
  const bool program = nt_random_chance(&random, 25);
  const nt_status_t status = program ? nt_random_case_program(seed, params, made, err)
                                     : nt_random_case_network(seed, params, made, err);
  if (nt_random_chance(&random, 50))
    made->pauses = 1 + nt_random_below(&random, 200);
  if (nt_random_chance(&random, 50))
    made->shake = 1 + nt_random_below(&random, 1u << 30);
  return status;
}

// ---- playing ------------------------------------------------------------------------------------

static const nt_random_case_t *playing;

static nt_status_t open_paused(const nt_params_t *params, nt_dev_t **dev, nt_error_t *err) {
  const nt_status_t status = nt_rtl_open_shaken(params, playing->shake, dev, err);
  if (status == NT_OK)
    nt_rtl_jitter(*dev, playing->pauses, playing->shake);
  return status;
}

static void play_axon(nt_duel_t *duel, const nt_action_t *action) {
  const nt_image_core_t *core = nt_image_core(duel->image, action->tile, action->core);
  const uint32_t lanes = nt_params_word_lanes(&duel->image->params);
  const uint32_t addr = (core->axon_base * lanes + 2 * action->addr) %
                        nt_dev_space_words(&duel->image->params, NT_SPACE_POOL);
  for (uint32_t half = 0; half < 2 && action->addr < core->axon_count; half++)
    nt_duel_write(duel, action->tile, action->core, NT_SPACE_POOL, addr + half,
                  (uint32_t)(action->value >> (32 * half)), action->by_message);
}

static void play_row(nt_duel_t *duel, const nt_action_t *action) {
  const nt_params_t *p = &duel->image->params;
  const uint32_t lanes = nt_params_line_lanes(p);
  nt_random_t random = {action->value};
  nt_duel_write(duel, action->tile, action->core, NT_SPACE_ACT, action->addr, action->word,
                action->by_message);
  for (uint32_t d = 0; d < NT_DENDRITES; d++)
    for (uint32_t lane = 0; (action->word >> d & 1) != 0 && lane < lanes; lane++)
      nt_duel_write(duel, action->tile, action->core, NT_SPACE_ACC,
                    (d * p->lines + action->addr) * lanes + lane,
                    (uint32_t)nt_random_value(&random, p->acc_bits - 8), action->by_message);
}

static void play_group(nt_duel_t *duel, const nt_action_t *action) {
  const uint32_t addr = action->addr * NT_GROUP_WORDS;
  const uint32_t word = nt_image_core(duel->image, action->tile, action->core)->group[addr];
  if (word != 0) // a group of the image
    nt_duel_write(duel, action->tile, action->core, NT_SPACE_GROUP, addr,
                  (word & ~3u) | (action->word & 3), action->by_message);
}

/// State files are for the groups of the image: those come back first.
static void play_exchange(nt_duel_t *duel) {
  const nt_params_t *p = &duel->image->params;
  for (uint32_t tile = 0; tile < duel->image->tiles; tile++)
    for (uint32_t core = 0; core < p->cores; core++)
      for (uint32_t g = 0; g < p->groups; g++)
        nt_duel_write(duel, tile, core, NT_SPACE_GROUP, g * NT_GROUP_WORDS,
                      nt_image_core(duel->image, tile, core)->group[(size_t)g * NT_GROUP_WORDS],
                      false);
  nt_duel_exchange(duel);
}

static void play_idle(nt_duel_t *duel, uint32_t cycles) {
  nt_error_t err = {0};
  for (uint32_t tile = 0; tile < duel->image->tiles && nt_check_is_rtl(); tile++)
    NT_CHECK_OK(nt_rtl_clock(nt_system_tile(duel->dut, tile), cycles, &err), &err);
}

/// A timestep with spikes that arrive while it runs. nt_lockstep would compare before the golden
/// tile has them, so this one step shows in what comes after it. They go to the devices: the system
/// keeps spikes of the host until the next step.
static void play_busy(nt_duel_t *duel, const nt_action_t *action) {
  enum { SPIKES_MAX = 64 };
  const nt_random_network_t calm = {.tiles = duel->image->tiles};
  nt_spike_t spikes[SPIKES_MAX];
  nt_random_t random = {action->value};
  nt_error_t err = {0};
  uint32_t count = action->word < SPIKES_MAX ? action->word : SPIKES_MAX;
  for (uint32_t i = 0; i < count; i++) {
    spikes[i] = nt_random_spike(&random, duel->image, &calm);
    spikes[i].tile = (uint16_t)action->tile;
  }
  NT_CHECK_OK(nt_system_step(duel->golden, &err), &err);
  NT_CHECK_OK(nt_dev_inject(nt_system_tile(duel->golden, action->tile), spikes, count, &err), &err);
  const uint32_t *ran = NULL;
  size_t tiles = 0;
  bool runs = false;
  nt_system_ran(duel->golden, &ran, &tiles);
  for (size_t i = 0; i < tiles; i++)
    runs = runs || ran[i] == action->tile;
  const bool in_step = runs && nt_check_is_rtl();
  if (in_step)
    nt_rtl_send_in_step(nt_system_tile(duel->dut, action->tile), spikes, count);
  NT_CHECK_OK(nt_system_step(duel->dut, &err), &err);
  if (!in_step)
    NT_CHECK_OK(nt_dev_inject(nt_system_tile(duel->dut, action->tile), spikes, count, &err), &err);
}

static void play_action(nt_duel_t *duel, const nt_action_t *action) {
  switch (action->kind) {
  case NT_ACTION_STEP: nt_duel_step(duel); break;
  case NT_ACTION_BUSY: play_busy(duel, action); break;
  case NT_ACTION_SPIKE: nt_duel_inject(duel, &action->spike, 1); break;
  case NT_ACTION_WRITE:
    nt_duel_write(duel, action->tile, action->core, action->space, action->addr, action->word,
                  action->by_message);
    break;
  case NT_ACTION_READ:
    nt_duel_read(duel, action->tile, action->core, action->space, action->addr);
    break;
  case NT_ACTION_AXON: play_axon(duel, action); break;
  case NT_ACTION_ROW: play_row(duel, action); break;
  case NT_ACTION_GROUP: play_group(duel, action); break;
  case NT_ACTION_CLEAR: nt_duel_clear_state(duel); break;
  case NT_ACTION_EXCHANGE: play_exchange(duel); break;
  case NT_ACTION_IDLE: play_idle(duel, action->word); break;
  case NT_ACTION_KINDS: break;
  }
}

void nt_random_case_play(nt_random_case_t *played) {
  nt_duel_t duel;
  playing = played;
  if (nt_check_is_rtl())
    nt_check_set_open(open_paused);
  nt_duel_open(&duel, played->image);
  for (uint32_t i = 0; i < played->actions; i++)
    play_action(&duel, &played->action[i]);
  nt_duel_sweep(&duel);
  nt_duel_close(&duel);
  played->image = NULL;
}
