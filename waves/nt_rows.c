// SPDX-License-Identifier: Apache-2.0
#include "nt_rows.h"

#include "nt_edges.h"

#include <inttypes.h>
#include <string.h>

/// How GTKWave shows a row.
typedef enum nt_form { BIT, DECIMAL, SIGNED, HEX, TEXT } nt_form_t;
enum { PLAIN = 0, RED = 1, ORANGE = 2, YELLOW = 3, GREEN = 4, BLUE = 5 };

typedef struct rows {
  FILE *out;
  const nt_vcd_t *vcd;
  const nt_facts_t *facts;
  uint32_t core;
  nt_status_t status;
  nt_error_t *err;
} rows_t;

static void heading(const rows_t *r, const char *text) {
  (void)fprintf(r->out, "@200\n-%s\n", text);
}

static void message_heading(const rows_t *r, const char *which, bool present, uint64_t wire) {
  const nt_spike_t spike = nt_spike_unpack(wire);
  char text[128];
  (void)snprintf(text, sizeof text, "%s: none", which);
  if (present) {
    (void)snprintf(text, sizeof text, "%s: payload %" PRId32 ", axon %u, tile %u, cores 0x%02x",
                   which, spike.payload, spike.axon, spike.tile, spike.cores);
  }
  heading(r, text);
}

// What every row begins with: its form and colour.
static void form_of(const rows_t *r, nt_form_t form, int colour) {
  static const char *const flags[] = {
      [BIT] = "28", [DECIMAL] = "24", [SIGNED] = "420", [HEX] = "22", [TEXT] = "820"};
  (void)fprintf(r->out, "@%s\n", flags[form]);
  if (colour != PLAIN) {
    (void)fprintf(r->out, "[color] %d\n", colour);
  }
}

static bool find(rows_t *r, const char *name, int *signal) {
  if (r->status == NT_OK) {
    r->status = nt_edges_find(r->vcd, r->core, name, signal, r->err);
  }
  return r->status == NT_OK;
}

static void row(rows_t *r, nt_form_t form, int colour, const char *label, const char *name) {
  int signal = -1;
  if (find(r, name, &signal)) {
    form_of(r, form, colour);
    (void)fprintf(r->out, "+{%s} %s\n", label, nt_vcd_name(r->vcd, signal));
  }
}

// Some bits of a bus. GTKWave counts them from the most significant one.
static void field(rows_t *r, nt_form_t form, int colour, const char *label, const char *name,
                  unsigned lsb, unsigned width) {
  int signal = -1;
  if (!find(r, name, &signal)) {
    return;
  }
  form_of(r, form, colour);
  const unsigned first = nt_vcd_width(r->vcd, signal) - lsb - width;
  (void)fprintf(r->out, "#{%s}", label);
  for (unsigned i = first; i < first + width; i++) {
    (void)fprintf(r->out, " (%u)%s", i, nt_vcd_name(r->vcd, signal));
  }
  (void)fputc('\n', r->out);
}

// ---- by kind ----

static void sum_rows(rows_t *r, const nt_found_t *found) {
  const nt_facts_t *f = r->facts;
  char label[64];
  int activity = -1;
  if (!find(r, "u_dendrite.act_coming_q", &activity)) {
    return;
  }
  const unsigned lines = nt_vcd_width(r->vcd, activity) / NT_DENDRITES;
  (void)snprintf(label, sizeof label, "accumulator, buffer %u", found->buffer);
  row(r, SIGNED, RED, label, found->buffer == 0 ? ".watch.acc0" : ".watch.acc1");
  row(r, BIT, YELLOW, "an addition is written", "u_dendrite.add_en_q");
  (void)snprintf(label, sizeof label, "to row (this one: %u)", f->index * lines + f->line);
  row(r, DECIMAL, YELLOW, label, "u_dendrite.add_row_q");
  (void)snprintf(label, sizeof label, "digit of lane %u", f->lane);
  field(r, DECIMAL, BLUE, label, "digits", 2 * f->lane, 2);
  row(r, SIGNED, BLUE, "digit 1 adds", "t1");
  row(r, SIGNED, BLUE, "digit 2 adds", "t2");
  row(r, SIGNED, BLUE, "digit 3 adds", "t3");
  row(r, BIT, ORANGE, "spike in service", "job_valid");
  row(r, SIGNED, ORANGE, "its payload", "job_payload");
  row(r, BIT, ORANGE, "spike from the router", "in_valid_i");
  row(r, DECIMAL, ORANGE, "its axon", "in_axon_i");
  row(r, BIT, PLAIN, "buffer being filled", "u_dendrite.fill_sel_q");
  row(r, BIT, PLAIN, "buffers exchanged", "start_i");
}

