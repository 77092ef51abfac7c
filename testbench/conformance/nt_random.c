// SPDX-License-Identifier: Apache-2.0
#include "nt_random.h"

#include <stdlib.h>

uint64_t nt_random_next(nt_random_t *random) {
  uint64_t z = random->state += UINT64_C(0x9E3779B97F4A7C15);
  z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
  z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
  return z ^ z >> 31;
}

uint32_t nt_random_below(nt_random_t *random, uint32_t n) {
  return (uint32_t)(nt_random_next(random) % n);
}

bool nt_random_chance(nt_random_t *random, uint32_t percent) {
  return nt_random_below(random, 100) < percent;
}

int32_t nt_random_value(nt_random_t *random, uint32_t bits) {
  const int64_t half = INT64_C(1) << (bits - 1);
  switch (nt_random_below(random, 8)) {
  case 0: return (int32_t)(half - 1);
  case 1: return (int32_t)-half;
  case 2: return (int32_t)nt_random_below(random, 3) - 1;
  case 3: {
    const uint32_t narrow = 1 + nt_random_below(random, bits);
    return (int32_t)((int64_t)(nt_random_next(random) >> (64 - narrow)) -
                     (INT64_C(1) << (narrow - 1)));
  }
  default: return (int32_t)((int64_t)(nt_random_next(random) >> (64 - bits)) - half);
  }
}

static uint64_t environment(const char *name, uint64_t fallback) {
  const char *value = getenv(name);
  return value != NULL && value[0] != '\0' ? strtoull(value, NULL, 0) : fallback;
}

uint64_t nt_random_seed(uint64_t fallback) {
  return environment("NT_SEED", fallback);
}

uint32_t nt_random_cases(uint32_t fallback) {
  return (uint32_t)environment("NT_CASES", fallback);
}

// ---- programs -----------------------------------------------------------------------------------

/// A program under construction. Jumps are given their targets last: only to places where an
/// instruction sequence begins, and only forward, so that every program ends.
typedef struct draft {
  nt_random_t *random;
  const nt_random_limits_t *limits;
  uint32_t *words;
  uint32_t count;
  bool begins[1024]; ///< a sequence begins at this instruction
} draft_t;

static void emit(draft_t *draft, uint32_t word) {
  draft->words[draft->count++] = word;
}

static uint32_t pick_register(draft_t *draft) {
  return nt_random_below(draft->random, NT_REGISTERS);
}

static uint32_t pick_b(draft_t *draft) {
  return nt_random_chance(draft->random, 60) ? nt_asm_reg(pick_register(draft))
                                             : nt_asm_const(nt_random_below(draft->random, 64));
}

static uint32_t pick_sat(draft_t *draft) {
  return nt_random_chance(draft->random, 50) ? 0 : nt_random_below(draft->random, 32);
}

static void emit_alu(draft_t *draft) {
  const uint32_t op = NT_OP_MOV + nt_random_below(draft->random, NT_OP_SEL - NT_OP_MOV + 1);
  const uint32_t rd = pick_register(draft), ra = pick_register(draft);
  const uint32_t b = pick_b(draft), sat = pick_sat(draft);
  // SHIFT is part of MULS only; elsewhere its bits are ignored.
  const uint32_t shift = nt_random_below(draft->random, 64);
  emit(draft, nt_asm_alu(op, rd, ra, b, sat) | shift << NT_INSTR_SHIFT_LSB);
}

static void emit_table(draft_t *draft) {
  const uint32_t rd = pick_register(draft), ra = pick_register(draft);
  const uint32_t base = nt_random_below(draft->random, 1u << NT_INSTR_TBASE_W);
  const uint32_t k = 1 + nt_random_below(draft->random, 9);
  const uint32_t fraction = nt_random_below(draft->random, 33 - k);
  if (nt_random_chance(draft->random, 50))
    emit(draft, nt_asm_lut(rd, ra, nt_random_below(draft->random, 16), base));
  else
    emit(draft, nt_asm_lerp(rd, ra, k, fraction < 32 ? fraction : 31, base));
}

