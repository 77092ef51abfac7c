// SPDX-License-Identifier: Apache-2.0
#include "nt_case_shrink.h"

#include <stdlib.h>
#include <string.h>

/// A stretch of words of the case that one cut fills with `fill`.
typedef struct cut {
  uint32_t *at;
  uint32_t count, fill;
  uint32_t was[NT_GROUP_WORDS];
} cut_t;

typedef struct shrinker {
  nt_random_case_t *shrunk;
  nt_case_fails_fn fails;
  void *user;
  const nt_listener_t *listener;
  uint32_t trials, most;
  cut_t *cut; ///< [cuts]
  uint32_t cuts, room;
  bool cut_something; ///< in the current round
} shrinker_t;

static bool still_fails(shrinker_t *s) {
  if (s->trials >= s->most)
    return false;
  s->trials++;
  nt_listener_tell(s->listener, "shrinking", s->trials, s->most);
  return s->fails(s->user, s->shrunk);
}

// ---- cuts in the image --------------------------------------------------------------------------

static bool is_cut(const cut_t *cut) {
  for (uint32_t i = 0; i < cut->count; i++)
    if (cut->at[i] != cut->fill)
      return false;
  return true;
}

/// Offers `count` words as one cut, unless they are there already.
static void offer(shrinker_t *s, uint32_t *at, uint32_t count, uint32_t fill) {
  cut_t cut = {.at = at, .count = count, .fill = fill};
  if (is_cut(&cut))
    return;
  memcpy(cut.was, at, count * sizeof *at);
  if (s->cuts == s->room) {
    s->room = s->room == 0 ? 256 : 2 * s->room;
    s->cut = realloc(s->cut, s->room * sizeof *s->cut);
    if (s->cut == NULL)
      abort();
  }
  s->cut[s->cuts++] = cut;
}

/// Makes the cuts first .. first+count-1; takes them back if the case then passes. True if any of
/// them stays.
static bool try_cuts(shrinker_t *s, uint32_t first, uint32_t count) {
  bool any = false;
  for (uint32_t i = first; i < first + count; i++) {
    cut_t *cut = &s->cut[i];
    any = any || !is_cut(cut);
    memcpy(cut->was, cut->at, cut->count * sizeof *cut->at);
    for (uint32_t k = 0; k < cut->count; k++)
      cut->at[k] = cut->fill;
  }
  if (any && still_fails(s))
    return s->cut_something = true;
  for (uint32_t i = first; i < first + count; i++)
    memcpy(s->cut[i].at, s->cut[i].was, s->cut[i].count * sizeof *s->cut[i].at);
  return false;
}

/// Makes as many of the offered cuts as possible: all of them, halves, quarters, ... single ones.
static void make_cuts(shrinker_t *s) {
  for (uint32_t size = s->cuts; size > 0; size /= 2)
    for (uint32_t first = 0; first < s->cuts; first += size)
      (void)try_cuts(s, first, size < s->cuts - first ? size : s->cuts - first);
  s->cuts = 0;
}

typedef void (*offer_fn)(shrinker_t *s, nt_image_core_t *core);

static void cut_cores(shrinker_t *s, offer_fn offer_core) {
  const nt_image_t *image = s->shrunk->image;
  for (uint32_t i = 0; i < image->tiles * image->params.cores; i++)
    offer_core(s, &image->core[i]);
  make_cuts(s);
}

static const nt_params_t *params_of(const shrinker_t *s) {
  return &s->shrunk->image->params;
}

static void offer_groups(shrinker_t *s, nt_image_core_t *core) {
  for (uint32_t g = 0; g < params_of(s)->groups; g++)
    offer(s, core->group + (size_t)g * NT_GROUP_WORDS, NT_GROUP_WORDS, 0);
}

static void offer_axons(shrinker_t *s, nt_image_core_t *core) {
  offer(s, &core->axon_count, 1, 0);
}

static void offer_ports(shrinker_t *s, nt_image_core_t *core) {
  for (uint32_t g = 0; g < params_of(s)->groups; g++)
    for (uint32_t port = 0; port < NT_PORTS; port++)
      offer(s, core->group + (size_t)g * NT_GROUP_WORDS + 4 + port, 1, 0);
}

static void offer_ends(shrinker_t *s, nt_image_core_t *core) {
  for (uint32_t i = 0; i < params_of(s)->prog_words; i++)
    offer(s, core->prog + i, 1, 0);
}

static void offer_no_ops(shrinker_t *s, nt_image_core_t *core) {
  for (uint32_t i = 0; i < params_of(s)->prog_words; i++)
    if (core->prog[i] != 0)
      offer(s, core->prog + i, 1, NT_CASE_NO_OP);
}

static void offer_constants(shrinker_t *s, nt_image_core_t *core) {
  for (uint32_t i = 0; i < params_of(s)->table_words; i++)
    offer(s, core->table + i, 1, 0);
}

/// Pairs of words: axon entries and destinations have 64 bits.
static void offer_pool(shrinker_t *s, nt_image_core_t *core) {
  const uint32_t words = nt_dev_space_words(params_of(s), NT_SPACE_POOL);
  for (uint32_t i = 0; i < words; i += 2)
    offer(s, core->pool + i, 2, 0);
}

// ---- numbers ------------------------------------------------------------------------------------

