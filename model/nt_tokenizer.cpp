// SPDX-License-Identifier: Apache-2.0
// C interface over the SentencePiece library. No exception leaves this file.
#include "nt_tokenizer.h"

#include <sentencepiece_processor.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <new>
#include <string>
#include <string_view>

#include "nt_utf8.h"

struct nt_tokenizer {
  sentencepiece::SentencePieceProcessor processor;
  std::string path;
  bool dummy_prefix = false; // encoding puts a space before the text; decoding drops it again
  size_t text_max = 0;
};

namespace {

constexpr std::string_view kSpaceMark = "\xE2\x96\x81";     // U+2581 stands for a space in pieces
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";   // U+FFFD
constexpr std::string_view kUnknownText = " \xE2\x81\x87 "; // what SentencePiece prints for unknown

nt_status_t no_memory(nt_error_t *err, const char *what) {
  return nt_fail(err, NT_ERR_MEMORY, "%s: no memory", what);
}

/// Status for the exception being handled: SentencePiece throws over some damaged models.
nt_status_t caught(nt_error_t *err, const char *name) {
  try {
    throw;
  } catch (const std::bad_alloc &) {
    return no_memory(err, name);
  } catch (const std::exception &thrown) {
    return nt_fail(err, NT_ERR_FORMAT, "%s: not a SentencePiece model (%.200s)", name,
                   thrown.what());
  }
}

/// Value of a byte piece, whose name is "<0xNN>".
char byte_of_piece(const std::string &piece) {
  return static_cast<char>(std::stoul(piece.substr(3, 2), nullptr, 16));
}

/// Text of one piece. Only the very first text piece of a stream loses its dummy space.
std::string text_of_token(const nt_tokenizer &tokenizer, int id, bool first) {
  const auto &processor = tokenizer.processor;
  if (processor.IsControl(id))
    return "";
  if (processor.IsUnknown(id))
    return std::string(kUnknownText);
  const std::string &piece = processor.IdToPiece(id);
  if (processor.IsByte(id))
    return std::string(1, byte_of_piece(piece));
  std::string text;
  size_t at = 0;
  if (first && tokenizer.dummy_prefix && piece.compare(0, kSpaceMark.size(), kSpaceMark) == 0)
    at = kSpaceMark.size();
  while (at < piece.size()) {
    const size_t mark = piece.find(kSpaceMark, at);
    text.append(piece, at, mark == std::string::npos ? std::string::npos : mark - at);
    if (mark == std::string::npos)
      break;
    text += ' ';
    at = mark + kSpaceMark.size();
  }
  return text;
}

/// Splits `bytes` into whole characters, returned, and an incomplete end, left in `held`.
std::string take_characters(const std::string &bytes, std::string &held) {
  std::string text;
  held.clear();
  for (size_t at = 0, size = 0; at < bytes.size(); at += size) {
    switch (nt_utf8_next(bytes.data() + at, bytes.size() - at, &size)) {
    case NT_UTF8_CHARACTER: text.append(bytes, at, size); break;
    case NT_UTF8_INVALID: text += kReplacement; break;
    case NT_UTF8_INCOMPLETE: held.assign(bytes, at, size); break;
    }
  }
  return text;
}

nt_status_t check_utf8(const char *text, size_t length, nt_error_t *err) {
  for (size_t at = 0, size = 0; at < length; at += size) {
    if (nt_utf8_next(text + at, length - at, &size) != NT_UTF8_CHARACTER)
      return nt_fail(err, NT_ERR_RANGE, "text: byte 0x%02x at offset %zu is not UTF-8",
                     static_cast<unsigned>(static_cast<unsigned char>(text[at])), at);
  }
  return NT_OK;
}

/// Names the first character of the uncovered stretch that starts at `begin`.
nt_status_t refuse_unknown(const nt_tokenizer &tokenizer, const char *text, size_t length,
                           size_t begin, nt_error_t *err) {
  size_t size = 0;
  if (begin >= length || nt_utf8_next(text + begin, length - begin, &size) != NT_UTF8_CHARACTER)
    return nt_fail(err, NT_ERR_RANGE, "text: a character near offset %zu is not in %s", begin,
                   tokenizer.path.c_str());
  const std::string character(text + begin, size);
  unsigned code = static_cast<unsigned char>(character[0]);
  if (size > 1)
    code &= 0xFFU >> (size + 1);
  for (size_t k = 1; k < size; k++)
    code = code << 6 | (static_cast<unsigned char>(character[k]) & 0x3FU);
  return nt_fail(err, NT_ERR_RANGE, "text: character '%s' (U+%04X) at byte offset %zu is not in %s",
                 code < 0x20 ? "?" : character.c_str(), code, begin, tokenizer.path.c_str());
}

nt_status_t read_file(const std::string &path, std::string &model, nt_error_t *err) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return nt_fail(err, NT_ERR_IO, "%s: cannot open: %s", path.c_str(), std::strerror(errno));
  model.assign(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  if (file.bad())
    return nt_fail(err, NT_ERR_IO, "%s: cannot read", path.c_str());
  return NT_OK;
}

nt_status_t load(nt_tokenizer &tokenizer, std::string_view model, nt_error_t *err) {
  const auto status = tokenizer.processor.LoadFromSerializedProto(model);
  if (!status.ok() || tokenizer.processor.GetPieceSize() <= 0)
    return nt_fail(err, NT_ERR_FORMAT, "%s: not a SentencePiece model (%.200s)",
                   tokenizer.path.c_str(), status.ToString().c_str());
  const std::vector<std::string> pieces = tokenizer.processor.EncodeAsPieces("a");
  tokenizer.dummy_prefix =
      !pieces.empty() && pieces[0].compare(0, kSpaceMark.size(), kSpaceMark) == 0;
  for (int id = 0; id < tokenizer.processor.GetPieceSize(); id++)
    tokenizer.text_max = std::max(tokenizer.text_max, text_of_token(tokenizer, id, false).size());
  // Every byte, of up to three held ones and of the piece, may turn into a replacement character.
  tokenizer.text_max = (3 + tokenizer.text_max) * kReplacement.size() + 1;
  tokenizer.text_max = std::max<size_t>(tokenizer.text_max, 16);
  return NT_OK;
}

nt_status_t encode(const nt_tokenizer &tokenizer, const char *text, size_t length, bool add_bos,
                   uint32_t **tokens, size_t *count, nt_error_t *err) {
  const auto &processor = tokenizer.processor;
  if (add_bos && processor.bos_id() < 0)
    return nt_fail(err, NT_ERR_UNSUPPORTED, "%s: has no begin mark", tokenizer.path.c_str());
  const nt_status_t status = check_utf8(text, length, err);
  if (status != NT_OK)
    return status;
  const auto encoded = processor.EncodeAsImmutableProto(std::string_view(text, length));
  const auto pieces = encoded.pieces(); // refers to `encoded`
  const size_t total = pieces.size() + (add_bos ? 1 : 0);
  if (total == 0)
    return NT_OK;
  for (const auto &piece : pieces) {
    if (processor.IsUnknown(static_cast<int>(piece.id())))
      return refuse_unknown(tokenizer, text, length, piece.begin(), err);
  }
  auto *ids = static_cast<uint32_t *>(std::malloc(total * sizeof(uint32_t)));
  if (ids == nullptr)
    return no_memory(err, tokenizer.path.c_str());
  size_t used = 0;
  if (add_bos)
    ids[used++] = static_cast<uint32_t>(processor.bos_id());
  for (const auto &piece : pieces)
    ids[used++] = piece.id();
  *tokens = ids;
  *count = used;
  return NT_OK;
}

nt_status_t decode(const nt_tokenizer &tokenizer, nt_detokenizer_t &stream, uint32_t token,
                   char *text, size_t capacity, size_t *length, nt_error_t *err) {
  if (token >= nt_tokenizer_vocab_size(&tokenizer))
    return nt_fail(err, NT_ERR_RANGE, "token %u, allowed below %u", static_cast<unsigned>(token),
                   static_cast<unsigned>(nt_tokenizer_vocab_size(&tokenizer)));
  const int id = static_cast<int>(token);
  std::string held;
  const std::string whole = take_characters(std::string(stream.held, stream.pending) +
                                                text_of_token(tokenizer, id, !stream.started),
                                            held);
  if (whole.size() >= capacity)
    return nt_fail(err, NT_ERR_RANGE, "token %u needs %zu bytes, given %zu",
                   static_cast<unsigned>(token), whole.size() + 1, capacity);
  std::memcpy(text, whole.c_str(), whole.size() + 1);
  *length = whole.size();
  std::memcpy(stream.held, held.data(), held.size());
  stream.pending = held.size();
  stream.started = stream.started || !tokenizer.processor.IsControl(id);
  return NT_OK;
}

} // namespace

