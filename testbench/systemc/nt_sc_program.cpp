// SPDX-License-Identifier: Apache-2.0
// The process of a program that runs as a thread of the platform.
#include "nt_sc.h"

#include "nt_sc_platform.h"

#include <omp.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

namespace {

constexpr size_t kBurst = 4096;              // bytes of an image per transaction
constexpr size_t kHeader = sizeof(uint64_t); // its size lies before it
std::unique_ptr<nt_sc_platform> g_platform;  // one per process, as is SystemC's kernel

bool debug_write(uint64_t address, void *data, size_t size) {
  tlm::tlm_generic_payload trans;
  trans.set_command(tlm::TLM_WRITE_COMMAND);
  trans.set_address(address);
  trans.set_data_ptr(static_cast<unsigned char *>(data));
  trans.set_data_length(static_cast<unsigned>(size));
  trans.set_streaming_width(static_cast<unsigned>(size));
  return g_platform->host().bus->transport_dbg(trans) == size;
}

} // namespace

extern "C" {

nt_status_t nt_sc_open(void *user, uint32_t tile, const nt_params_t *params, nt_dev_t **dev,
                       nt_error_t *err) {
  (void)user;
  (void)tile;
  return g_platform->open(*params, dev, err);
}

nt_status_t nt_sc_image_place(const char *path, nt_error_t *err) {
  std::ifstream in(path, std::ios::binary);
  std::vector<char> bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!in.is_open() || in.bad())
    return nt_fail(err, NT_ERR_IO, "%s: cannot read", path);
  if (bytes.size() > NT_SC_MEMORY_SIZE - kHeader)
    return nt_fail(err, NT_ERR_RANGE, "%s: %zu bytes, the platform's memory holds %zu", path,
                   bytes.size(), static_cast<size_t>(NT_SC_MEMORY_SIZE - kHeader));
  uint64_t size = bytes.size();
  if (!debug_write(0, &size, sizeof size) || !debug_write(kHeader, bytes.data(), bytes.size()))
    return nt_fail(err, NT_ERR_DEVICE, "%s: the memory does not take it", path);
  return NT_OK;
}

nt_status_t nt_sc_image_fetch(nt_image_t **image, nt_error_t *err) {
  nt_sc_host &host = g_platform->host();
  uint64_t size = 0;
  nt_status_t status = host.transfer(tlm::TLM_READ_COMMAND, 0, &size, sizeof size, err);
  if (status == NT_OK && size > NT_SC_MEMORY_SIZE - kHeader)
    status = nt_fail(err, NT_ERR_FORMAT, "memory: an image of %llu bytes does not fit",
                     static_cast<unsigned long long>(size));
  std::vector<char> bytes(status == NT_OK ? size : 0);
  for (size_t at = 0; at < bytes.size() && status == NT_OK; at += kBurst)
    status = host.transfer(tlm::TLM_READ_COMMAND, kHeader + at, bytes.data() + at,
                           std::min(kBurst, bytes.size() - at), err);
  if (status != NT_OK)
    return status;
  // nt_image_load reads files: one without a name will do.
  std::unique_ptr<FILE, int (*)(FILE *)> file(std::tmpfile(), std::fclose);
  if (!file || std::fwrite(bytes.data(), 1, bytes.size(), file.get()) != bytes.size() ||
      std::fflush(file.get()) != 0)
    return nt_fail(err, NT_ERR_IO, "temporary file: cannot write %zu bytes", bytes.size());
  const std::string path = "/proc/self/fd/" + std::to_string(fileno(file.get()));
  return nt_image_load(path.c_str(), image, err);
}

double nt_sc_seconds(void) {
  return sc_core::sc_time_stamp().to_seconds();
}

uint64_t nt_sc_transactions(void) {
  return g_platform->bus().transactions();
}

} // extern "C"

int sc_main(int argc, char **argv) {
  const uint32_t tiles = nt_sc_tiles(argc, argv);
  int result = 2;
  if (tiles == 0)
    return result;
  sc_core::sc_report_handler::set_actions("/OSCI/SystemC",
                                          sc_core::SC_DO_NOTHING); // sc_stop says so
  // Devices of the platform may only be used by its thread: parallel loops run in one.
  omp_set_num_threads(1);
  g_platform = std::make_unique<nt_sc_platform>("platform", tiles,
                                                [&] { result = nt_sc_program(argc, argv); });
  sc_core::sc_start();
  g_platform.reset();
  return result;
}