static void activity_rows(rows_t *r) {
  const unsigned lsb = NT_DENDRITES * r->facts->line;
  field(r, HEX, RED, "activity, current", "u_dendrite.act_current_q", lsb, NT_DENDRITES);
  field(r, HEX, RED, "activity, coming", "u_dendrite.act_coming_q", lsb, NT_DENDRITES);
  row(r, BIT, YELLOW, "buffers exchanged", "start_i");
  row(r, BIT, ORANGE, "row is added to", "row_valid");
  row(r, DECIMAL, ORANGE, "row dendrite", "row_dendrite");
  row(r, DECIMAL, ORANGE, "row line", "row_line");
}

// Which instruction runs, and for whom; a beat has so many lanes.
static void engine_rows(rows_t *r, unsigned lanes) {
  char label[64];
  row(r, TEXT, YELLOW, "instruction", "u_engine.dbg_op_ascii");
  row(r, DECIMAL, YELLOW, "program counter", "u_engine.pc_q");
  (void)snprintf(label, sizeof label, "group (this neuron's: %u)", r->facts->group);
  row(r, DECIMAL, PLAIN, label, "u_engine.strip_group");
  (void)snprintf(label, sizeof label, "strip from neuron (this: %u)", r->facts->neuron);
  row(r, DECIMAL, PLAIN, label, "u_engine.strip_neuron");
  (void)snprintf(label, sizeof label, "beat (this neuron's: %u)",
                 r->facts->neuron / lanes % NT_BEATS_PER_STRIP);
  row(r, DECIMAL, PLAIN, label, "u_engine.slot_q");
}

// Engine lane: the one of its beat that holds the neuron, or the word.
static void lane_rows(rows_t *r, unsigned lane) {
  char label[64];
  (void)snprintf(label, sizeof label, "S1: operand a, lane %u", lane);
  field(r, SIGNED, GREEN, label, "u_engine.u_lanes.s1_ra_q", 32 * lane, 32);
  (void)snprintf(label, sizeof label, "S1: operand b, lane %u", lane);
  field(r, SIGNED, GREEN, label, "u_engine.u_lanes.s1_rb_q", 32 * lane, 32);
  row(r, SIGNED, GREEN, "S1: constant", "u_engine.const_q");
  (void)snprintf(label, sizeof label, "S3: product, lane %u", lane);
  field(r, SIGNED, GREEN, label, "u_engine.u_lanes.s3_p_q", 64 * lane, 64);
  (void)snprintf(label, sizeof label, "S3: other result, lane %u", lane);
  field(r, SIGNED, GREEN, label, "u_engine.u_lanes.s3_x_q", 32 * lane, 32);
}

static void word_rows(rows_t *r) {
  const nt_facts_t *f = r->facts;
  char label[64];
  int data = -1;
  if (!find(r, "engine_pool_wdata", &data)) {
    return;
  }
  const unsigned lanes = nt_vcd_width(r->vcd, data) / 32, lane = f->address % lanes;
  row(r, SIGNED, RED, "the word", ".watch.word");
  row(r, BIT, ORANGE, "engine writes the pool", "engine_pool_we");
  (void)snprintf(label, sizeof label, "at (this word's: %u)", f->address / lanes);
  row(r, DECIMAL, ORANGE, label, "engine_pool_addr");
  (void)snprintf(label, sizeof label, "lane %u is written", lane);
  field(r, BIT, ORANGE, label, "engine_pool_wlane", lane, 1);
  (void)snprintf(label, sizeof label, "written to lane %u", lane);
  field(r, SIGNED, ORANGE, label, "engine_pool_wdata", 32 * lane, 32);
  if (f->has_group) {
    engine_rows(r, lanes);
    lane_rows(r, lane);
  }
}