nt_status_t nt_tokenizer_open(const char *path, nt_tokenizer_t **out, nt_error_t *err) {
  *out = nullptr;
  try {
    std::string model;
    const nt_status_t status = read_file(path, model, err);
    return status != NT_OK ? status
                           : nt_tokenizer_open_memory(model.data(), model.size(), path, out, err);
  } catch (const std::exception &) {
    return caught(err, path);
  }
}

nt_status_t nt_tokenizer_open_memory(const void *model, size_t size, const char *name,
                                     nt_tokenizer_t **out, nt_error_t *err) {
  *out = nullptr;
  nt_tokenizer_t *tokenizer = new (std::nothrow) nt_tokenizer;
  if (tokenizer == nullptr)
    return no_memory(err, name);
  nt_status_t status = NT_OK;
  try {
    tokenizer->path = name;
    status = load(*tokenizer, std::string_view(static_cast<const char *>(model), size), err);
  } catch (const std::exception &) {
    status = caught(err, name);
  }
  if (status != NT_OK) {
    delete tokenizer;
    return status;
  }
  *out = tokenizer;
  return NT_OK;
}

void nt_tokenizer_close(nt_tokenizer_t *tokenizer) {
  delete tokenizer;
}

uint32_t nt_tokenizer_vocab_size(const nt_tokenizer_t *tokenizer) {
  return static_cast<uint32_t>(tokenizer->processor.GetPieceSize());
}

