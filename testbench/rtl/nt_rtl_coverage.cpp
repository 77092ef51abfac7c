// SPDX-License-Identifier: Apache-2.0
// The coverage that tiles counted, in builds that count it.
#include "nt_rtl_tile.h"

#include <cstdlib>
#include <mutex>
#include <string>
#include <unistd.h>

namespace nt_rtl_detail {

namespace {

// The coverage of all tiles of this process (docs/coverage.md). The first tile closed is kept; the
// counts of those after it are added to its own. At exit they are written to the folder
// NT_COVERAGE_DIR, in a file of this process.
std::mutex g_coverage_mutex;
Vnt_tile *g_coverage = nullptr;

void write_coverage() {
  const char *folder = std::getenv("NT_COVERAGE_DIR");
  if (folder == nullptr)
    return;
  const std::string path = std::string(folder) + "/" + std::to_string(getpid()) + ".dat";
  g_coverage->contextp()->coveragep()->write(path.c_str());
}

} // namespace

void take_coverage(Rtl *rtl) {
  const std::lock_guard<std::mutex> lock(g_coverage_mutex);
  if (g_coverage == nullptr) {
    g_coverage = rtl->top.release();
    (void)rtl->context.release(); // the model refers to it
    (void)std::atexit(write_coverage);
    return;
  }
  auto &sum = g_coverage->rootp->vlSymsp->__Vcoverage;
  const auto &more = rtl->top->rootp->vlSymsp->__Vcoverage;
  for (size_t k = 0; k < sizeof sum / sizeof sum[0]; k++)
    sum[k] += more[k];
}

} // namespace nt_rtl_detail
