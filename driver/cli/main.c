// SPDX-License-Identifier: Apache-2.0
// neurotile: the command on top of the driver, the model compiler and both back ends.
#include "nt_commands.h"
#include "nt_threads.h"

#include <stdio.h>
#include <string.h>

static const nt_command_t commands[] = {
    {"import", "DIR out text tokens report spread pack cache quiet",
     "checkpoint folder DIR to image: calibrate, quantise, map; with a report", nt_command_import},
    {"generate",
     "model prompt prompt-file tokens temperature top-k top-p seed ignore-eos backend check "
     "no-check "
     "failure plant summary state-in state-out trace trace-tile trace-from trace-steps trace-word "
     "max-cycles "
     "cache no-cache "
     "quiet",
     "continue a prompt on the tiles, every timestep checked", nt_command_generate},
    {"levels", "model text tokens summary max-cycles cache no-cache quiet",
     "float, integer, golden tile and RTL side by side; perplexity", nt_command_levels},
    {"eval",
     "model text levels tokens golden-tokens precision max-change agree agree-text summary "
     "max-cycles cache no-cache quiet",
     "perplexity and bits per byte of float, integer and golden tiles on a text", nt_command_eval},
    {"sweep", "model text tokens summary cache no-cache quiet",
     "perplexity of the integer model for other widths and margins", nt_command_sweep},
    {"bench",
     "model tokens turns no-waves other-waves summary seed max-cycles cache no-cache quiet",
     "cycles against the bound, utilisation, simulation speed, prices of checks and waves",
     nt_command_bench},
    {"synth", "like out seed quiet", "random checkpoint in the layout of the published ones",
     nt_command_synth},
    {"info", "model cache no-cache quiet", "what an image holds: tiles, cores, memory",
     nt_command_info},
};
enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

static void usage(void) {
  (void)printf("usage: neurotile COMMAND [options]\n\n");
  for (int i = 0; i < COMMAND_COUNT; i++) {
    (void)printf("  %-10s %s\n", commands[i].name, commands[i].help);
  }
  (void)printf("\nneurotile COMMAND --help lists a command's options. Exit codes: 0 done and "
               "everything agreed, 1 mismatch,\n"
               "2 wrong option, 3 RTL assertion, 4 timeout, 5 internal, 6 file access, 7 damaged "
               "file, 8 value out of range,\n"
               "9 unsupported, 10 device error, 11 out of memory.\n");
}

int main(int argc, char **argv) {
  nt_threads_yield_when_idle();
  if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
    usage();
    return argc < 2 ? NT_ERR_ARG : NT_OK;
  }
  if (strcmp(argv[1], "--version") == 0) {
    (void)printf("neurotile %s, definitions 0x%08x\n", NT_VERSION, NT_DEFS_HASH);
    return NT_OK;
  }
  for (int i = 0; i < COMMAND_COUNT; i++) {
    if (strcmp(argv[1], commands[i].name) != 0) {
      continue;
    }
    nt_options_t options = {.backend = "rtl",
                            .tokens = UINT64_MAX,
                            .levels = "float,integer,golden",
                            .golden_tokens = 2048,
                            .precision = 64,
                            .max_cycles = 10000000,
                            .seed = 1,
                            .turns = 7,
                            .temperature = NT_TEMPERATURE_UNSAID,
                            .top_p = 1,
                            .check = true,
                            .level = "state",
                            .spread = -1};
    nt_error_t err = {NT_OK, ""};
    bool help = false;
    nt_status_t status = nt_options_parse(commands[i].name, commands[i].accepted, argc - 1,
                                          argv + 1, &options, &help, &err);
    if (status == NT_OK && help) {
      (void)printf("neurotile %s: %s\n", commands[i].name, commands[i].help);
      nt_options_help(commands[i].accepted);
      return NT_OK;
    }
    if (status == NT_OK) {
      status = commands[i].run(&options, &err);
    }
    if (status != NT_OK) {
      (void)fflush(stdout);
      (void)fprintf(stderr, "neurotile: %s: %s\n", nt_status_str(status), err.text);
    }
    return (int)status;
  }
  (void)fprintf(stderr, "neurotile: unknown command \"%s\" (see neurotile --help)\n", argv[1]);
  return NT_ERR_ARG;
}