static void set_neurons(const shrinker_t *s, uint32_t *group, uint32_t neurons) {
  const uint32_t lanes = nt_params_line_lanes(params_of(s));
  const uint32_t mask = ((1u << NT_GROUP0_LINES_W) - 1) << NT_GROUP0_LINES_LSB;
  group[1] = neurons;
  group[0] = (group[0] & ~mask) | (neurons + lanes - 1) / lanes << NT_GROUP0_LINES_LSB;
}

static void shrink_neurons(shrinker_t *s, uint32_t *group) {
  const uint32_t head = group[0], neurons = group[1];
  for (uint32_t fewer = 1; fewer < neurons; fewer *= 2) {
    set_neurons(s, group, fewer);
    if (still_fails(s)) {
      s->cut_something = true;
      return;
    }
    group[0] = head;
    group[1] = neurons;
  }
}

static void shrink_all_neurons(shrinker_t *s) {
  const nt_image_t *image = s->shrunk->image;
  for (uint32_t i = 0; i < image->tiles * image->params.cores; i++)
    for (uint32_t g = 0; g < image->params.groups; g++)
      if (image->core[i].group[(size_t)g * NT_GROUP_WORDS] != 0)
        shrink_neurons(s, image->core[i].group + (size_t)g * NT_GROUP_WORDS);
}

static void shrink_payloads(shrinker_t *s) {
  for (uint32_t i = 0; i < s->shrunk->actions; i++) {
    int32_t *payload = &s->shrunk->action[i].spike.payload;
    const int32_t was = *payload;
    for (int64_t less = 1; s->shrunk->action[i].kind == NT_ACTION_SPIKE && less < labs(was);
         less *= 16) {
      *payload = (int32_t)(was < 0 ? -less : less);
      if (still_fails(s)) {
        s->cut_something = true;
        break;
      }
      *payload = was;
    }
  }
}

static void shrink_ports_of_host(shrinker_t *s) {
  uint32_t *const knobs[] = {&s->shrunk->pauses, &s->shrunk->shake};
  for (size_t i = 0; i < 2; i++)
    offer(s, knobs[i], 1, 0);
  make_cuts(s);
}

// ---- actions ------------------------------------------------------------------------------------

/// Leaves out actions first .. first+count-1 if the case still fails without them.
static bool try_without(shrinker_t *s, uint32_t first, uint32_t count) {
  nt_random_case_t *c = s->shrunk;
  nt_action_t *all = c->action;
  const uint32_t actions = c->actions;
  c->action = malloc(actions * sizeof *all);
  if (c->action == NULL)
    abort();
  memcpy(c->action, all, first * sizeof *all);
  memcpy(c->action + first, all + first + count, (actions - first - count) * sizeof *all);
  c->actions = actions - count;
  const bool good = still_fails(s);
  if (!good) {
    free(c->action);
    c->action = all;
    c->actions = actions;
    return false;
  }
  free(all);
  c->room = actions;
  return s->cut_something = true;
}

static void shrink_actions(shrinker_t *s) {
  for (uint32_t size = s->shrunk->actions / 2; size > 0; size /= 2)
    for (uint32_t end = s->shrunk->actions; end >= size; end -= size) // what comes late goes first
      (void)try_without(s, end - size, size);
}

// ---- all ----------------------------------------------------------------------------------------

uint32_t nt_case_shrink(nt_random_case_t *shrunk, nt_case_fails_fn fails, void *user,
                        uint32_t trials, const nt_listener_t *listener) {
  shrinker_t s = {
      .shrunk = shrunk, .fails = fails, .user = user, .listener = listener, .most = trials};
  do {
    s.cut_something = false;
    shrink_ports_of_host(&s);
    shrink_actions(&s);
    cut_cores(&s, offer_groups);
    cut_cores(&s, offer_axons);
    cut_cores(&s, offer_ports);
    cut_cores(&s, offer_ends);
    cut_cores(&s, offer_no_ops);
    cut_cores(&s, offer_constants);
    cut_cores(&s, offer_pool);
    shrink_all_neurons(&s);
    shrink_payloads(&s);
  } while (s.cut_something && s.trials < s.most);
  free(s.cut);
  return s.trials;
}

nt_case_size_t nt_case_size(const nt_random_case_t *measured) {
  const nt_image_t *image = measured->image;
  nt_case_size_t size = {.actions = measured->actions};
  for (uint32_t i = 0; i < measured->actions; i++) {
    size.steps +=
        measured->action[i].kind == NT_ACTION_STEP || measured->action[i].kind == NT_ACTION_BUSY;
    size.spikes += measured->action[i].kind == NT_ACTION_SPIKE;
  }
  for (uint32_t i = 0; i < image->tiles * image->params.cores; i++) {
    const nt_image_core_t *core = &image->core[i];
    for (uint32_t g = 0; g < image->params.groups; g++) {
      const uint32_t *group = core->group + (size_t)g * NT_GROUP_WORDS;
      size.groups += group[0] != 0;
      size.neurons += group[1];
      for (uint32_t k = 0; k < NT_GROUP_WORDS; k++)
        size.words += group[k] != 0;
    }
    for (uint32_t k = 0; k < image->params.prog_words; k++) {
      size.instructions += core->prog[k] != 0 && core->prog[k] != NT_CASE_NO_OP;
      size.words += core->prog[k] != 0;
    }
    for (uint32_t k = 0; k < image->params.table_words; k++)
      size.words += core->table[k] != 0;
    for (uint32_t k = 0; k < nt_dev_space_words(&image->params, NT_SPACE_POOL); k++)
      size.words += core->pool[k] != 0;
  }
  return size;
}
