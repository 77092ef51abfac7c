// SPDX-License-Identifier: Apache-2.0
#include "nt_bug_network.h"

#include "nt_asm.h"

#include <string.h>

enum {
  AXONS = 0, // pool words
  DESTS = 64,
  STATE = 128,
  STATE_OF_GROUP = 256, // words between the states of two groups
  LISTS = 2048,
  LIST_OF_AXON = 64, // words between two lists
  ROW = 32,          // neurons of a line
  SUMS = 40,         // neurons
  SENDERS = 32,
  COUNTDOWN = 8, // axons
  HEAVY = 7,
  BROADCAST = 9,
  LAST = 10,
  CONST_BASE = 4,
  TABLE = 40 // of LUT and LERP
};

// Weights of a row that differ from neuron to neuron: all residues of a multiplier, neuron 0 below
// 0. The ternary ones begin with -1.
static int32_t byte_weight(uint32_t n) {
  return (int32_t)((n * 37 + 156) % 256) - 128 - (n == 0) * 60;
}
static int32_t ternary_weight(uint32_t n) {
  static const int8_t pattern[] = {-1, 1, 0, 1, 1, -1, 0, -1, -1, 0, 1, -1, 1};
  return pattern[n % sizeof pattern];
}

typedef struct builder {
  nt_image_t *image;
  uint32_t tile, core;
} builder_t;

static nt_image_core_t *core_of(const builder_t *b) {
  return nt_image_core(b->image, b->tile, b->core);
}

static void put_axon(const builder_t *b, uint32_t axon, uint64_t entry) {
  const nt_asm_pool_t pool = nt_asm_pool_of(b->image, b->tile, b->core);
  nt_image_core_t *core = core_of(b);
  nt_asm_put_dword(&pool, AXONS, axon, entry);
  core->axon_base = AXONS;
  core->axon_count = axon >= core->axon_count ? axon + 1 : core->axon_count;
}

static uint32_t list_of(uint32_t axon) {
  return LISTS + axon * LIST_OF_AXON;
}

// A list of so many rows from a row on: weights of one digit or of four.
static void put_dense(const builder_t *b, uint32_t axon, uint32_t dendrite, uint32_t dendrites,
                      uint32_t line, uint32_t lines, uint32_t digits, uint32_t exponent) {
  const nt_asm_pool_t pool = nt_asm_pool_of(b->image, b->tile, b->core);
  put_axon(b, axon,
           nt_asm_dense(dendrite, dendrites, line, lines, digits, exponent, list_of(axon)));
  for (uint32_t row = 0; row < dendrites * lines; row++) {
    for (uint32_t n = 0; n < ROW; n++) {
      nt_asm_put_weight(&pool, list_of(axon) + row * digits, digits, n,
                        digits == 1 ? ternary_weight(n + row + 3 * axon)
                                    : byte_weight(n + row * ROW));
    }
  }
}

static void put_group(const builder_t *b, uint32_t number, nt_asm_group_t group) {
  group.state_base = STATE + number * STATE_OF_GROUP;
  group.clear_words = group.state_words;
  group.const_base = CONST_BASE;
  nt_asm_group_words(&group, core_of(b)->group + number * NT_GROUP_WORDS);
}

static void put_dest(const builder_t *b, uint32_t at, uint64_t dest) {
  const nt_asm_pool_t pool = nt_asm_pool_of(b->image, b->tile, b->core);
  nt_asm_put_dword(&pool, DESTS, at, dest);
}

// Puts the program behind what is in the core's memory; returns its first instruction.
static uint32_t put_program(const builder_t *b, uint32_t at, const uint32_t *word, uint32_t count) {
  memcpy(core_of(b)->prog + at, word, count * sizeof *word);
  return at;
}
#define PROGRAM(b, at, words) put_program(b, at, words, sizeof(words) / sizeof *(words))

