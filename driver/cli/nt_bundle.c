// SPDX-License-Identifier: Apache-2.0
#include "nt_bundle.h"

#include "nt_import_cache.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEXT_MAX = 1 << 28 };

nt_status_t nt_bundle_read_text(const char *path, char **text, size_t *length, nt_error_t *err) {
  FILE *file = fopen(path, "rb");
  struct stat info;
  if (file == NULL || fstat(fileno(file), &info) != 0 || !S_ISREG(info.st_mode)) {
    const nt_status_t status = nt_fail(err, NT_ERR_IO, "%s: %s", path,
                                       file == NULL ? strerror(errno) : "not a regular file");
    if (file != NULL) {
      (void)fclose(file);
    }
    return status;
  }
  nt_status_t status = NT_OK;
  char *data = NULL;
  const size_t size = (size_t)info.st_size;
  if (size == 0 || size > TEXT_MAX) {
    status = nt_fail(err, NT_ERR_RANGE, "%s: %zu bytes, allowed is 1 to %d", path, size, TEXT_MAX);
  } else if ((data = malloc(size + 1)) == NULL) {
    status = nt_fail(err, NT_ERR_MEMORY, "%s: out of memory", path);
  } else if (fread(data, 1, size, file) != size) {
    status = nt_fail(err, NT_ERR_IO, "%s: cannot read", path);
  }
  (void)fclose(file);
  if (status != NT_OK) {
    free(data);
    return status;
  }
  data[size] = '\0';
  *text = data;
  *length = size;
  return NT_OK;
}

// The entry of the cache, if there is one and it is sound.
static bool load_cached(const nt_options_t *options, const char *path, nt_image_t **image) {
  nt_error_t inner = {NT_OK, ""};
  if (access(path, F_OK) != 0) {
    return false;
  }
  const bool loaded = nt_image_load(path, image, &inner) == NT_OK;
  if (!options->quiet && loaded) {
    (void)fprintf(stderr, "%s: from the cache (%s)\n", options->model, path);
  } else if (!options->quiet) {
    (void)fprintf(stderr, "damaged cache entry, importing again: %s\n", inner.text);
  }
  return loaded;
}

static void save_cached(const nt_options_t *options, const char *path, nt_stage_meter_t *meter,
                        nt_image_t *image) {
  nt_error_t inner = {NT_OK, ""};
  const nt_listener_t listener = nt_stage_meter_listener(meter);
  const bool saved = nt_image_save_listened(image, path, &listener, &inner) == NT_OK;
  nt_progress_clear(&meter->line);
  if (saved) {
    nt_import_cache_trim(path);
  }
  if (!options->quiet) {
    (void)fprintf(stderr, "%s: imported (%s %s)\n", options->model,
                  saved ? "cached in" : "not cached:", saved ? path : inner.text);
  }
}

// Key and path of the cache entry; false, with a word about it, where there can be no cache.
static bool find_cached(const nt_options_t *options, const nt_import_t *import,
                        const nt_listener_t *listener, char path[NT_CACHE_PATH_SIZE]) {
  char key[NT_CACHE_KEY_SIZE];
  nt_error_t inner = {NT_OK, ""};
  if (options->no_cache) {
    return false;
  }
  if (nt_import_cache_key(import, listener, key, &inner) == NT_OK &&
      nt_import_cache_path(options->cache, key, path, &inner) == NT_OK) {
    return true;
  }
  if (!options->quiet) {
    (void)fprintf(stderr, "importing without the cache: %s\n", inner.text);
  }
  return false;
}

static nt_status_t open_folder(const nt_options_t *options, nt_image_t **image, nt_error_t *err) {
  nt_import_t import;
  const nt_import_settings_t settings = nt_import_default();
  nt_stage_meter_t meter;
  nt_stage_meter_start(&meter, false);
  const nt_listener_t listener = nt_stage_meter_listener(&meter);
  char path[NT_CACHE_PATH_SIZE];
  nt_status_t status = nt_import_open(&import, options->model, &settings, err);
  const bool caching = status == NT_OK && find_cached(options, &import, &listener, path);
  nt_progress_clear(&meter.line);
  if (status == NT_OK && !(caching && load_cached(options, path, image))) {
    status = nt_import_run(&import, &meter, err);
    *image = status == NT_OK ? import.image : NULL;
    import.image = status == NT_OK ? NULL : import.image;
    if (status == NT_OK && caching) {
      save_cached(options, path, &meter, *image);
    }
  }
  nt_import_close(&import);
  return status;
}

nt_status_t nt_bundle_open(const nt_options_t *options, nt_image_t **image, nt_error_t *err) {
  struct stat info;
  if (options->model == NULL) {
    return nt_fail(err, NT_ERR_ARG,
                   "option --model is missing: a checkpoint folder or an image file");
  }
  if (stat(options->model, &info) == 0 && S_ISDIR(info.st_mode)) {
    return open_folder(options, image, err);
  }
  return nt_image_load(options->model, image, err);
}

nt_status_t nt_bundle_tokenizer(const nt_image_t *image, nt_tokenizer_t **tokenizer,
                                nt_error_t *err) {
  const nt_image_section_t *section = nt_image_section(image, NT_SECTION_TOKENIZER);
  if (section == NULL) {
    return nt_fail(err, NT_ERR_FORMAT, "image: no section tokenizer");
  }
  return nt_tokenizer_open_memory(section->data, section->size, "image section tokenizer",
                                  tokenizer, err);
}
