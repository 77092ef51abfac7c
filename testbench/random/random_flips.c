// SPDX-License-Identifier: Apache-2.0
// Random single-bit flips in the memories and architectural registers of the tile under test, one
// per run of a random network, between two timesteps; what became of each, as a table. Exit status:
// 0 every flip is accounted for, 1 not, 2 wrong arguments.
#include "nt_case_run.h"
#include "nt_check.h"
#include "nt_duel.h"
#include "nt_progress_line.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/// Where flips go; the first ones are spaces of a core.
enum { TILE_REGISTERS = NT_SPACE_CREG + 1, PLACES };
static const char *const place_names[PLACES] = {"POOL", "PROG", "TABLE", "GROUP",
                                                "ACC",  "ACT",  "CREG",  "tile registers"};

/// What became of a flip.
typedef enum fate {
  FATE_ACCUMULATOR, ///< found by the checker at this stage of a timestep
  FATE_STATE,
  FATE_SPIKE,
  FATE_COUNTER,
  FATE_DEVICE,  ///< the tile or the fabric reports an error, an assertion fires, or a step never
                ///< ends
  FATE_LATENT,  ///< found by the sweep of all memories and registers after the last timestep
  FATE_GONE,    ///< the sweep finds no difference: overwritten, or cleared, before it was used
  FATE_UNKNOWN, ///< anything else: a bug
  FATES
} fate_t;
static const char *const fate_names[FATES] = {"accumulators", "state",  "spikes", "counters",
                                              "error, hang",  "latent", "gone",   "unexplained"};

typedef struct flip {
  nt_random_case_t network;
  uint32_t after; ///< the flip comes after so many timesteps
  uint32_t tile, core, place, addr, bit;
} flip_t;

/// Core registers that hold something between timesteps, and their bits.
static const struct {
  uint32_t addr, bits;
} core_registers[] = {{NT_CREG_AXON_BASE, 16}, {NT_CREG_AXON_COUNT, 17}, {NT_CREG_PROBE_ENABLE, 1}};
static const uint32_t tile_registers[] = {NT_REG_TILE_ID, NT_REG_TIMESTEP};
enum {
  CORE_REGISTERS = sizeof core_registers / sizeof core_registers[0],
  TILE_ID_BITS = 12,
  USED_PERCENT = 80, ///< of the flips in memories that an image fills hit words it uses
  TIMESTEPS = 10,
  SPREAD = 5, ///< the flip comes after one of the first ones
  SPIKES = 40 ///< from the host, each timestep
};

// ---- one flip -----------------------------------------------------------------------------------

/// A word of a core's space that the image uses, counted on from `addr`; `addr` if there is none.
static uint32_t used_word(const flip_t *flip, uint32_t addr) {
  const nt_image_core_t *core = nt_image_core(flip->network.image, flip->tile, flip->core);
  const uint32_t *const words[] = {core->pool, core->prog, core->table, core->group};
  const uint32_t count = nt_dev_space_words(&flip->network.image->params, flip->place);
  for (uint32_t i = 0; i < count; i++)
    if (words[flip->place][(addr + i) % count] != 0)
      return (addr + i) % count;
  return addr;
}

/// The network's own actions make room for many spikes: what is at rest uses nothing.
static void add_traffic(nt_random_t *random, nt_random_case_t *network) {
  const nt_random_network_t calm = {.tiles = network->image->tiles};
  network->actions = 0;
  for (uint32_t step = 0; step < TIMESTEPS; step++) {
    for (uint32_t i = 0; i < SPIKES; i++)
      nt_random_case_add(network,
                         (nt_action_t){.kind = NT_ACTION_SPIKE,
                                       .spike = nt_random_spike(random, network->image, &calm)});
    nt_random_case_add(network, (nt_action_t){.kind = NT_ACTION_STEP});
  }
}