static void build_sums(nt_image_t *image) {
  const builder_t b = {image, 0, 0};
  const nt_asm_pool_t pool = nt_asm_pool_of(image, 0, 0);
  put_dense(&b, 0, 0, 1, 0, 2, 1, 0);
  put_dense(&b, 1, 1, 1, 0, 1, 1, 0);
  put_dense(&b, 2, 1, 1, 0, 1, 1, 0);
  put_dense(&b, 3, 0, 2, 0, 2, 4, 0);
  put_dense(&b, 4, 2, 1, 1, 1, 1, 3);
  static const struct {
    uint32_t neuron;
    int32_t weight;
  } synapses[] = {{0, 5}, {9, -7}, {33, 100}, {17, 3}, {31, -128}, {36, 11}, {39, -6}};
  const uint32_t count = sizeof synapses / sizeof synapses[0];
  put_axon(&b, 5, nt_asm_sparse(2, 0, 0, count, list_of(5)));
  for (uint32_t n = 0; n < count; n++) {
    nt_asm_put_synapse(&pool, list_of(5), n, synapses[n].neuron, synapses[n].weight);
  }
  put_axon(&b, 6, nt_asm_uniform(2, 2, 0, 2, 0, -2));
  put_axon(&b, HEAVY, nt_asm_single(3, 2, 0, 100));
  put_axon(&b, COUNTDOWN, nt_asm_single(3, 3 * ROW, 0, 1));
  put_dense(&b, BROADCAST, 0, 4, 0, 2, 4, 0);
  put_dense(&b, LAST, 0, 1, 0, 1, 1, 0);
  const uint32_t sums[] = {nt_asm_rdc(1, 0),
                           nt_asm_spc(2, NT_SPC_TIMESTEP),
                           nt_asm_alu(NT_OP_ADD, 1, 1, nt_asm_reg(2), 0),
                           nt_asm_st(1, 0),
                           nt_asm_rdc(1, 1),
                           nt_asm_st(1, 1),
                           nt_asm_rdc(1, 2),
                           nt_asm_st(1, 2),
                           nt_asm_rdc(1, 3),
                           nt_asm_st(1, 3),
                           nt_asm_spk(0, 1),
                           nt_asm_end()};
  put_dest(&b, 1, nt_asm_dest(0, 4, 1, NT_SPIKE_TYPE_GRADED24, false));
  put_group(&b, 0,
            (nt_asm_group_t){.lines = 2,
                             .neurons = SUMS,
                             .port_ptr = {DESTS + 1},
                             .port_count = {1},
                             .state_words = 4,
                             .entry = PROGRAM(&b, 0, sums)});
  const uint32_t down[] = {nt_asm_rdc(1, 3), nt_asm_alu(NT_OP_ADD, 1, 1, nt_asm_const(0), 0),
                           nt_asm_st(1, 0), nt_asm_spk(0, 1), nt_asm_end()};
  core_of(&b)->table[CONST_BASE] = UINT32_MAX; // -1
  put_dest(&b, 0, nt_asm_dest(0, 1, COUNTDOWN, NT_SPIKE_TYPE_GRADED8, false));
  put_group(&b, 1,
            (nt_asm_group_t){.line = 3,
                             .lines = 1,
                             .neurons = 1,
                             .state_words = 1,
                             .port_ptr = {DESTS},
                             .port_count = {1},
                             .entry = PROGRAM(&b, 32, down)});
}

// Constants of core 1, numbers of operand B.
enum { ADDEND, SMALLER, SHIFT, THRESHOLD, ZERO, THOUSAND, MINUEND, LOW_BANK = 1, HIGH_BANK = 17 };

