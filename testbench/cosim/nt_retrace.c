// SPDX-License-Identifier: Apache-2.0
#include "nt_retrace.h"

#include "nt_arith.h"
#include "nt_group_view.h"

#include <stdlib.h>
#include <string.h>

typedef struct lane {
  int32_t reg[NT_REGISTERS];
  bool predicate, live;
  uint32_t skip;
} lane_t;

typedef struct strip {
  const nt_retrace_input_t *in;
  const nt_retrace_change_t *change; // NULL: none
  nt_retrace_t *out;
  nt_group_view_t group;
  uint32_t line, first_lane; // of the core, of the line
  uint32_t first, neurons;   // in the group
  uint32_t observed;         // the neuron's place in the strip
  lane_t lane[NT_RETRACE_LANES_MAX];
  int32_t state[NT_RETRACE_STATE_MAX][NT_RETRACE_LANES_MAX];
} strip_t;

static const nt_retrace_change_t *change_at(const strip_t *s, uint32_t pc) {
  const nt_retrace_change_t *change = s->change;
  if (change == NULL || change->variant == NT_VARIANT_STATE) {
    return NULL;
  }
  const uint32_t *prog = s->in->prog;
  const bool same =
      change->all ? NT_VIEW_FIELD(prog[pc], INSTR_OP) == NT_VIEW_FIELD(prog[change->pc], INSTR_OP)
                  : change->pc == pc;
  return same ? change : NULL;
}

static bool is(const nt_retrace_change_t *change, nt_variant_t variant) {
  return change != NULL && change->variant == variant;
}

static int32_t constant(const strip_t *s, uint32_t index) {
  return (int32_t)s->in->table[index % s->in->params->table_words];
}

static int32_t operand_b(const strip_t *s, const lane_t *lane, uint32_t word,
                         const nt_retrace_change_t *change) {
  const uint32_t rb = NT_VIEW_FIELD(word, INSTR_RB);
  if (is(change, NT_VARIANT_OPERAND)) {
    return lane->reg[(uint32_t)change->amount % NT_REGISTERS];
  }
  if (is(change, NT_VARIANT_CONSTANT)) {
    return constant(s, s->group.const_base + (uint32_t)change->amount);
  }
  return NT_VIEW_FIELD(word, INSTR_BCONST) == 0
             ? lane->reg[rb]
             : constant(s, s->group.const_base +
                               (NT_VIEW_FIELD(word, INSTR_CONST_HI) << NT_INSTR_RB_W | rb));
}

static int64_t exact(uint32_t op, uint32_t word, int32_t a, int32_t b, bool predicate,
                     const nt_retrace_change_t *change) {
  const int64_t shift = (int64_t)NT_VIEW_FIELD(word, INSTR_SHIFT) +
                        (is(change, NT_VARIANT_SHIFT_ADD) ? change->amount : 0);
  const unsigned by = shift < 0 ? 0 : shift < 62 ? (unsigned)shift : 62;
  return op == NT_OP_MULS && is(change, NT_VARIANT_TRUNCATE)
             ? nt_arith_asr((int64_t)a * b, by)
             : nt_arith_alu(op, by, a, b, predicate);
}

static int32_t narrow(int64_t value, unsigned sat, const nt_retrace_change_t *change) {
  if (is(change, NT_VARIANT_NO_SAT)) {
    const int end = value < 0 ? 2 : 1;
    return (change->amount & end) != 0 ? nt_arith_wrap(value, 32) : nt_arith_narrow(value, sat);
  }
  if (is(change, NT_VARIANT_SAT_ADD)) {
    return nt_arith_narrow(value, (sat + (unsigned)change->amount) % 32);
  }
  if (is(change, NT_VARIANT_WRAP)) {
    return nt_arith_wrap(value, sat == 0 ? 32 : sat);
  }
  return nt_arith_narrow(value, sat);
}

// How much further than its own a table entry is read.
static uint32_t further(const nt_retrace_change_t *change) {
  return is(change, NT_VARIANT_ENTRY) ? (uint32_t)change->amount : 0;
}

