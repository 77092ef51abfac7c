// SPDX-License-Identifier: Apache-2.0
// nt_pinpoint REPORT.json TRACE.vcd ROWS: finds in a trace when the wrong value of a failure report
// shows, and writes the neuron's own signals as rows of a layout to ROWS. Prints, one a line, the
// time in ns, the time at which the value becomes what the report calls got, and what happens at
// the first of them. Exit codes are nt_status values.
#include "nt_rows.h"

#include <inttypes.h>

static nt_status_t run(char **argv, nt_error_t *err) {
  nt_facts_t facts;
  nt_found_t found;
  nt_status_t status = nt_facts_read(argv[1], &facts, err);
  nt_vcd_t *vcd = NULL;
  if (status == NT_OK && (vcd = nt_vcd_open(argv[2])) == NULL) {
    status = nt_fail(err, NT_ERR_IO, "%s: is no readable trace", argv[2]);
  }
  if (status == NT_OK) {
    status = nt_find(vcd, &facts, &found, err);
  }
  FILE *rows = NULL;
  if (status == NT_OK && (rows = fopen(argv[3], "w")) == NULL) {
    status = nt_fail(err, NT_ERR_IO, "%s: cannot write", argv[3]);
  }
  if (status == NT_OK) {
    status = nt_rows_write(rows, vcd, &facts, &found, err);
  }
  if (rows != NULL && fclose(rows) != 0 && status == NT_OK) {
    status = nt_fail(err, NT_ERR_IO, "%s: cannot write", argv[3]);
  }
  if (status == NT_OK) {
    (void)printf("%" PRIu64 "\n%" PRIu64 "\n%s\n", found.time, found.got_time, found.what);
  }
  nt_vcd_close(vcd);
  nt_facts_free(&facts);
  return status;
}

int main(int argc, char **argv) {
  nt_error_t err = {NT_OK, ""};
  if (argc != 4) {
    (void)fprintf(stderr, "usage: nt_pinpoint REPORT.json TRACE.vcd ROWS\n");
    return NT_ERR_ARG;
  }
  const nt_status_t status = run(argv, &err);
  if (status != NT_OK) {
    (void)fprintf(stderr, "nt_pinpoint: %s\n", err.text);
  }
  return (int)status;
}
