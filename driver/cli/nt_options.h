// SPDX-License-Identifier: Apache-2.0
// nt_options: command-line options of every sub-command, over getopt_long.
#ifndef NT_OPTIONS_H
#define NT_OPTIONS_H

#include "nt_session.h"

#define NT_TEMPERATURE_UNSAID (-1.0)

/// All options of all sub-commands; each sub-command accepts the subset named by its letters
/// (nt_options_parse).
typedef struct nt_options {
  const char *model;                ///< checkpoint folder or image file
  const char *out;                  ///< file to write
  const char *prompt, *prompt_file; ///< prompt_file "-": standard input
  const char *text;                 ///< text file
  const char *backend;              ///< "rtl" or "golden"
  const char *summary;              ///< JSON file to write
  const char *state_in, *state_out;
  const char *trace, *trace_word; ///< trace_word NULL: not given
  const char *like;               ///< shape of a random checkpoint
  const char *cache;              ///< folder of imported checkpoints; NULL: the user's
  const char *report;             ///< JSON file to write
  uint64_t tokens;                ///< UINT64_MAX: not given
  uint64_t trace_tile, trace_from;
  uint64_t trace_steps; ///< 0: not given
  uint64_t max_cycles, seed;
  uint64_t turns;                     ///< of everything that is timed
  const char *no_waves, *other_waves; ///< programs of other builds, NULL: not at hand
  const char *levels;                 ///< list of float, integer, golden
  const char *max_change;             ///< NULL: not given
  const char *agree_text;             ///< NULL: the text itself
  uint64_t agree;                     ///< 0: not given
  uint64_t golden_tokens, precision;
  double temperature; ///< NT_TEMPERATURE_UNSAID: not given
  double top_p;
  uint64_t top_k;
  const char *level;   ///< of checking: outputs, state or stages
  const char *failure; ///< folder to leave when the run fails; NULL: none
  const char *plant;   ///< fault to plant, NULL: none
  int argc;            ///< the arguments as they came
  char **argv;
  bool check, quiet, ignore_eos;
  bool no_cache; ///< import without keeping the image
  int spread;    ///< -1 automatic, 0, 1
} nt_options_t;

/// Parses argv[1..] of sub-command `command`, which accepts the options in `accepted`
/// (space-separated long names; the word DIR stands for one argument that is no option, kept in
/// `model`). Unknown, malformed and contradictory options give NT_ERR_ARG with
/// the option, the value and what is allowed; a file to be written in a folder that takes none
/// gives NT_ERR_IO.
/// `*help` is set when --help was asked for.
nt_status_t nt_options_parse(const char *command, const char *accepted, int argc, char **argv,
                             nt_options_t *options, bool *help, nt_error_t *err);
/// Prints the accepted options with their meaning.
void nt_options_help(const char *accepted);

#endif
