// SPDX-License-Identifier: Apache-2.0
#include "nt_engine.h"

#include "nt_arith.h"
#include "nt_axon_out.h"
#include "nt_tile.h"

enum {
  STRIP_LANES_MAX = NT_BEATS_PER_STRIP * NT_WORD_BITS_MAX / 32,
  STRIPS_PER_LINE = NT_BEATS_PER_LINE / NT_BEATS_PER_STRIP
};

/// One strip of one line, while its program runs. Arrays are indexed by the neuron's place in the
/// strip; only the first `neurons` entries, the active neurons, are used.
typedef struct nt_strip {
  nt_core_t *core;
  const nt_group_t *group;
  uint32_t timestep;
  uint32_t line;  ///< line of the core
  uint32_t lane;  ///< lane of the line of the strip's first neuron
  uint32_t first; ///< number in the group of the strip's first neuron
  uint32_t neurons;
  uint32_t activity; ///< the line's activity mask
  int32_t reg[NT_REGISTERS][STRIP_LANES_MAX];
  bool predicate[STRIP_LANES_MAX];
  uint8_t skip[STRIP_LANES_MAX];
  bool live[STRIP_LANES_MAX]; ///< for the instruction being executed
} nt_strip_t;

/// An instruction's fields.
typedef struct nt_instr {
  uint32_t op, rd, ra, rb, sat, shift, k, which, skip, target, tbase, frac, constant;
  bool bconst, invert;
} nt_instr_t;

static nt_instr_t decode(uint32_t word) {
  return (nt_instr_t){
      .op = NT_BITS_GET(word, INSTR_OP),
      .rd = NT_BITS_GET(word, INSTR_RD),
      .ra = NT_BITS_GET(word, INSTR_RA),
      .rb = NT_BITS_GET(word, INSTR_RB),
      .sat = NT_BITS_GET(word, INSTR_SAT),
      .shift = NT_BITS_GET(word, INSTR_SHIFT),
      .k = NT_BITS_GET(word, INSTR_K),
      .which = NT_BITS_GET(word, INSTR_WHICH),
      .skip = NT_BITS_GET(word, INSTR_SKIP),
      .target = NT_BITS_GET(word, INSTR_TARGET),
      .tbase = NT_BITS_GET(word, INSTR_TBASE),
      .frac = NT_BITS_GET(word, INSTR_FRAC),
      .constant = NT_BITS_GET(word, INSTR_CONST_HI) << NT_INSTR_RB_W | NT_BITS_GET(word, INSTR_RB),
      .bconst = NT_BITS_GET(word, INSTR_BCONST) != 0,
      .invert = NT_BITS_GET(word, INSTR_INVERT) != 0,
  };
}

static bool is_defined(const nt_instr_t *instr) {
  switch (instr->op) {
  case NT_OP_JMP: return instr->ra <= NT_JMP_NONE;
  case NT_OP_LERP: return nt_arith_lerp_defined(instr->rb, instr->frac);
  default: return instr->op <= NT_OP_PRB;
  }
}

/// Decides which neurons the instruction concerns, and counts down the others.
static void issue(nt_strip_t *strip) {
  for (uint32_t i = 0; i < strip->neurons; i++) {
    strip->live[i] = strip->skip[i] == 0;
    strip->skip[i] = (uint8_t)(strip->skip[i] - !strip->live[i]);
  }
}

/// Operand B of every neuron: a register's row, or the constant spread over `spread`.
static const int32_t *operand_b(const nt_strip_t *strip, const nt_instr_t *instr,
                                int32_t spread[STRIP_LANES_MAX]) {
  if (!instr->bconst)
    return strip->reg[instr->rb];
  const int32_t constant =
      nt_arith_wrap(nt_core_table(strip->core, strip->group->const_base + instr->constant), 32);
  for (uint32_t i = 0; i < strip->neurons; i++)
    spread[i] = constant;
  return spread;
}