int32_t nt_tokenizer_bos(const nt_tokenizer_t *tokenizer) {
  return tokenizer->processor.bos_id();
}

int32_t nt_tokenizer_eos(const nt_tokenizer_t *tokenizer) {
  return tokenizer->processor.eos_id();
}

nt_status_t nt_tokenizer_check_marks(const nt_tokenizer_t *tokenizer, const char *config,
                                     int32_t bos, int32_t eos, nt_error_t *err) {
  const struct {
    const char *field, *mark;
    int32_t configured, found;
  } marks[] = {{"bos_token_id", "begin mark", bos, nt_tokenizer_bos(tokenizer)},
               {"eos_token_id", "end mark", eos, nt_tokenizer_eos(tokenizer)}};
  for (const auto &m : marks) {
    if (m.configured < 0 || m.configured == m.found)
      continue;
    char found[32] = "none";
    if (m.found >= 0)
      (void)std::snprintf(found, sizeof found, "token %d", static_cast<int>(m.found));
    return nt_fail(err, NT_ERR_FORMAT, "%s: field \"%s\" is %d, but the %s of %s is %s", config,
                   m.field, static_cast<int>(m.configured), m.mark, tokenizer->path.c_str(), found);
  }
  return NT_OK;
}

size_t nt_tokenizer_text_max(const nt_tokenizer_t *tokenizer) {
  return tokenizer->text_max;
}

nt_status_t nt_tokenizer_encode(const nt_tokenizer_t *tokenizer, const char *text, size_t length,
                                bool add_bos, uint32_t **tokens, size_t *count, nt_error_t *err) {
  *tokens = nullptr;
  *count = 0;
  try {
    return encode(*tokenizer, text, length, add_bos, tokens, count, err);
  } catch (const std::exception &) {
    return caught(err, tokenizer->path.c_str());
  }
}

nt_status_t nt_tokenizer_decode(const nt_tokenizer_t *tokenizer, nt_detokenizer_t *stream,
                                uint32_t token, char *text, size_t capacity, size_t *length,
                                nt_error_t *err) {
  try {
    return decode(*tokenizer, *stream, token, text, capacity, length, err);
  } catch (const std::exception &) {
    return caught(err, tokenizer->path.c_str());
  }
}

size_t nt_detokenizer_finish(nt_detokenizer_t *stream, char text[4]) {
  const size_t length = stream->pending > 0 ? kReplacement.size() : 0;
  std::memcpy(text, kReplacement.data(), length);
  text[length] = '\0';
  *stream = nt_detokenizer_t{};
  return length;
}
