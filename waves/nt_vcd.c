// SPDX-License-Identifier: Apache-2.0
#include "nt_vcd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_LENGTH = 512, WORDS_MAX = 8 };

typedef struct signal {
  char *name, *id;
  unsigned width;
} signal_t;

struct nt_vcd {
  char *text; // the file
  size_t bytes;
  const char *changes; // behind the header
  signal_t *signal;
  size_t signals, capacity;
};

static bool read_file(nt_vcd_t *vcd, const char *path) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) {
    return false;
  }
  bool good = fseek(file, 0, SEEK_END) == 0;
  const long size = good ? ftell(file) : -1;
  good =
      size > 0 && fseek(file, 0, SEEK_SET) == 0 && (vcd->text = malloc((size_t)size + 1)) != NULL;
  good = good && fread(vcd->text, 1, (size_t)size, file) == (size_t)size;
  (void)fclose(file);
  if (good) {
    vcd->bytes = (size_t)size;
    vcd->text[size] = '\0';
  }
  return good;
}

// Words of the line at `*at`, copied to `line`; `*at` moves to the next line.
static int next_line(const char **at, char *line, size_t capacity, char **word) {
  const char *end = strchr(*at, '\n');
  const size_t length = end != NULL ? (size_t)(end - *at) : strlen(*at);
  const size_t kept = length < capacity - 1 ? length : capacity - 1;
  memcpy(line, *at, kept);
  line[kept] = '\0';
  *at += end != NULL ? length + 1 : length;
  int words = 0;
  for (char *save = NULL, *p = strtok_r(line, " \t\r", &save); p != NULL && words < WORDS_MAX;
       p = strtok_r(NULL, " \t\r", &save)) {
    word[words++] = p;
  }
  return words;
}

static bool add_signal(nt_vcd_t *vcd, const char *scope, int words, char **word) {
  if (vcd->signals == vcd->capacity) {
    vcd->capacity = 2 * vcd->capacity + 1024;
    signal_t *grown = realloc(vcd->signal, vcd->capacity * sizeof *grown);
    if (grown == NULL) {
      return false;
    }
    vcd->signal = grown;
  }
  char name[NAME_MAX_LENGTH];
  // $var kind width id name [range] $end
  (void)snprintf(name, sizeof name, "%s%s%s", scope, word[4], words > 6 ? word[5] : "");
  signal_t *s = &vcd->signal[vcd->signals++];
  *s = (signal_t){
      .name = strdup(name), .id = strdup(word[3]), .width = (unsigned)strtoul(word[2], NULL, 10)};
  return s->name != NULL && s->id != NULL;
}

static int compare_names(const void *a, const void *b) {
  return strcmp(((const signal_t *)a)->name, ((const signal_t *)b)->name);
}

static bool read_header(nt_vcd_t *vcd) {
  char scope[NAME_MAX_LENGTH] = "", line[NAME_MAX_LENGTH];
  char *word[WORDS_MAX];
  const char *at = vcd->text;
  while (*at != '\0') {
    const int words = next_line(&at, line, sizeof line, word);
    if (words >= 3 && strcmp(word[0], "$scope") == 0 &&
        strlen(scope) + strlen(word[2]) + 2 < sizeof scope) {
      strcat(strcat(scope, word[2]), ".");
    } else if (words >= 1 && strcmp(word[0], "$upscope") == 0 && scope[0] != '\0') {
      scope[strlen(scope) - 1] = '\0';
      char *dot = strrchr(scope, '.');
      *(dot != NULL ? dot + 1 : scope) = '\0';
    } else if (words >= 6 && strcmp(word[0], "$var") == 0 && !add_signal(vcd, scope, words, word)) {
      return false;
    } else if (words >= 1 && strcmp(word[0], "$enddefinitions") == 0) {
      vcd->changes = at;
      qsort(vcd->signal, vcd->signals, sizeof *vcd->signal, compare_names);
      return vcd->signals > 0;
    }
  }
  return false;
}

nt_vcd_t *nt_vcd_open(const char *path) {
  nt_vcd_t *vcd = calloc(1, sizeof *vcd);
  if (vcd != NULL && !(read_file(vcd, path) && read_header(vcd))) {
    nt_vcd_close(vcd);
    vcd = NULL;
  }
  return vcd;
}

