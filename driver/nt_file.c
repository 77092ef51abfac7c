// SPDX-License-Identifier: Apache-2.0
#include "nt_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEMPORARY_TRIES = 1000, TEMPORARY_SUFFIX = 32, NEW_FILE_MODE = 0666 };

static nt_status_t io_fail(const char *path, const char *what, nt_error_t *err) {
  return nt_fail(err, NT_ERR_IO, "%s: %s: %s", path, what, strerror(errno));
}

static nt_status_t not_regular(const char *path, const struct stat *found, nt_error_t *err) {
  return nt_fail(err, NT_ERR_IO, "%s: is %s, allowed a regular file", path,
                 S_ISDIR(found->st_mode) ? "a directory" : "a special file");
}

nt_status_t nt_file_in_open(nt_file_in_t *in, const char *path, nt_error_t *err) {
  *in = (nt_file_in_t){.path = path};
  // Without O_NONBLOCK, opening a FIFO would wait for a writer before it could be refused.
  const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0)
    return io_fail(path, "cannot open", err);
  nt_status_t status = NT_OK;
  struct stat found;
  if (fstat(fd, &found) != 0)
    status = io_fail(path, "cannot examine", err);
  else if (!S_ISREG(found.st_mode))
    status = not_regular(path, &found, err);
  else if ((in->stream = fdopen(fd, "rb")) == NULL)
    status = io_fail(path, "cannot open", err);
  if (status != NT_OK)
    (void)close(fd);
  else
    in->size = (uint64_t)found.st_size;
  return status;
}

void nt_file_in_close(nt_file_in_t *in) {
  if (in->stream != NULL)
    (void)fclose(in->stream);
  in->stream = NULL;
}

nt_status_t nt_file_in_read(nt_file_in_t *in, uint64_t offset, void *data, size_t size,
                            nt_error_t *err) {
  if (fseeko(in->stream, (off_t)offset, SEEK_SET) != 0)
    return io_fail(in->path, "cannot seek", err);
  if (fread(data, 1, size, in->stream) == size)
    return NT_OK;
  if (ferror(in->stream))
    return io_fail(in->path, "cannot read", err);
  return nt_fail(err, NT_ERR_IO, "%s: became shorter while it was read", in->path);
}

nt_status_t nt_file_out_open(nt_file_out_t *out, const char *path, nt_error_t *err) {
  *out = (nt_file_out_t){.path = path};
  struct stat found;
  if (stat(path, &found) == 0 && !S_ISREG(found.st_mode))
    return not_regular(path, &found, err);
  const size_t size = strlen(path) + TEMPORARY_SUFFIX;
  out->temporary = malloc(size);
  if (out->temporary == NULL)
    return nt_fail(err, NT_ERR_MEMORY, "%s: no memory", path);
  int fd = -1;
  for (int try = 0; fd < 0 && try < TEMPORARY_TRIES; try++) {
    (void)snprintf(out->temporary, size, "%s.%ld.%d.tmp", path, (long)getpid(), try);
    fd = open(out->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, NEW_FILE_MODE);
    if (fd < 0 && errno != EEXIST)
      break;
  }
  nt_status_t status = NT_OK;
  if (fd < 0) {
    status = io_fail(path, "cannot create", err);
  } else if ((out->stream = fdopen(fd, "wb")) == NULL) {
    status = io_fail(path, "cannot create", err);
    (void)close(fd);
    (void)unlink(out->temporary);
  }
  if (status != NT_OK) {
    free(out->temporary);
    out->temporary = NULL;
  }
  return status;
}

nt_status_t nt_file_out_write(nt_file_out_t *out, uint64_t offset, const void *data, size_t size,
                              nt_error_t *err) {
  if (fseeko(out->stream, (off_t)offset, SEEK_SET) != 0 ||
      fwrite(data, 1, size, out->stream) != size)
    return io_fail(out->path, "cannot write", err);
  return NT_OK;
}

nt_status_t nt_file_out_commit(nt_file_out_t *out, nt_error_t *err) {
  nt_status_t status = NT_OK;
  if (fflush(out->stream) != 0 || fsync(fileno(out->stream)) != 0)
    status = io_fail(out->path, "cannot write", err);
  else if (rename(out->temporary, out->path) != 0)
    status = io_fail(out->path, "cannot replace", err);
  else
    out->temporary[0] = '\0'; // the name is gone
  nt_file_out_abort(out);
  return status;
}

void nt_file_out_abort(nt_file_out_t *out) {
  if (out->stream != NULL)
    (void)fclose(out->stream);
  if (out->temporary != NULL && out->temporary[0] != '\0')
    (void)unlink(out->temporary);
  free(out->temporary);
  out->stream = NULL;
  out->temporary = NULL;
}