static void execute_alu(nt_strip_t *strip, const nt_instr_t *instr) {
  int32_t spread[STRIP_LANES_MAX];
  const int32_t *a = strip->reg[instr->ra];
  const int32_t *b = operand_b(strip, instr, spread);
  int32_t *d = strip->reg[instr->rd];
  for (uint32_t i = 0; i < strip->neurons; i++)
    if (strip->live[i])
      d[i] = nt_arith_narrow(nt_arith_alu(instr->op, instr->shift, a[i], b[i], strip->predicate[i]),
                             instr->sat);
}

static void execute_compare(nt_strip_t *strip, const nt_instr_t *instr) {
  int32_t spread[STRIP_LANES_MAX];
  const int32_t *a = strip->reg[instr->ra];
  const int32_t *b = operand_b(strip, instr, spread);
  for (uint32_t i = 0; i < strip->neurons; i++)
    if (strip->live[i])
      strip->predicate[i] = instr->op == NT_OP_CLT   ? a[i] < b[i]
                            : instr->op == NT_OP_CGE ? a[i] >= b[i]
                                                     : a[i] == b[i];
}

/// State word `k` of neuron `i` of the strip.
static uint32_t *state(const nt_strip_t *strip, uint32_t i, uint32_t k) {
  const nt_pool_t *pool = &strip->core->pool;
  const uint32_t neuron = strip->first + i;
  const uint32_t beat = neuron / pool->word_lanes;
  return nt_pool_word(pool, strip->group->state_base + beat * strip->group->state_words + k) +
         neuron % pool->word_lanes;
}

static int32_t special(const nt_strip_t *strip, uint32_t which, uint32_t i) {
  switch (which) {
  case NT_SPC_TIMESTEP: return nt_arith_wrap(strip->timestep, 32);
  case NT_SPC_NEURON: return (int32_t)(strip->first + i);
  case NT_SPC_ACTIVITY: return (int32_t)strip->activity;
  default: return 0;
  }
}

static int32_t lookup(const nt_strip_t *strip, const nt_instr_t *instr, int32_t a) {
  if (instr->op == NT_OP_LUT)
    return nt_arith_wrap(
        nt_core_table(strip->core, instr->tbase + nt_arith_lut_index(a, instr->rb)), 32);
  const uint32_t index = instr->tbase + nt_arith_lerp_index(a, instr->rb, instr->frac);
  return nt_arith_lerp_value(a, instr->rb, instr->frac, nt_core_table(strip->core, index));
}

static void probe(const nt_strip_t *strip, uint32_t i, int32_t value) {
  if (strip->core->probe_enable == 0)
    return;
  nt_tile_probe(strip->core->tile, &(nt_probe_t){.core = (uint8_t)strip->core->number,
                                                 .group = (uint8_t)strip->group->number,
                                                 .neuron = (uint16_t)(strip->first + i),
                                                 .value = value});
}

/// Executes an instruction other than those of the ALU and of control flow for neuron `i`.
static void execute_one(nt_strip_t *strip, const nt_instr_t *instr, uint32_t i) {
  const int32_t a = strip->reg[instr->ra][i];
  int32_t *d = &strip->reg[instr->rd][i];
  switch (instr->op) {
  case NT_OP_LD: *d = nt_arith_wrap(*state(strip, i, instr->k), 32); break;
  case NT_OP_ST: *state(strip, i, instr->k) = (uint32_t)a; break;
  case NT_OP_RDC:
    *d = nt_dendrite_current(&strip->core->dendrite, instr->which, strip->line, strip->lane + i);
    break;
  case NT_OP_SPC: *d = special(strip, instr->which, i); break;
  case NT_OP_SKP:
    if (strip->predicate[i] != instr->invert)
      strip->skip[i] = (uint8_t)instr->skip;
    break;
  case NT_OP_LUT:
  case NT_OP_LERP: *d = lookup(strip, instr, a); break;
  case NT_OP_SPK:
    if (a != 0)
      nt_axon_out_send(strip->core, strip->group->number, instr->which, strip->first + i, a);
    break;
  case NT_OP_PRB: probe(strip, i, a); break;
  default: break;
  }
}