// A SPIKE record.
static void message_rows(rows_t *r, const char *valid, const char *ready, const char *data) {
  row(r, BIT, RED, "message", valid);
  field(r, SIGNED, RED, "its payload", data, NT_SPIKE_PAYLOAD_LSB, NT_SPIKE_PAYLOAD_W);
  field(r, DECIMAL, RED, "its axon", data, NT_SPIKE_AXON_LSB, NT_SPIKE_AXON_W);
  field(r, DECIMAL, RED, "its tile", data, NT_SPIKE_TILE_LSB, NT_SPIKE_TILE_W);
  field(r, HEX, RED, "its cores", data, NT_SPIKE_CORES_LSB, NT_SPIKE_CORES_W);
  field(r, DECIMAL, RED, "its type", data, NT_SPIKE_TYPE_LSB, NT_SPIKE_TYPE_W);
  row(r, BIT, PLAIN, "is taken", ready);
}

static void sent_rows(rows_t *r) {
  const nt_facts_t *f = r->facts;
  char label[64];
  int data = -1;
  message_rows(r, "msg_valid_o", "msg_ready_i", "msg_data_o");
  if (!f->has_group || !find(r, "vec_payload", &data)) {
    return;
  }
  const unsigned lanes = nt_vcd_width(r->vcd, data) / 32, lane = f->neuron % lanes;
  row(r, BIT, ORANGE, "spike vector", "vec_valid");
  (void)snprintf(label, sizeof label, "from neuron (this: %u)", f->neuron);
  row(r, DECIMAL, ORANGE, label, "vec_neuron");
  (void)snprintf(label, sizeof label, "lane %u sends", lane);
  field(r, BIT, ORANGE, label, "vec_mask", lane, 1);
  (void)snprintf(label, sizeof label, "value of lane %u", lane);
  field(r, SIGNED, ORANGE, label, "vec_payload", 32 * lane, 32);
  engine_rows(r, lanes);
  lane_rows(r, lane);
}

static void counter_rows(rows_t *r) {
  static const struct {
    nt_form_t form;
    const char *label, *name;
  } causes[][2] = {[NT_COUNTER_MSG_IN] = {{BIT, "spike taken", "u_creg.msg_in_i"},
                                          {DECIMAL, "its axon", "in_axon_i"}},
                   [NT_COUNTER_SYNOPS] = {{DECIMAL, "synaptic operations", "u_creg.synops_i"},
                                          {BIT, "list word", "u_creg.word_i"}},
                   [NT_COUNTER_WORDS] = {{BIT, "list word", "u_creg.word_i"},
                                         {DECIMAL, "list address", "list_addr"}},
                   [NT_COUNTER_NEURONS] = {{BIT, "a line runs", "u_creg.neurons_valid_i"},
                                           {DECIMAL, "its neurons", "u_creg.neurons_i"}},
                   [NT_COUNTER_INSTRS] = {{BIT, "instruction", "u_creg.instr_i"},
                                          {TEXT, "which", "u_engine.dbg_op_ascii"}},
                   [NT_COUNTER_MSG_OUT] = {{BIT, "message formed", "u_creg.msg_out_i"},
                                           {BIT, "message offered", "msg_valid_o"}}};
  static const char *const flags[] = {"overflow", "bad_axon", "clipped", "runaway", "bad_instr"};
  const uint32_t index = r->facts->index;
  char name[64];
  if (index >= sizeof causes / sizeof causes[0]) {
    row(r, HEX, RED, "FLAGS", "u_creg.flags_q");
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
      (void)snprintf(name, sizeof name, "u_creg.flag_%s_i", flags[i]);
      row(r, BIT, ORANGE, flags[i], name);
    }
    return;
  }
  (void)snprintf(name, sizeof name, "u_creg.counter_q[%u]", index);
  row(r, DECIMAL, RED, "counter", name);
  for (size_t i = 0; i < 2; i++) {
    row(r, causes[index][i].form, ORANGE, causes[index][i].label, causes[index][i].name);
  }
}