static flip_t choose(uint64_t seed) {
  nt_random_t random = {seed};
  nt_error_t err = {0};
  const nt_params_t *p = &nt_check_backend()->params;
  flip_t flip = {.after = 1 + nt_random_below(&random, SPREAD)};
  if (nt_random_case_network(nt_random_next(&random), p, &flip.network, &err) != NT_OK) {
    (void)fprintf(stderr, "seed %" PRIu64 ": %s\n", seed, err.text);
    exit(2);
  }
  add_traffic(&random, &flip.network);
  flip.tile = nt_random_below(&random, flip.network.image->tiles);
  flip.core = nt_random_below(&random, p->cores);
  flip.place = nt_random_below(&random, PLACES);
  if (flip.place == TILE_REGISTERS) {
    flip.addr = tile_registers[nt_random_below(&random, 2)];
    flip.bit = nt_random_below(&random, flip.addr == NT_REG_TILE_ID ? TILE_ID_BITS : 32);
  } else if (flip.place == NT_SPACE_CREG) {
    const uint32_t which = nt_random_below(&random, CORE_REGISTERS + 2 * NT_COUNTERS_EXACT);
    const bool counter = which >= CORE_REGISTERS;
    flip.addr = counter ? NT_CREG_COUNTERS + which - CORE_REGISTERS : core_registers[which].addr;
    flip.bit = nt_random_below(&random, counter ? 32 : core_registers[which].bits);
  } else {
    const uint32_t bits = flip.place == NT_SPACE_ACT   ? NT_DENDRITES
                          : flip.place == NT_SPACE_ACC ? p->acc_bits
                                                       : 32;
    flip.addr = nt_random_below(&random, nt_dev_space_words(p, flip.place));
    if (flip.place <= NT_SPACE_GROUP && nt_random_chance(&random, USED_PERCENT))
      flip.addr = used_word(&flip, flip.addr);
    flip.bit = nt_random_below(&random, bits);
  }
  return flip;
}

/// The accumulator at `addr`, or the same lane of the next row that is active.
static uint32_t active_accumulator(nt_dev_t *dev, uint32_t core, uint32_t addr) {
  const uint32_t lanes = nt_params_line_lanes(&dev->params), lines = dev->params.lines;
  for (uint32_t i = 0; i < NT_DENDRITES * lines; i++) {
    const uint32_t row = (addr / lanes + i) % (NT_DENDRITES * lines);
    if ((nt_check_read(dev, core, NT_SPACE_ACT, row % lines) >> row / lines & 1) != 0)
      return row * lanes + addr % lanes;
  }
  return addr;
}

static void do_flip(nt_duel_t *duel, flip_t *flip) {
  nt_dev_t *dev = nt_system_tile(duel->dut, flip->tile);
  if (flip->place == NT_SPACE_ACC)
    flip->addr = active_accumulator(dev, flip->core, flip->addr);
  nt_error_t err = {0};
  if (flip->place == TILE_REGISTERS)
    NT_CHECK_OK(
        nt_dev_reg_write(dev, flip->addr, nt_check_reg(dev, flip->addr) ^ 1u << flip->bit, &err),
        &err);
  else
    nt_check_write(dev, flip->core, flip->place, flip->addr,
                   nt_check_read(dev, flip->core, flip->place, flip->addr) ^ 1u << flip->bit);
}

static void sweep_register(const char *name, uint32_t found, uint32_t expected) {
  nt_check_count(1);
  if (found == expected)
    return;
  print_error("LATENT %s: found 0x%" PRIx32 ", expected 0x%" PRIx32 "\n", name, found, expected);
  exit(1);
}

/// The registers that nt_lockstep's sweep of the memories leaves out. TIMESTEP is written before
/// every step, so it is no state of the tile.
static void sweep_registers(nt_duel_t *duel) {
  for (uint32_t tile = 0; tile < duel->image->tiles; tile++) {
    nt_dev_t *golden = nt_system_tile(duel->golden, tile), *dut = nt_system_tile(duel->dut, tile);
    sweep_register("TILE_ID", nt_check_reg(dut, NT_REG_TILE_ID),
                   nt_check_reg(golden, NT_REG_TILE_ID));
    for (uint32_t core = 0; core < duel->image->params.cores; core++) {
      for (uint32_t i = 0; i < CORE_REGISTERS; i++)
        sweep_register("core register",
                       nt_check_read(dut, core, NT_SPACE_CREG, core_registers[i].addr),
                       nt_check_read(golden, core, NT_SPACE_CREG, core_registers[i].addr));
      for (uint32_t i = 0; i < 2 * NT_COUNTERS_EXACT; i++)
        sweep_register("counter", nt_check_read(dut, core, NT_SPACE_CREG, NT_CREG_COUNTERS + i),
                       nt_check_read(golden, core, NT_SPACE_CREG, NT_CREG_COUNTERS + i));
    }
  }
}

/// The network's spikes and timesteps, the flip in between.
static void run_flip(void *user) {
  flip_t *flip = user;
  const nt_random_case_t *network = &flip->network;
  nt_duel_t duel;
  uint32_t steps = 0;
  nt_duel_open(&duel, network->image);
  for (uint32_t i = 0; i < network->actions; i++)
    if (network->action[i].kind == NT_ACTION_SPIKE) {
      nt_duel_inject(&duel, &network->action[i].spike, 1);
    } else {
      nt_duel_step(&duel);
      if (++steps == flip->after)
        do_flip(&duel, flip);
    }
  nt_duel_sweep(&duel);
  sweep_registers(&duel);
  nt_duel_close(&duel);
}

