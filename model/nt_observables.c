// SPDX-License-Identifier: Apache-2.0
#include "nt_observables.h"

#include "nt_microcode.h"
#include "nt_placement.h"

#include <stdio.h>
#include <stdlib.h>

// Each layer has 3 at both of its stages, 8 of its mixer and 6 of its MLP; the head 3 and logits.
enum { LAYER_OBSERVABLES = 20, HEAD_OBSERVABLES = 4 };

static void observe(nt_layout_t *layout, const char *scope, uint32_t number, const char *tensor,
                    uint32_t population, nt_observable_kind_t kind, uint32_t index, uint32_t step,
                    bool scalar) {
  nt_observable_t *o = &layout->observable[layout->observables++];
  *o = (nt_observable_t){.population = population,
                         .kind = kind,
                         .index = index,
                         .step = step,
                         .count = scalar ? 1 : layout->population[population].neurons,
                         .broadcast = scalar};
  if (scope == NULL) {
    (void)snprintf(o->name, sizeof o->name, "%s", tensor);
  } else {
    (void)snprintf(o->name, sizeof o->name, "%s.%u.%s", scope, number, tensor);
  }
}

nt_status_t nt_observables_list(nt_layout_t *layout, nt_error_t *err) {
  layout->observable = calloc((size_t)LAYER_OBSERVABLES * layout->layers + HEAD_OBSERVABLES,
                              sizeof *layout->observable);
  if (layout->observable == NULL) {
    return nt_fail(err, NT_ERR_MEMORY, "mapper: out of memory");
  }
  for (uint32_t s = 0; s <= 2 * layout->layers; s++) {
    const uint32_t x = nt_placement_stage(s), c = nt_placement_consumer(s), l = s / 2, step = 6 * s;
    observe(layout, "stage", s, "sq_sum", nt_placement_stage_norm(s), NT_OBSERVABLE_ACC,
            NT_DENDRITE_N_SQUARE, step + 1, true);
    observe(layout, "stage", s, "x", x, NT_OBSERVABLE_STATE, NT_STATE_X, step + 1, false);
    observe(layout, "stage", s, "R", x, NT_OBSERVABLE_ACC, NT_DENDRITE_X_SCALE, step + 2, true);
    if (s == 2 * layout->layers) {
      observe(layout, NULL, 0, "logits", c, NT_OBSERVABLE_ACC, NT_DENDRITE_D_LOGITS, step + 3,
              false);
    } else if (s % 2 == 0) {
      observe(layout, "mixer", l, "acc_i", c, NT_OBSERVABLE_ACC, NT_DENDRITE_G_I, step + 3, false);
      observe(layout, "mixer", l, "acc_f", c, NT_OBSERVABLE_ACC, NT_DENDRITE_G_F, step + 3, false);
      observe(layout, "mixer", l, "acc_g", c, NT_OBSERVABLE_ACC, NT_DENDRITE_G_G, step + 3, false);
      observe(layout, "mixer", l, "h", c, NT_OBSERVABLE_STATE, NT_STATE_G_H, step + 3, false);
      observe(layout, "mixer", l, "v", c, NT_OBSERVABLE_STATE, NT_STATE_G_V, step + 3, false);
      observe(layout, "mixer", l, "sq_sum", nt_placement_consumer_norm(s), NT_OBSERVABLE_ACC,
              NT_DENDRITE_N_SQUARE, step + 4, true);
      observe(layout, "mixer", l, "R", c, NT_OBSERVABLE_ACC, NT_DENDRITE_G_SCALE, step + 5, true);
      observe(layout, "mixer", l, "acc_o", x, NT_OBSERVABLE_ACC, NT_DENDRITE_X_MATRIX, step + 6,
              false);
    } else {
      observe(layout, "mlp", l, "acc_gate", c, NT_OBSERVABLE_ACC, NT_DENDRITE_M_GATE, step + 3,
              false);
      observe(layout, "mlp", l, "acc_up", c, NT_OBSERVABLE_ACC, NT_DENDRITE_M_UP, step + 3, false);
      observe(layout, "mlp", l, "v", c, NT_OBSERVABLE_STATE, NT_STATE_M_V, step + 3, false);
      observe(layout, "mlp", l, "sq_sum", nt_placement_consumer_norm(s), NT_OBSERVABLE_ACC,
              NT_DENDRITE_N_SQUARE, step + 4, true);
      observe(layout, "mlp", l, "R", c, NT_OBSERVABLE_ACC, NT_DENDRITE_M_SCALE, step + 5, true);
      observe(layout, "mlp", l, "acc_d", x, NT_OBSERVABLE_ACC, NT_DENDRITE_X_MATRIX, step + 6,
              false);
    }
  }
  return NT_OK;
}