static void tile_rows(rows_t *r) {
  static const char *const busy[] = {"engine_busy_o", "synapse_busy_o", "out_busy_o"};
  char label[64], name[64];
  row(r, BIT, ORANGE, "spike-in valid", ".nt_tile.spk_in_valid_i");
  row(r, BIT, ORANGE, "spike-in ready", ".nt_tile.spk_in_ready_o");
  row(r, BIT, ORANGE, "spike-out valid", ".nt_tile.spk_out_valid_o");
  row(r, BIT, ORANGE, "spike-out ready", ".nt_tile.spk_out_ready_i");
  row(r, BIT, YELLOW, "busy", ".nt_tile.busy_o");
  row(r, BIT, YELLOW, "pending", ".nt_tile.pending_o");
  for (r->core = 0;; r->core++) {
    (void)snprintf(name, sizeof name, "TOP.nt_tile.g_core[%u].u_core.start_i", r->core);
    if (nt_vcd_find(r->vcd, name) < 0) {
      break;
    }
    for (size_t i = 0; i < sizeof busy / sizeof busy[0]; i++) {
      (void)snprintf(label, sizeof label, "core %u: %s", r->core, busy[i]);
      row(r, BIT, PLAIN, label, busy[i]);
    }
  }
}

nt_status_t nt_rows_write(FILE *out, const nt_vcd_t *vcd, const nt_facts_t *facts,
                          const nt_found_t *found, nt_error_t *err) {
  rows_t r = {.out = out, .vcd = vcd, .facts = facts, .core = facts->core, .err = err};
  char text[512];
  const bool tile = facts->kind == NT_FACTS_ENDED || facts->kind == NT_FACTS_RECEIVED ||
                    facts->kind == NT_FACTS_SCHEDULE;
  (void)snprintf(text, sizeof text, "%s, timestep %" PRIu32 ", tile %" PRIu32, facts->stage,
                 facts->timestep, facts->tile);
  if (!tile) {
    const size_t length = strlen(text);
    (void)snprintf(text + length, sizeof text - length, " core %" PRIu32, facts->core);
  }
  heading(&r, text);
  if (facts->kind == NT_FACTS_MESSAGE || facts->kind == NT_FACTS_RECEIVED) {
    message_heading(&r, "missing", facts->has_missing, facts->missing);
    message_heading(&r, "unexpected", facts->has_unexpected, facts->unexpected);
  } else {
    heading(&r, facts->field);
  }
  if (!tile && facts->kind != NT_FACTS_MESSAGE) {
    (void)snprintf(text, sizeof text, "expected %" PRId64 ", got %" PRId64, facts->expected,
                   facts->got);
    heading(&r, text);
  }
  (void)snprintf(text, sizeof text, "marker: %s", found->what);
  heading(&r, text);
  row(&r, DECIMAL, YELLOW, "timestep", ".nt_tile.timestep_o");
  row(&r, TEXT, YELLOW, "phase", ".nt_tile.u_barrier.dbg_phase_ascii");
  switch (facts->kind) {
  case NT_FACTS_SUM: sum_rows(&r, found); break;
  case NT_FACTS_ACTIVITY: activity_rows(&r); break;
  case NT_FACTS_WORD: word_rows(&r); break;
  case NT_FACTS_MESSAGE: sent_rows(&r); break;
  case NT_FACTS_COUNTER: counter_rows(&r); break;
  case NT_FACTS_RECEIVED:
    message_rows(&r, ".nt_tile.spk_in_valid_i", ".nt_tile.spk_in_ready_o",
                 ".nt_tile.spk_in_data_i");
    break;
  case NT_FACTS_SCHEDULE:
  case NT_FACTS_ENDED: tile_rows(&r); break;
  }
  return r.status;
}