static void build_engine(nt_image_t *image) {
  const builder_t b = {image, 0, 1};
  nt_image_core_t *core = core_of(&b);
  const nt_asm_pool_t pool = nt_asm_pool_of(image, 0, 1);
  put_dense(&b, 0, 0, 1, 0, 1, 4, 0);
  put_dense(&b, 1, 0, 1, 1, 1, 4, 0);
  put_dense(&b, 2, 0, 1, 2, 1, 4, 0);
  put_axon(&b, 3, nt_asm_uniform(0, 1, 3, 1, 0, 0));
  put_axon(&b, BROADCAST, nt_asm_uniform(1, 1, 3, 1, 0, 0));
  uint32_t *constant = core->table + CONST_BASE;
  constant[ADDEND] = 3;
  constant[SMALLER] = 50;
  constant[SHIFT] = (uint32_t)-2;
  constant[THRESHOLD] = (uint32_t)(7 * byte_weight(3));
  constant[THOUSAND] = 1000;
  constant[MINUEND] = 5000;
  constant[HIGH_BANK] = 7777;
  for (uint32_t i = 0; i < 16; i++) { // bases i * i, slopes i + 1
    core->table[TABLE + i] = i * i | (i + 1) << 16;
  }

  const uint32_t arithmetic[] = {nt_asm_rdc(1, 0),
                                 nt_asm_ld(2, 0),
                                 nt_asm_muls(3, 1, nt_asm_reg(2), 13, 4),
                                 nt_asm_st(3, 1),
                                 nt_asm_alu(NT_OP_ADD, 4, 1, nt_asm_const(ADDEND), 12),
                                 nt_asm_st(4, 2),
                                 nt_asm_alu(NT_OP_MIN, 5, 1, nt_asm_const(SMALLER), 0),
                                 nt_asm_st(5, 3),
                                 nt_asm_alu(NT_OP_SHF, 6, 1, nt_asm_const(SHIFT), 0),
                                 nt_asm_st(6, 4),
                                 nt_asm_end()};
  const nt_asm_group_t group = {.lines = 1, .neurons = 24, .state_words = 5};
  nt_asm_group_t made = group;
  made.entry = PROGRAM(&b, 0, arithmetic);
  put_group(&b, 0, made);
  for (uint32_t n = 0; n < group.neurons; n++) { // factors: odd; neuron 2 goes far beyond SAT
    const size_t beat = STATE + n / pool.word_lanes * group.state_words;
    core->pool[beat * pool.word_lanes + n % pool.word_lanes] = n == 2 ? 41 : 2 * n + 1;
  }

  const uint32_t tables[] = {nt_asm_rdc(1, 0), nt_asm_lut(2, 1, 3, TABLE),
                             nt_asm_st(2, 0),  nt_asm_lerp(3, 1, 3, 5, TABLE),
                             nt_asm_st(3, 1),  nt_asm_end()};
  put_group(&b, 1,
            (nt_asm_group_t){.line = 1,
                             .lines = 1,
                             .neurons = 16,
                             .state_words = 2,
                             .entry = PROGRAM(&b, 16, tables)});

  const uint32_t flow[] = {nt_asm_rdc(1, 0),
                           nt_asm_compare(NT_OP_CGE, 1, nt_asm_const(THRESHOLD)),
                           nt_asm_skp(1, false),
                           nt_asm_alu(NT_OP_MOV, 2, 0, nt_asm_const(THOUSAND), 0),
                           nt_asm_st(2, 0),
                           nt_asm_compare(NT_OP_CLT, 1, nt_asm_const(ZERO)),
                           nt_asm_skp(2, true),
                           nt_asm_alu(NT_OP_MOV, 3, 0, nt_asm_const(MINUEND), 0),
                           nt_asm_alu(NT_OP_SUB, 3, 3, nt_asm_reg(1), 0),
                           nt_asm_st(3, 1),
                           nt_asm_spk(0, 1),
                           nt_asm_end()};
  put_dest(&b, 0, nt_asm_dest(1, 1, 0, NT_SPIKE_TYPE_GRADED24, true));
  put_group(&b, 2,
            (nt_asm_group_t){.line = 2,
                             .lines = 1,
                             .neurons = 16,
                             .state_words = 2,
                             .port_ptr = {DESTS},
                             .port_count = {1},
                             .entry = PROGRAM(&b, 32, flow)});

  const uint32_t constants[] = {nt_asm_spc(1, NT_SPC_NEURON),
                                nt_asm_st(1, 0),
                                nt_asm_spc(2, NT_SPC_TIMESTEP),
                                nt_asm_st(2, 1),
                                nt_asm_alu(NT_OP_ADD, 3, 1, nt_asm_const(HIGH_BANK), 0),
                                nt_asm_st(3, 2),
                                nt_asm_end()};
  put_group(&b, 3,
            (nt_asm_group_t){.line = 3,
                             .lines = 1,
                             .neurons = 20,
                             .state_words = 3,
                             .entry = PROGRAM(&b, 64, constants)});
}

static void build_messages(nt_image_t *image) {
  const builder_t b = {image, 0, 2};
  put_dense(&b, 0, 0, 1, 0, 1, 4, 0);
  put_axon(&b, 1, nt_asm_uniform(0, 1, 3, 1, 0, 0));
  put_axon(&b, 2, nt_asm_uniform(0, 1, 3, 1, 0, 0));
  const uint32_t program[] = {nt_asm_rdc(1, 0), nt_asm_spk(0, 1), nt_asm_spk(1, 1),
                              nt_asm_spk(2, 1), nt_asm_spk(3, 1), nt_asm_end()};
  put_dest(&b, 0, nt_asm_dest(NT_HOST_TILE, 0, 100, NT_SPIKE_TYPE_GRADED8, true));
  put_dest(&b, 1, nt_asm_dest(0, 3, BROADCAST, NT_SPIKE_TYPE_GRADED16, false));
  put_dest(&b, 2, nt_asm_dest(1, 1, 0, NT_SPIKE_TYPE_GRADED24, true));
  put_dest(&b, 3, nt_asm_dest(NT_HOST_TILE, 0, 200, NT_SPIKE_TYPE_BINARY, true));
  put_group(&b, 0,
            (nt_asm_group_t){.lines = 1,
                             .neurons = SENDERS,
                             .state_words = 1,
                             .port_ptr = {DESTS, DESTS + 1, DESTS + 2},
                             .port_count = {1, 1, 2},
                             .entry = PROGRAM(&b, 0, program)});
}