/// A spike from the few neurons whose index has the right low bits.
static void emit_spike(draft_t *draft) {
  const uint32_t port = nt_random_below(draft->random, draft->limits->ports);
  const uint32_t payload = pick_register(draft);
  const uint32_t bits = draft->limits->spike_bits;
  emit(draft, nt_asm_alu(NT_OP_MOV, 14, 0, nt_asm_reg(payload), bits));
  emit(draft, nt_asm_spc(15, NT_SPC_NEURON));
  emit(draft, nt_asm_alu(NT_OP_AND, 15, 15, nt_asm_const(nt_random_below(draft->random, 4)), 0));
  emit(draft, nt_asm_compare(NT_OP_CEQ, 15, nt_asm_reg(0)));
  emit(draft, nt_asm_skp(1, true));
  emit(draft, nt_asm_spk(port, 14));
}

static void emit_state(draft_t *draft) {
  const uint32_t k = nt_random_below(draft->random, draft->limits->state_words);
  const uint32_t r = pick_register(draft);
  emit(draft, nt_random_chance(draft->random, 50) ? nt_asm_ld(r, k) : nt_asm_st(r, k));
}

static void emit_fault(draft_t *draft) {
  const uint32_t undefined[] = {(NT_OP_PRB + 1 + nt_random_below(draft->random, 37))
                                    << NT_INSTR_OP_LSB,
                                nt_asm_jmp(5 + nt_random_below(draft->random, 11), 1, 0),
                                nt_asm_lerp(1, 1, 0, 4, 0), nt_asm_lerp(1, 1, 9, 24, 0)};
  if (nt_random_chance(draft->random, 70))
    emit(draft, undefined[nt_random_below(draft->random, 4)]);
  else // endless where some predicate is set
    emit(draft, nt_asm_jmp(NT_JMP_ANY, 0, draft->limits->entry + draft->count));
}

static void emit_sequence(draft_t *draft) {
  const uint32_t dice = nt_random_below(draft->random, 100);
  draft->begins[draft->count] = true;
  if (dice < 45)
    emit_alu(draft);
  else if (dice < 55)
    emit(draft, nt_asm_compare(NT_OP_CLT + nt_random_below(draft->random, 3), pick_register(draft),
                               pick_b(draft)));
  else if (dice < 63)
    emit(draft,
         nt_asm_skp(nt_random_below(draft->random, nt_random_chance(draft->random, 80) ? 5 : 16),
                    nt_random_chance(draft->random, 50)));
  else if (dice < 69)
    emit(draft,
         nt_asm_jmp(nt_random_below(draft->random, 5), nt_random_below(draft->random, 16), 0));
  else if (dice < 81)
    emit_state(draft);
  else if (dice < 86)
    emit(draft, nt_asm_rdc(pick_register(draft), nt_random_below(draft->random, 8)));
  else if (dice < 89)
    emit(draft, nt_asm_spc(pick_register(draft), nt_random_below(draft->random, 4)));
  else if (dice < 94)
    emit_table(draft);
  else if (dice < 95)
    emit(draft, nt_asm_prb(pick_register(draft)));
  else if (dice < 96 && draft->limits->faults && nt_random_chance(draft->random, 30))
    emit_fault(draft);
  else if (draft->limits->ports > 0)
    emit_spike(draft);
  else
    emit_alu(draft);
}

/// Gives every jump whose target is still 0 a later beginning of a sequence.
static void place_jumps(draft_t *draft) {
  for (uint32_t at = 0; at < draft->count; at++) {
    const uint32_t word = draft->words[at];
    const uint32_t target_mask = (1u << NT_INSTR_TARGET_W) - 1;
    if (word >> NT_INSTR_OP_LSB != NT_OP_JMP || (word & target_mask) != 0)
      continue;
    uint32_t to = at + 1 + nt_random_below(draft->random, draft->count - at - 1);
    while (!draft->begins[to])
      to++;
    draft->words[at] |= draft->limits->entry + to;
  }
}

