// SPDX-License-Identifier: Apache-2.0
// nt_check: what the conformance tests share: the device under test, and comparisons that are
// counted, because a run that compared nothing has not passed.
#ifndef NT_CHECK_H
#define NT_CHECK_H

#include "nt_asm.h"
#include "nt_backend.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/// Reads the command line (nt_backend.h); prints the reason and returns false if it is wrong.
bool nt_check_begin(int argc, char **argv);
/// Runs the tests of an array one after the other and returns how many failed. Each is told to the
/// suite's runner, if it is that which started the program (nt_record.h).
#define nt_check_run(tests) nt_check_run_tests(#tests, (tests), sizeof(tests) / sizeof((tests)[0]))
int nt_check_run_tests(const char *name, const struct CMUnitTest *tests, size_t count);
/// The suite's runner asks for the golden tile, which a test would compare with a golden tile.
bool nt_check_against_itself(void);
/// What the tests need is damaged: tells it as a test of its own that failed.
void nt_check_broken(const char *text);
/// Says why there is nothing to compare on this back end. nt_check_end then finds no fault in it.
void nt_check_skip(const char *reason);
/// The back end chosen.
const nt_backend_t *nt_check_backend(void);
/// The verilated tile, for tests that stop its clock or its ports.
bool nt_check_is_rtl(void);
/// From now on devices of the back end are opened so.
void nt_check_set_open(nt_status_t (*open)(const nt_params_t *, nt_dev_t **, nt_error_t *));
/// Values compared so far.
uint64_t nt_check_counted(void);
/// Prints what was compared. The program's exit status: `failed`, or 1 if nothing was compared and
/// nt_check_skip did not say why.
int nt_check_end(const char *name, int failed);

/// Fails the test unless both are equal.
#define NT_CHECK(found, expected)                                                                  \
  nt_check_equal((int64_t)(found), (int64_t)(expected), #found, __FILE__, __LINE__)
void nt_check_equal(int64_t found, int64_t expected, const char *what, const char *file, int line);
/// The same inside a loop; `index` and `detail` say which round it was.
#define NT_CHECK_AT(found, expected, index, detail)                                                \
  nt_check_equal_at((int64_t)(found), (int64_t)(expected), #found, (index), (detail), __FILE__,    \
                    __LINE__)
void nt_check_equal_at(int64_t found, int64_t expected, const char *what, uint32_t index,
                       uint32_t detail, const char *file, int line);
/// Says what the comparisons from now on in this test are about; a difference begins with it.
void nt_check_context(const char *format, ...) __attribute__((format(printf, 1, 2)));
/// Adds to the number of values compared, for comparisons that another module made.
void nt_check_count(uint64_t values);
/// Fails the test with a text.
#define NT_CHECK_FAIL(text) nt_check_fail((text), __FILE__, __LINE__)
void nt_check_fail(const char *text, const char *file, int line);
/// Fails the test with the error's text unless `status` is NT_OK.
#define NT_CHECK_OK(status, err) nt_check_ok((status), (err), __FILE__, __LINE__)
void nt_check_ok(nt_status_t status, const nt_error_t *err, const char *file, int line);

// ---- one device ---------------------------------------------------------------------------------
// Failures of these end the test.

/// A tile of the back end under test, TILE_ID 0.
nt_dev_t *nt_check_open(void);
void nt_check_write(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t addr, uint32_t word);
uint32_t nt_check_read(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t addr);
uint32_t nt_check_reg(nt_dev_t *dev, uint32_t offset);
uint32_t nt_check_flags(nt_dev_t *dev, uint32_t core);
uint64_t nt_check_counter(nt_dev_t *dev, uint32_t core, uint32_t counter);
/// 32-bit lane `lane` of pool word `word`.
void nt_check_pool_put(nt_dev_t *dev, uint32_t core, uint32_t word, uint32_t lane, uint32_t value);
uint32_t nt_check_pool_get(nt_dev_t *dev, uint32_t core, uint32_t word, uint32_t lane);
/// Dword `index` of a table of dwords at pool word `base`.
void nt_check_dword(nt_dev_t *dev, uint32_t core, uint32_t base, uint32_t index, uint64_t dword);
/// Writes `words` pool words from `base` on.
void nt_check_pool_load(nt_dev_t *dev, uint32_t core, uint32_t base, const nt_asm_pool_t *pool);
void nt_check_group(nt_dev_t *dev, uint32_t core, uint32_t number, const nt_asm_group_t *group);
void nt_check_program(nt_dev_t *dev, uint32_t core, uint32_t entry, const uint32_t *words,
                      uint32_t count);
/// Where the tests put things in a pool: axon entries, destinations, neuron state, synapse lists.
enum { NT_CHECK_AXONS = 0, NT_CHECK_DESTS = 512, NT_CHECK_STATE = 768, NT_CHECK_LISTS = 2560 };
/// Makes `entry` axon `axon` of the core, with at least this many axons.
void nt_check_axon(nt_dev_t *dev, uint32_t core, uint32_t axon, uint64_t entry);
/// State word `k` of neuron `neuron` of the group whose state is at NT_CHECK_STATE.
uint32_t nt_check_state(nt_dev_t *dev, uint32_t core, uint32_t state_words, uint32_t neuron,
                        uint32_t k);
void nt_check_state_put(nt_dev_t *dev, uint32_t core, uint32_t state_words, uint32_t neuron,
                        uint32_t k, uint32_t value);
/// A tile whose core 0 has one ALWAYS group 0 from line 0 on, its state at NT_CHECK_STATE (all of
/// it 0), its constants at 0 and this program.
nt_dev_t *nt_check_open_program(uint32_t neurons, uint32_t state_words,
                                const nt_asm_program_t *program);
/// One GRADED24 spike into tile 0.
void nt_check_inject(nt_dev_t *dev, uint32_t cores, uint32_t axon, int32_t payload);
/// A step with a generous limit of cycles.
void nt_check_step(nt_dev_t *dev, uint32_t timestep);

#endif