void nt_vcd_close(nt_vcd_t *vcd) {
  if (vcd == NULL) {
    return;
  }
  for (size_t i = 0; i < vcd->signals; i++) {
    free(vcd->signal[i].name);
    free(vcd->signal[i].id);
  }
  free(vcd->signal);
  free(vcd->text);
  free(vcd);
}

size_t nt_vcd_bytes(const nt_vcd_t *vcd) {
  return vcd->bytes;
}

int nt_vcd_find(const nt_vcd_t *vcd, const char *name) {
  size_t low = 0, high = vcd->signals;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    const int order = strcmp(vcd->signal[middle].name, name);
    if (order == 0) {
      return (int)middle;
    }
    if (order < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return -1;
}

int nt_vcd_find_any(const nt_vcd_t *vcd, const char *name) {
  const size_t length = strlen(name);
  size_t low = 0, high = vcd->signals; // first name that is not less
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (strcmp(vcd->signal[middle].name, name) < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  for (; low < vcd->signals && strncmp(vcd->signal[low].name, name, length) == 0; low++) {
    const char *rest = vcd->signal[low].name + length;
    if (rest[0] == '\0' ||
        (rest[0] == '[' && strchr(rest, ':') != NULL && strchr(rest + 1, '[') == NULL)) {
      return (int)low;
    }
  }
  return -1;
}

const char *nt_vcd_name(const nt_vcd_t *vcd, int signal) {
  return vcd->signal[signal].name;
}

unsigned nt_vcd_width(const nt_vcd_t *vcd, int signal) {
  return vcd->signal[signal].width;
}

static void set_value(char *to, const char *digits, size_t length) {
  while (length > 1 && *digits == '0') {
    digits++;
    length--;
  }
  length = length < NT_VCD_WIDTH_MAX ? length : NT_VCD_WIDTH_MAX;
  memcpy(to, digits, length);
  to[length] = '\0';
}

void nt_vcd_watch(const nt_vcd_t *vcd, const int *signals, size_t count,
                  void (*see)(void *user, const nt_vcd_moment_t *), void *user) {
  static nt_vcd_moment_t moment;
  memset(&moment, 0, sizeof moment);
  bool changed = false;
  const char *at = vcd->changes;
  while (*at != '\0') {
    const size_t length = strcspn(at, "\n");
    if (*at == '#') {
      if (changed) {
        see(user, &moment);
      }
      changed = false;
      moment.time = strtoull(at + 1, NULL, 10);
    } else if (length > 1) {
      // "b0101 id" or "1id"
      const char *digits = *at == 'b' ? at + 1 : at;
      const size_t digit_count = *at == 'b' ? strcspn(digits, " \n") : 1;
      const char *id = digits + digit_count + (*at == 'b');
      const size_t id_length = (size_t)(at + length - id);
      for (size_t i = 0; i < count; i++) {
        const char *wanted = vcd->signal[signals[i]].id;
        if (strlen(wanted) == id_length && memcmp(wanted, id, id_length) == 0) {
          set_value(moment.value[i], digits, digit_count);
          changed = true;
        }
      }
    }
    at += length + (at[length] == '\n');
  }
  if (changed) {
    see(user, &moment);
  }
}

uint64_t nt_vcd_bits(const char *value, unsigned lsb, unsigned width) {
  const size_t digits = strlen(value);
  uint64_t bits = 0;
  for (unsigned i = lsb + width; i-- > lsb;) {
    bits = bits << 1 | (i < digits && value[digits - 1 - i] == '1');
  }
  return bits;
}

uint64_t nt_vcd_number(const char *value) {
  return strtoull(value, NULL, 2);
}

void nt_vcd_text(const char *value, char *text, size_t capacity) {
  const size_t bits = strlen(value), first = bits % 8;
  size_t length = 0;
  unsigned letter = 0;
  for (size_t i = 0; i < bits; i++) {
    letter = letter << 1 | (value[i] == '1');
    if ((i + 1 - first) % 8 == 0 && i + 1 >= first && length + 1 < capacity) {
      if (letter != ' ' && letter != 0) {
        text[length++] = (char)letter;
      }
      letter = 0;
    }
  }
  text[length] = '\0';
}