uint32_t nt_random_program(nt_random_t *random, const nt_random_limits_t *limits, uint32_t *words) {
  enum { LONGEST_SEQUENCE = 6, TAIL = 3 };
  draft_t draft = {.random = random, .limits = limits, .words = words};
  const uint32_t span = limits->length - 15;
  const uint32_t length = 16 + nt_random_below(random, span);
  for (uint32_t i = 0; i < 4; i++) {
    draft.begins[draft.count] = true;
    emit(&draft, i < 2 ? nt_asm_rdc(1 + i, i)
                       : nt_asm_ld(1 + i, nt_random_below(random, limits->state_words)));
  }
  while (draft.count + LONGEST_SEQUENCE + TAIL <= length)
    emit_sequence(&draft);
  for (uint32_t i = 0; i < TAIL - 1; i++) {
    draft.begins[draft.count] = true;
    emit(&draft, nt_asm_st(pick_register(&draft), nt_random_below(random, limits->state_words)));
  }
  draft.begins[draft.count] = true;
  emit(&draft, nt_asm_end());
  place_jumps(&draft);
  return draft.count;
}

// ---- images -------------------------------------------------------------------------------------

enum { STATE_BASE = 512, STATE_WORDS_MAX = 6 };

/// A core under construction. Neuron state is one stretch of the pool; everything else is placed
/// from a random word after it on, over the end of the pool and up to the state again.
typedef struct site {
  nt_random_t *random;
  const nt_params_t *params;
  const nt_random_network_t *network;
  nt_image_core_t *core;
  nt_asm_pool_t pool;
  uint32_t tile, number;
  uint32_t next, left; ///< free pool words
  uint32_t state_next, prog_next;
} site_t;

static uint32_t axons_of(const nt_params_t *params) {
  return params->word_bits < 128 ? 20 : 40;
}

/// `words` free pool words in `*ptr`, or false.
static bool take(site_t *site, uint32_t words, uint32_t *ptr) {
  if (words > site->left)
    return false;
  *ptr = site->next % site->params->pool_words;
  site->next += words;
  site->left -= words;
  return true;
}

static void fill_list(site_t *site, uint32_t ptr, uint32_t words) {
  for (uint32_t i = 0; i < words * site->pool.word_lanes / 2; i++)
    nt_asm_put_dword(&site->pool, ptr, i, nt_random_next(site->random));
}

static uint32_t pick_exponent(site_t *site) {
  return nt_random_below(site->random, site->network->hot ? 11 : 4);
}

static uint64_t dense_axon(site_t *site, uint64_t otherwise) {
  const uint32_t dendrites = nt_random_chance(site->random, 70) ? 1 : 2;
  const uint32_t lines = 1 + nt_random_below(site->random, 2);
  const uint32_t digits = 1 + nt_random_below(site->random, 4);
  uint32_t ptr = 0;
  if (!take(site, dendrites * lines * digits, &ptr))
    return otherwise;
  fill_list(site, ptr, dendrites * lines * digits);
  return nt_asm_dense(nt_random_below(site->random, NT_DENDRITES), dendrites,
                      nt_random_below(site->random, site->params->lines), lines, digits,
                      pick_exponent(site), ptr);
}

static uint64_t sparse_axon(site_t *site, uint64_t otherwise) {
  const uint32_t count = nt_random_below(site->random, 40);
  const uint32_t per_word = NT_SPARSE_PER_DWORD * site->params->word_bits / 64;
  uint32_t ptr = 0;
  if (!take(site, (count + per_word - 1) / per_word, &ptr))
    return otherwise;
  for (uint32_t n = 0; n < count; n++)
    nt_asm_put_synapse(&site->pool, ptr, n, nt_random_below(site->random, 1u << NT_SPARSE_INDEX_W),
                       nt_random_value(site->random, NT_SPARSE_WEIGHT_W));
  return nt_asm_sparse(nt_random_below(site->random, NT_DENDRITES),
                       nt_random_below(site->random, site->params->lines), pick_exponent(site),
                       count, ptr);
}

static uint64_t uniform_axon(site_t *site) {
  const int32_t weight = nt_random_chance(site->random, 30) ? 0 : nt_random_value(site->random, 8);
  return nt_asm_uniform(nt_random_below(site->random, NT_DENDRITES),
                        1 + nt_random_below(site->random, NT_DENDRITES),
                        nt_random_below(site->random, site->params->lines),
                        1 + nt_random_below(site->random, 3), pick_exponent(site), weight);
}