static void build_receiver(nt_image_t *image) {
  const builder_t b = {image, 1, 0};
  for (uint32_t n = 0; n < SENDERS; n++) {
    put_axon(&b, n, nt_asm_single(0, n, 0, 1));
  }
  const uint32_t program[] = {nt_asm_rdc(1, 0), nt_asm_st(1, 0), nt_asm_end()};
  put_group(
      &b, 0,
      (nt_asm_group_t){
          .lines = 1, .neurons = SENDERS, .state_words = 1, .entry = PROGRAM(&b, 0, program)});
}

nt_status_t nt_bug_network(const nt_params_t *params, nt_image_t **image, nt_error_t *err) {
  if (params->cores < 3 || nt_params_line_lanes(params) != ROW || params->lines < 4 ||
      params->word_bits != 64) {
    return nt_fail(err, NT_ERR_UNSUPPORTED,
                   "planted bugs: the network is made for the tile shape \"small\"");
  }
  const nt_status_t status = nt_image_create(params, 2, image, err);
  if (status == NT_OK) {
    build_sums(*image);
    build_engine(*image);
    build_messages(*image);
    build_receiver(*image);
  }
  return status;
}

// ---- the script ---------------------------------------------------------------------------------

static const struct {
  uint32_t timestep, core, axon;
  int32_t payload;
} script[] = {{0, 0, 0, 5},    {1, 0, 1, 3},         {1, 0, 2, -7},        {2, 0, 3, 9},
              {3, 0, 4, 11},   {4, 0, 5, 6},         {5, 0, 6, 4},         {5, 0, HEAVY, -100},
              {6, 0, LAST, 2}, {7, 0, HEAVY, 60000}, {7, 0, HEAVY, 60000}, {8, 1, 0, 101},
              {9, 1, 0, -99},  {10, 1, 1, 1},        {11, 1, 2, 7},        {12, 1, 3, 1},
              {13, 2, 0, 1},   {14, 1, 2, 7},        {14, 2, 0, 1},        {16, 0, COUNTDOWN, 3}};
enum { STEPS = 19, SPIKES = sizeof script / sizeof script[0] };

// The words of LAST's list once more, as the image has them, through the host ports.
static nt_status_t write_list(const nt_lockstep_view_t *view, nt_error_t *err) {
  const uint32_t lanes = nt_params_word_lanes(&view->image->params), at = list_of(LAST) * lanes;
  const uint32_t *list = nt_image_core(view->image, 0, 0)->pool + at;
  nt_status_t status = NT_OK;
  for (uint32_t i = 0; i < lanes && status == NT_OK; i++) {
    nt_dev_t *golden = nt_system_tile(view->golden, 0), *dut = nt_system_tile(view->dut, 0);
    status = golden->ops->msg_write(golden, 0, NT_SPACE_POOL, at + i, list[i], err);
    if (status == NT_OK) {
      status = dut->ops->msg_write(dut, 0, NT_SPACE_POOL, at + i, list[i], err);
    }
  }
  return status;
}

nt_status_t nt_bug_script(nt_lockstep_t *lockstep, nt_error_t *err) {
  const nt_lockstep_view_t view = nt_lockstep_view(lockstep);
  nt_status_t status = write_list(&view, err);
  for (uint32_t t = 0; t < STEPS && status == NT_OK; t++) {
    for (uint32_t i = 0; i < SPIKES && status == NT_OK; i++) {
      if (script[i].timestep == t) {
        const nt_spike_t spike = {.cores = (uint8_t)(1u << script[i].core),
                                  .axon = (uint16_t)script[i].axon,
                                  .type = NT_SPIKE_TYPE_GRADED24,
                                  .payload = script[i].payload};
        status = nt_lockstep_inject(lockstep, &spike, 1, err);
      }
    }
    if (status == NT_OK) {
      status = nt_lockstep_step(lockstep, err);
    }
  }
  if (status == NT_OK) {
    status = nt_system_clear_state(view.golden, err);
  }
  if (status == NT_OK) {
    status = nt_system_clear_state(view.dut, err);
  }
  return status == NT_OK ? nt_lockstep_sweep(lockstep, err) : status;
}
