// SPDX-License-Identifier: Apache-2.0
#include "nt_group_view.h"

nt_group_view_t nt_group_view(const uint32_t *groups, uint32_t number) {
  enum { FIRST_PORT_WORD = 4 };
  const uint32_t *word = groups + (size_t)number * NT_GROUP_WORDS;
  nt_group_view_t view = {.enable = NT_VIEW_FIELD(word[0], GROUP0_ENABLE) != 0,
                          .always = NT_VIEW_FIELD(word[0], GROUP0_ALWAYS) != 0,
                          .line = NT_VIEW_FIELD(word[0], GROUP0_LINE),
                          .lines = NT_VIEW_FIELD(word[0], GROUP0_LINES),
                          .neurons = NT_VIEW_FIELD(word[1], GROUP1_NEURONS),
                          .entry = NT_VIEW_FIELD(word[2], GROUP2_ENTRY),
                          .const_base = NT_VIEW_FIELD(word[2], GROUP2_CONST_BASE),
                          .state_base = NT_VIEW_FIELD(word[3], GROUP3_STATE_BASE),
                          .state_words = NT_VIEW_FIELD(word[3], GROUP3_STATE_WORDS)};
  for (uint32_t q = 0; q < NT_PORTS; q++) {
    view.port_ptr[q] = NT_VIEW_FIELD(word[FIRST_PORT_WORD + q], GROUP_PORT_PTR);
    view.port_count[q] = NT_VIEW_FIELD(word[FIRST_PORT_WORD + q], GROUP_PORT_COUNT);
  }
  return view;
}

bool nt_group_of_line(const nt_params_t *params, const uint32_t *groups, uint32_t line,
                      uint32_t *number, uint32_t *first) {
  for (uint32_t g = 0; g < params->groups; g++) {
    const nt_group_view_t view = nt_group_view(groups, g);
    for (uint32_t l = 0; view.enable && l < view.lines; l++) {
      if (view.line + l == line) {
        *number = g;
        *first = l * nt_params_line_lanes(params);
        return *first < view.neurons;
      }
    }
  }
  return false;
}

uint64_t nt_pool_view_dword(const nt_params_t *params, const uint32_t *pool, uint32_t base,
                            uint64_t index) {
  const uint32_t per_word = params->word_bits / 64;
  const size_t word = (base + index / per_word) % params->pool_words;
  const uint32_t *at = pool + word * nt_params_word_lanes(params) + 2 * (index % per_word);
  return at[0] | (uint64_t)at[1] << 32;
}