static uint64_t random_axon(site_t *site) {
  const uint32_t dice = nt_random_below(site->random, 100);
  const uint64_t single =
      nt_asm_single(nt_random_below(site->random, NT_DENDRITES),
                    nt_random_below(site->random, 1u << NT_AXON_NEURON_W), pick_exponent(site),
                    nt_random_value(site->random, NT_AXON_WEIGHT_W));
  if (dice < 3 && site->network->faults)
    return (single & ~UINT64_C(7)) |
           (dice == 0 ? NT_FORMAT_NONE : 5 + nt_random_below(site->random, 3));
  if (dice < 40)
    return dense_axon(site, single);
  if (dice < 65)
    return sparse_axon(site, single);
  return dice < 80 ? uniform_axon(site) : single;
}

static void put_axons(site_t *site) {
  const uint32_t count = axons_of(site->params);
  uint32_t ptr = 0;
  if (!take(site, count, &ptr))
    return;
  site->core->axon_base = ptr;
  site->core->axon_count = count;
  for (uint32_t a = 0; a < count; a++)
    nt_asm_put_dword(&site->pool, ptr, a, random_axon(site));
}

static uint64_t random_dest(site_t *site) {
  const uint32_t all = (1u << site->params->cores) - 1;
  const bool to_host = !site->network->recurrent || nt_random_chance(site->random, 25);
  const uint32_t other = nt_random_below(site->random, site->network->tiles);
  const uint32_t tile = to_host                              ? NT_HOST_TILE
                        : nt_random_chance(site->random, 60) ? site->tile
                                                             : other;
  uint32_t cores = 1u << nt_random_below(site->random, site->params->cores);
  if (nt_random_chance(site->random, 40))
    cores |= 1 + nt_random_below(site->random, all);
  if (site->network->faults && nt_random_chance(site->random, 3))
    cores = 0;
  const bool vector = nt_random_chance(site->random, 40);
  const uint32_t span = axons_of(site->params) + (site->network->faults ? 2 : 0);
  return nt_asm_dest(tile, cores, nt_random_below(site->random, vector ? span / 4 : span),
                     nt_random_below(site->random, 4), vector);
}

static void put_ports(site_t *site, nt_asm_group_t *group, uint32_t most) {
  for (uint32_t port = 0; port < NT_PORTS; port++) {
    const uint32_t count = nt_random_below(site->random, most + 1);
    if (!take(site, (count + 3) / (site->pool.word_lanes / 2) + 1, &group->port_ptr[port]))
      continue;
    group->port_count[port] = count;
    for (uint32_t k = 0; k < count; k++)
      nt_asm_put_dword(&site->pool, group->port_ptr[port], k, random_dest(site));
  }
}

/// First word after the state of all groups.
static uint32_t state_end(const nt_params_t *p) {
  return STATE_BASE + p->lines * NT_BEATS_PER_LINE * STATE_WORDS_MAX;
}

/// Pool words of the group's state.
static uint32_t state_size(const site_t *site, const nt_asm_group_t *group) {
  const uint32_t word = nt_params_word_lanes(site->params);
  return (group->neurons + word - 1) / word * group->state_words;
}

/// Lets a group that ends with the tile's last line go on behind it, with neurons if their state
/// has room: none of them exists.
static void reach_beyond(site_t *site, nt_asm_group_t *group) {
  const nt_params_t *p = site->params;
  nt_asm_group_t beyond = *group;
  if (group->line + group->lines != p->lines || !nt_random_chance(site->random, 30))
    return;
  beyond.lines++;
  beyond.neurons = group->lines * nt_params_line_lanes(p) + 1 +
                   nt_random_below(site->random, nt_params_line_lanes(p));
  if (site->state_next + state_size(site, &beyond) <= state_end(p))
    *group = beyond;
}