static void execute(nt_strip_t *strip, const nt_instr_t *instr) {
  if (instr->op >= NT_OP_MOV && instr->op <= NT_OP_SEL) {
    execute_alu(strip, instr);
  } else if (instr->op >= NT_OP_CLT && instr->op <= NT_OP_CEQ) {
    execute_compare(strip, instr);
  } else {
    for (uint32_t i = 0; i < strip->neurons; i++)
      if (strip->live[i])
        execute_one(strip, instr, i);
  }
}

static bool any_predicate(const nt_strip_t *strip) {
  for (uint32_t i = 0; i < strip->neurons; i++)
    if (strip->live[i] && strip->predicate[i])
      return true;
  return false;
}

static bool jump_taken(const nt_strip_t *strip, const nt_instr_t *jump) {
  switch (jump->ra) {
  case NT_JMP_ACT: return (strip->activity & jump->rb) != 0;
  case NT_JMP_NACT: return (strip->activity & jump->rb) == 0;
  case NT_JMP_ANY: return any_predicate(strip);
  case NT_JMP_NONE: return !any_predicate(strip);
  default: return true;
  }
}

static void run_strip(nt_strip_t *strip) {
  nt_core_t *core = strip->core;
  uint32_t pc = strip->group->entry;
  for (uint32_t issued = 0; issued < NT_STRIP_INSTR_LIMIT; issued++) {
    const nt_instr_t instr =
        pc < core->params->prog_words ? decode(core->prog[pc]) : (nt_instr_t){.op = UINT32_MAX};
    if (!is_defined(&instr)) {
      nt_core_raise(core, NT_FLAGS_BAD_INSTR_LSB);
      return;
    }
    core->counter[NT_COUNTER_INSTRS]++;
    issue(strip);
    pc++;
    if (instr.op == NT_OP_END)
      return;
    if (instr.op != NT_OP_JMP)
      execute(strip, &instr);
    else if (jump_taken(strip, &instr))
      pc = instr.target;
  }
  nt_core_raise(core, NT_FLAGS_RUNAWAY_LSB);
}

static uint32_t min_u32(uint32_t a, uint32_t b) {
  return a < b ? a : b;
}

/// Runs the program for line `line` of the core, whose first neuron has number `first` in the
/// group.
static void run_line(nt_core_t *core, const nt_group_t *group, uint32_t timestep, uint32_t line,
                     uint32_t first) {
  const uint32_t strip_lanes = NT_BEATS_PER_STRIP * core->pool.word_lanes;
  for (uint32_t s = 0; s < STRIPS_PER_LINE && first + s * strip_lanes < group->neurons; s++) {
    nt_strip_t strip = {.core = core,
                        .group = group,
                        .timestep = timestep,
                        .line = line,
                        .lane = s * strip_lanes,
                        .first = first + s * strip_lanes,
                        .neurons = min_u32(strip_lanes, group->neurons - first - s * strip_lanes),
                        .activity = core->dendrite.current_activity[line]};
    run_strip(&strip);
    core->counter[NT_COUNTER_NEURONS] += strip.neurons;
  }
}

void nt_engine_run(nt_core_t *core, uint32_t timestep) {
  for (uint32_t number = 0; number < core->params->groups; number++) {
    const nt_group_t group = nt_core_group(core, number);
    if (!group.enable)
      continue;
    const uint32_t end = min_u32(group.line + group.lines, core->params->lines);
    for (uint32_t line = group.line; line < end; line++)
      if (group.always || core->dendrite.current_activity[line] != 0)
        run_line(core, &group, timestep, line, (line - group.line) * core->dendrite.lanes);
  }
}