static int32_t lerp(const strip_t *s, uint32_t word, int32_t a, const nt_retrace_change_t *change) {
  const uint32_t k = NT_VIEW_FIELD(word, INSTR_RB), f = NT_VIEW_FIELD(word, INSTR_FRAC);
  const uint32_t entry = (uint32_t)constant(s, NT_VIEW_FIELD(word, INSTR_TBASE) +
                                                   nt_arith_lerp_index(a, k, f) + further(change));
  const bool faulty = is(change, NT_VARIANT_LERP);
  if (!faulty && !is(change, NT_VARIANT_TRUNCATE)) {
    return nt_arith_lerp_value(a, k, f, entry);
  }
  const int32_t fault = faulty ? change->amount : NT_LERP_FAULTS;
  const int64_t mask = fault == NT_LERP_NO_FRACTION               ? 0
                       : fault == NT_LERP_SHORT_FRACTION && f > 0 ? (INT64_C(1) << (f - 1)) - 1
                                                                  : (INT64_C(1) << f) - 1;
  const int64_t base =
      fault == NT_LERP_UNSIGNED_BASE ? (int64_t)(entry & 0xffff) : nt_arith_wrap(entry, 16);
  const int64_t slope =
      fault == NT_LERP_UNSIGNED_SLOPE ? (int64_t)(entry >> 16) : nt_arith_wrap(entry >> 16, 16);
  const int64_t product = slope * (nt_arith_sat(a, k + f) & mask);
  return (int32_t)(base + (faulty ? nt_arith_rshift(product, f) : nt_arith_asr(product, f)));
}

static int32_t accumulator(const strip_t *s, uint32_t place, uint32_t dendrite,
                           const nt_retrace_change_t *change) {
  const nt_golden_rows_t *rows = &s->in->rows;
  uint32_t lane = s->first_lane + place;
  dendrite = (is(change, NT_VARIANT_DENDRITE) ? (uint32_t)change->amount : dendrite) % NT_DENDRITES;
  if (is(change, NT_VARIANT_STALE) && (rows->activity[s->line] >> dendrite & 1) == 0) {
    rows = &change->rows;
  }
  if (is(change, NT_VARIANT_LANE)) {
    lane = (lane + (uint32_t)change->amount) % rows->lanes;
  }
  return (rows->activity[s->line] >> dendrite & 1) == 0
             ? 0
             : rows->values[((size_t)dendrite * rows->lines + s->line) * rows->lanes + lane];
}

static void send(strip_t *s, uint32_t place, uint32_t port, uint32_t pc, int32_t payload) {
  nt_retrace_t *out = s->out;
  if (out->spikes == out->spike_capacity) {
    const size_t capacity = 2 * out->spikes + 64;
    nt_retrace_spike_t *grown = realloc(out->spike, capacity * sizeof *grown);
    if (grown == NULL) {
      out->lost = true;
      return;
    }
    out->spike = grown;
    out->spike_capacity = capacity;
  }
  out->spike[out->spikes++] =
      (nt_retrace_spike_t){.neuron = s->first + place, .port = port, .pc = pc, .payload = payload};
}

static int32_t special(const strip_t *s, uint32_t place, uint32_t which) {
  switch (which) {
  case NT_SPC_TIMESTEP: return (int32_t)s->in->timestep;
  case NT_SPC_NEURON: return (int32_t)(s->first + place);
  case NT_SPC_ACTIVITY: return s->in->rows.activity[s->line];
  default: return 0;
  }
}