/// A group from `line` on; returns its lines, 0 when the core is full.
static uint32_t put_group(site_t *site, uint32_t number, uint32_t line) {
  const nt_params_t *p = site->params;
  const uint32_t lanes = nt_params_line_lanes(p);
  const uint32_t word = nt_params_word_lanes(p);
  const bool small = nt_random_chance(site->random, 60);
  const uint32_t lines =
      small ? 1 : 1 + nt_random_below(site->random, p->lines - line < 3 ? p->lines - line : 3);
  const uint32_t length = site->network->program_length < p->prog_words / 4
                              ? site->network->program_length
                              : p->prog_words / 4;
  if (site->prog_next + length > p->prog_words)
    return 0;
  nt_asm_group_t group = {.always = nt_random_chance(site->random, 40),
                          .line = line,
                          .lines = lines,
                          .entry = site->prog_next,
                          .const_base = nt_random_below(site->random, p->table_words),
                          .state_base = site->state_next,
                          .state_words = 1 + nt_random_below(site->random, STATE_WORDS_MAX)};
  group.neurons = small ? 1 + nt_random_below(site->random, lanes < 40 ? lanes : 40)
                        : (lines - 1) * lanes + 1 + nt_random_below(site->random, lanes);
  reach_beyond(site, &group);
  group.clear_words = nt_random_below(site->random, group.state_words + 1);
  put_ports(site, &group, small ? 3 : 1);
  const nt_random_limits_t limits = {.entry = group.entry,
                                     .length = length,
                                     .state_words = group.state_words,
                                     .ports = NT_PORTS,
                                     .spike_bits = site->network->hot ? 0 : p->acc_bits / 2 - 4,
                                     .faults = site->network->faults && small};
  site->prog_next += nt_random_program(site->random, &limits, site->core->prog + group.entry);
  const uint32_t state = state_size(site, &group);
  for (uint32_t i = 0; i < state * word; i++)
    site->core->pool[(size_t)group.state_base * word + i] =
        (uint32_t)nt_random_value(site->random, 32);
  site->state_next += state;
  nt_asm_group_words(&group, site->core->group + (size_t)number * NT_GROUP_WORDS);
  return lines;
}

static void put_groups(site_t *site) {
  uint32_t line = 0;
  for (uint32_t number = 0; number < site->params->groups && line < site->params->lines; number++) {
    if (nt_random_chance(site->random, 25)) // a number without group
      continue;
    const uint32_t lines = put_group(site, number, line);
    if (lines == 0)
      return;
    line += lines + (nt_random_chance(site->random, 15) ? 1 : 0);
  }
}

static void put_core(site_t *site) {
  const nt_params_t *p = site->params;
  const uint32_t after = state_end(p);
  site->state_next = STATE_BASE;
  site->next = after + nt_random_below(site->random, p->pool_words - after);
  site->left = p->pool_words + STATE_BASE - site->next;
  for (uint32_t i = 0; i < p->table_words; i++)
    site->core->table[i] = (uint32_t)nt_random_value(site->random, 32);
  put_groups(site);
  put_axons(site);
}

nt_status_t nt_random_image(nt_random_t *random, const nt_params_t *params,
                            const nt_random_network_t *network, nt_image_t **image,
                            nt_error_t *err) {
  const nt_status_t status = nt_image_create(params, network->tiles, image, err);
  if (status != NT_OK)
    return status;
  for (uint32_t tile = 0; tile < network->tiles; tile++)
    for (uint32_t core = 0; core < params->cores; core++) {
      site_t site = {.random = random,
                     .params = params,
                     .network = network,
                     .core = nt_image_core(*image, tile, core),
                     .pool = nt_asm_pool_of(*image, tile, core),
                     .tile = tile,
                     .number = core};
      put_core(&site);
    }
  return NT_OK;
}

nt_spike_t nt_random_spike(nt_random_t *random, const nt_image_t *image,
                           const nt_random_network_t *network) {
  const uint32_t span = axons_of(&image->params) + (network->faults ? 1 : 0);
  const uint32_t type_bits[] = {2, 8, 16, NT_PAYLOAD_BITS};
  const uint32_t usual = network->hot ? NT_PAYLOAD_BITS : image->params.acc_bits / 2 - 4;
  const uint32_t type =
      nt_random_chance(random, 70) ? (uint32_t)NT_SPIKE_TYPE_GRADED24 : nt_random_below(random, 4);
  const uint32_t bits = usual < type_bits[type] ? usual : type_bits[type];
  return (nt_spike_t){.tile = (uint16_t)nt_random_below(random, image->tiles),
                      .cores =
                          (uint8_t)(1 + nt_random_below(random, (1u << image->params.cores) - 1)),
                      .type = (uint8_t)type,
                      .axon = (uint16_t)nt_random_below(random, span),
                      .payload = type == NT_SPIKE_TYPE_BINARY ? 1 : nt_random_value(random, bits)};
}
