// SPDX-License-Identifier: Apache-2.0
// nt_record: what a test program tells the suite's runner while it runs, one line per event, into
// the pipe whose number is in the environment variable NT_RECORD_FD. Without it nothing is told.
//
//   begin NAME SHAPE CORES WORD_BITS POOL_WORDS LINES ACC_BITS PROG_WORDS TABLE_WORDS GROUPS
//   refused STATUS TEXT     the back end cannot be had (nt_status_t)
//   case NAME               a test begins
//   fault FILE:LINE: TEXT   its first difference
//   done ok|failed VALUES   it ended, with so many values compared
//   skip REASON             there is nothing to compare on this back end
//   end VALUES              all tests have run
#ifndef NT_RECORD_H
#define NT_RECORD_H

#include "nt_dev.h"

bool nt_record_is_on(void);
void nt_record_begin(const char *name, const char *shape, const nt_params_t *params);
void nt_record_refused(nt_status_t status, const char *text);
void nt_record_case(const char *name);
/// Only the first one of a case is told.
void nt_record_fault(const char *file, int line, const char *text);
void nt_record_done(bool ok, uint64_t values);
void nt_record_skip(const char *reason);
void nt_record_end(uint64_t values);

#endif