// An instruction for one live neuron.
static void execute(strip_t *s, uint32_t place, uint32_t pc, uint32_t word,
                    nt_retrace_event_t *event) {
  lane_t *lane = &s->lane[place];
  const nt_retrace_change_t *change = change_at(s, pc);
  const uint32_t ra = NT_VIEW_FIELD(word, INSTR_RA), k = NT_VIEW_FIELD(word, INSTR_K);
  uint32_t op = NT_VIEW_FIELD(word, INSTR_OP);
  const int32_t a = lane->reg[ra];
  int32_t b = 0, result = lane->reg[NT_VIEW_FIELD(word, INSTR_RD)];
  if (is(change, NT_VARIANT_SKIPPED)) {
    return;
  }
  if (is(change, NT_VARIANT_OTHER_ALU)) {
    op = (uint32_t)change->amount;
  }
  const bool alu = op >= NT_OP_MOV && op <= NT_OP_SEL,
             compares = op >= NT_OP_CLT && op <= NT_OP_CEQ;
  if (alu || compares) {
    b = operand_b(s, lane, word, change);
  }
  if (alu) {
    result = narrow(exact(op, word, a, b, lane->predicate, change), NT_VIEW_FIELD(word, INSTR_SAT),
                    change);
  } else if (compares) {
    lane->predicate = (op == NT_OP_CLT   ? a < b
                       : op == NT_OP_CGE ? a >= b
                                         : a == b) !=
                      (is(change, NT_VARIANT_COMPARE) && (change->amount == 0 || a == b));
  } else if (op == NT_OP_LD) {
    result = k < s->out->state_words ? s->state[k][place] : 0;
  } else if (op == NT_OP_ST && k < s->out->state_words) {
    s->state[k][place] = a;
    if (event != NULL) {
      s->out->written_by[k] = (int32_t)s->out->events;
    }
  } else if (op == NT_OP_RDC) {
    result = accumulator(s, place, NT_VIEW_FIELD(word, INSTR_WHICH), change);
  } else if (op == NT_OP_SPC) {
    result = special(s, place, NT_VIEW_FIELD(word, INSTR_WHICH));
  } else if (op == NT_OP_LUT) {
    result =
        constant(s, NT_VIEW_FIELD(word, INSTR_TBASE) +
                        nt_arith_lut_index(a, NT_VIEW_FIELD(word, INSTR_RB)) + further(change));
  } else if (op == NT_OP_LERP) {
    result = lerp(s, word, a, change);
  } else if (op == NT_OP_SKP) {
    const bool other = is(change, NT_VARIANT_SKIP) && change->amount == 0;
    if ((lane->predicate != (NT_VIEW_FIELD(word, INSTR_INVERT) != 0)) != other) {
      lane->skip = NT_VIEW_FIELD(word, INSTR_SKIP) +
                   (is(change, NT_VARIANT_SKIP) ? (uint32_t)change->amount : 0);
    }
  } else if (op == NT_OP_SPK && a != 0) {
    send(s, place, NT_VIEW_FIELD(word, INSTR_WHICH), pc, a);
  }
  if (nt_retrace_writes(word)) {
    result = is(change, NT_VARIANT_NEGATE) ? nt_arith_wrap(-(int64_t)result, 32) : result;
    result =
        is(change, NT_VARIANT_ADD) ? nt_arith_wrap((int64_t)result + change->amount, 32) : result;
    lane->reg[NT_VIEW_FIELD(word, INSTR_RD)] = result;
  }
  if (event != NULL) {
    event->a = a;
    event->b = b;
    event->result = result;
  }
}

static bool any_predicate(const strip_t *s) {
  for (uint32_t i = 0; i < s->neurons; i++) {
    if (s->lane[i].live && s->lane[i].predicate) {
      return true;
    }
  }
  return false;
}

static bool jumps(const strip_t *s, uint32_t word) {
  const uint32_t activity = s->in->rows.activity[s->line], mask = NT_VIEW_FIELD(word, INSTR_RB);
  switch (NT_VIEW_FIELD(word, INSTR_RA)) {
  case NT_JMP_ACT: return (activity & mask) != 0;
  case NT_JMP_NACT: return (activity & mask) == 0;
  case NT_JMP_ANY: return any_predicate(s);
  case NT_JMP_NONE: return !any_predicate(s);
  default: return true;
  }
}

static bool is_defined(uint32_t word) {
  const uint32_t op = NT_VIEW_FIELD(word, INSTR_OP);
  return op == NT_OP_JMP ? NT_VIEW_FIELD(word, INSTR_RA) <= NT_JMP_NONE
         : op == NT_OP_LERP
             ? nt_arith_lerp_defined(NT_VIEW_FIELD(word, INSTR_RB), NT_VIEW_FIELD(word, INSTR_FRAC))
             : op <= NT_OP_PRB;
}