/// What the checker's text says; `*timesteps` from the flip to the timestep that showed it.
static fate_t judge(const flip_t *flip, const nt_case_outcome_t *outcome, uint32_t *timesteps) {
  static const nt_stage_t stages[] = {NT_STAGE_ACCUMULATOR, NT_STAGE_STATE, NT_STAGE_SPIKE,
                                      NT_STAGE_COUNTER};
  const char *mismatch = strstr(outcome->text, "MISMATCH at timestep ");
  *timesteps = 0;
  if (!outcome->failed)
    return FATE_GONE;
  if (strncmp(outcome->text, "LATENT", 6) == 0)
    return FATE_LATENT;
  if (mismatch == NULL)
    return strncmp(outcome->text, "ended by", 8) == 0 ? FATE_UNKNOWN : FATE_DEVICE;
  char *rest = NULL;
  const uint32_t timestep = (uint32_t)strtoul(strstr(mismatch, "step ") + 5, &rest, 10);
  const char *stage = rest + 2;
  if (timestep < flip->after)
    return FATE_UNKNOWN; // there before the flip
  if (strncmp(stage, nt_stage_str(NT_STAGE_MEMORY), strlen(nt_stage_str(NT_STAGE_MEMORY))) == 0)
    return FATE_LATENT;
  *timesteps = timestep - flip->after + 1;
  for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++)
    if (strncmp(stage, nt_stage_str(stages[i]), strlen(nt_stage_str(stages[i]))) == 0)
      return (fate_t)(FATE_ACCUMULATOR + i);
  return FATE_DEVICE; // a tile has work in one system only
}

// ---- many ---------------------------------------------------------------------------------------

typedef struct tally {
  uint64_t fate[PLACES][FATES];
  uint64_t found, latency, longest; ///< by the checker at a stage; timesteps
} tally_t;

static void count_flip(tally_t *tally, uint64_t seed) {
  flip_t flip = choose(seed);
  nt_case_job_t job = nt_job_start(run_flip, &flip);
  const nt_case_outcome_t outcome = nt_job_wait(&job);
  uint32_t timesteps = 0;
  const fate_t fate = judge(&flip, &outcome, &timesteps);
  tally->fate[flip.place][fate]++;
  if (timesteps > 0) {
    tally->found++;
    tally->latency += timesteps;
    tally->longest = timesteps > tally->longest ? timesteps : tally->longest;
  }
  if (fate == FATE_UNKNOWN)
    (void)printf("seed %" PRIu64 ": %s, tile %u core %u word %u bit %u after timestep %u: %s\n",
                 seed, place_names[flip.place], flip.tile, flip.core, flip.addr, flip.bit,
                 flip.after - 1, outcome.text);
  nt_random_case_free(&flip.network);
}

static void print_table(const tally_t *tally) {
  (void)printf("| flip in |");
  for (uint32_t f = 0; f < FATES; f++)
    (void)printf(" %s |", fate_names[f]);
  (void)printf(" all |\n|---|");
  for (uint32_t f = 0; f <= FATES; f++)
    (void)printf("---|");
  uint64_t sums[FATES] = {0};
  for (uint32_t p = 0; p <= PLACES; p++) {
    uint64_t row = 0;
    (void)printf("\n| %s |", p < PLACES ? place_names[p] : "all");
    for (uint32_t f = 0; f < FATES; f++) {
      const uint64_t value = p < PLACES ? tally->fate[p][f] : sums[f];
      (void)printf(" %" PRIu64 " |", value);
      sums[f] += p < PLACES ? value : 0;
      row += value;
    }
    (void)printf(" %" PRIu64 " |", row);
  }
  (void)printf("\n");
}

int main(int argc, char **argv) {
  const uint64_t seed = nt_random_seed(1);
  const uint32_t count = nt_random_cases(40);
  nt_progress_line_t line;
  tally_t tally = {0};
  if (!nt_check_begin(argc, argv) || count == 0)
    return 2;
  nt_progress_start(&line);
  for (uint32_t i = 0; i < count; i++) {
    count_flip(&tally, seed + i);
    nt_progress_note(&line, "flip", i + 1, count);
  }
  nt_progress_clear(&line);
  print_table(&tally);
  uint64_t unknown = 0;
  for (uint32_t p = 0; p < PLACES; p++)
    unknown += tally.fate[p][FATE_UNKNOWN];
  (void)printf(
      "\n%" PRIu32 " flips on %s %s, seeds from %" PRIu64 ", %.0f s. Found at a stage: %" PRIu64
      ", after %.2f timesteps on average, %" PRIu64 " at most. Unexplained: %" PRIu64 "\n",
      count, nt_check_backend()->name, nt_backend_shape(&nt_check_backend()->params), seed,
      nt_progress_seconds(&line), tally.found,
      tally.found > 0 ? (double)tally.latency / (double)tally.found : 0.0, tally.longest, unknown);
  return unknown > 0 || tally.found == 0;
}