static void run(strip_t *s) {
  uint32_t pc = s->group.entry;
  for (uint32_t issued = 0; issued < NT_STRIP_INSTR_LIMIT; issued++) {
    if (pc >= s->in->params->prog_words || !is_defined(s->in->prog[pc])) {
      return;
    }
    const uint32_t word = s->in->prog[pc], op = NT_VIEW_FIELD(word, INSTR_OP);
    if (s->out->events == NT_RETRACE_EVENTS_MAX) {
      s->out->lost = true;
      return;
    }
    nt_retrace_event_t *event = &s->out->event[s->out->events];
    *event = (nt_retrace_event_t){.pc = pc, .word = word};
    for (uint32_t i = 0; i < s->neurons; i++) {
      lane_t *lane = &s->lane[i];
      lane->live = lane->skip == 0;
      lane->skip -= !lane->live;
    }
    event->live = s->lane[s->observed].live;
    for (uint32_t i = 0; i < s->neurons && op != NT_OP_END && op != NT_OP_JMP; i++) {
      if (s->lane[i].live) {
        execute(s, i, pc, word, i == s->observed ? event : NULL);
      }
    }
    s->out->events++;
    if (op == NT_OP_END) {
      return;
    }
    pc = op == NT_OP_JMP && jumps(s, word) ? NT_VIEW_FIELD(word, INSTR_TARGET) : pc + 1;
  }
}

static void load_state(strip_t *s) {
  const nt_params_t *p = s->in->params;
  const uint32_t lanes = nt_params_word_lanes(p);
  for (uint32_t i = 0; i < s->neurons; i++) {
    const uint32_t beat = (s->first + i) / lanes;
    for (uint32_t k = 0; k < s->out->state_words; k++) {
      const size_t word = (s->group.state_base + beat * s->group.state_words + k) % p->pool_words;
      s->state[k][i] = (int32_t)s->in->pool[word * lanes + (s->first + i) % lanes];
    }
  }
}

void nt_retrace_run(const nt_retrace_input_t *input, const nt_retrace_change_t *change,
                    nt_retrace_t *out) {
  const nt_params_t *p = input->params;
  const uint32_t line_lanes = nt_params_line_lanes(p);
  const uint32_t strip_lanes = NT_BEATS_PER_STRIP * nt_params_word_lanes(p);
  out->events = 0;
  out->spikes = 0;
  out->lost = false;
  strip_t *s = calloc(1, sizeof *s);
  if (s == NULL) {
    out->lost = true;
    return;
  }
  s->in = input;
  s->change = change;
  s->out = out;
  s->group = nt_group_view(input->groups, input->group);
  s->line = (s->group.line + input->neuron / line_lanes) % p->lines;
  s->first = input->neuron / strip_lanes * strip_lanes;
  s->first_lane = s->first % line_lanes;
  s->observed = input->neuron - s->first;
  const uint32_t left = s->group.neurons - s->first;
  s->neurons = left < strip_lanes ? left : strip_lanes;
  out->state_words = s->group.state_words;
  load_state(s);
  for (uint32_t k = 0; k < out->state_words; k++) {
    out->before[k] = s->state[k][s->observed];
    out->written_by[k] = -1;
  }
  out->first = s->first;
  out->neurons = s->neurons;
  memcpy(out->watched_old, s->state[out->watch], sizeof out->watched_old);
  if (change != NULL && change->variant == NT_VARIANT_STATE) {
    s->state[change->pc][s->observed] ^= change->amount;
  }
  run(s);
  for (uint32_t k = 0; k < out->state_words; k++) {
    out->state[k] = s->state[k][s->observed];
  }
  memcpy(out->watched, s->state[out->watch], sizeof out->watched);
  free(s);
}

void nt_retrace_free(nt_retrace_t *out) {
  free(out->spike);
  out->spike = NULL;
  out->spike_capacity = out->spikes = 0;
}

bool nt_retrace_writes(uint32_t word) {
  const uint32_t op = NT_VIEW_FIELD(word, INSTR_OP);
  return op == NT_OP_LD || (op >= NT_OP_RDC && op <= NT_OP_SEL) || op == NT_OP_LUT ||
         op == NT_OP_LERP;
}

int32_t nt_retrace_producer(const nt_retrace_t *trace, int32_t event, uint32_t reg) {
  for (int32_t i = event - 1; i >= 0; i--) {
    const nt_retrace_event_t *e = &trace->event[i];
    if (e->live && nt_retrace_writes(e->word) && NT_VIEW_FIELD(e->word, INSTR_RD) == reg) {
      return i;
    }
  }
  return -1;
}
