// SPDX-License-Identifier: Apache-2.0
// Made with the SentencePiece library's own trainer. No exception leaves this file.
#include "nt_synth_tokenizer.h"

#include <sentencepiece_trainer.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "nt_calibration_text.h"

namespace {

constexpr uint32_t kMarks = 3; // unknown, begin, end
constexpr uint32_t kBytes = 256;
constexpr uint32_t kMerges = 100;
constexpr std::string_view kSpaceMark = "\xE2\x96\x81"; // U+2581 stands for a space in pieces
constexpr std::string_view kConsonants = "bdfghklmnprstvwz";
constexpr std::string_view kVowels = "aeiou";

/// The lines of the sample text.
std::vector<std::string> sample_lines() {
  std::vector<std::string> lines;
  const std::string_view text(nt_calibration_text, nt_calibration_text_size);
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    if (end > at)
      lines.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

/// Different characters of the lines. They are ASCII; the space becomes the space mark.
uint32_t count_characters(const std::vector<std::string> &lines) {
  std::set<char> characters;
  for (const std::string &line : lines)
    characters.insert(line.begin(), line.end());
  return static_cast<uint32_t>(characters.size());
}

/// The n-th made-up word: three syllables behind a space.
std::string word(uint32_t n) {
  std::string text(kSpaceMark);
  for (int syllable = 0; syllable < 3; syllable++) {
    text += kConsonants[n % kConsonants.size()];
    n /= static_cast<uint32_t>(kConsonants.size());
    text += kVowels[n % kVowels.size()];
    n /= static_cast<uint32_t>(kVowels.size());
  }
  return text;
}

std::string made_up_words(uint32_t count) {
  std::string list;
  for (uint32_t n = 0; n < count; n++)
    list += (n > 0 ? "," : "") + word(n);
  return list;
}

class Lines : public sentencepiece::SentenceIterator {
public:
  explicit Lines(const std::vector<std::string> &lines) : lines_(lines) {}
  bool done() const override {
    return at_ >= lines_.size();
  }
  void Next() override {
    at_++;
  }
  const std::string &value() const override {
    return lines_[at_];
  }
  sentencepiece::util::Status status() const override {
    return {};
  }

private:
  const std::vector<std::string> &lines_;
  size_t at_ = 0;
};

nt_status_t write_file(const char *path, const std::string &model, nt_error_t *err) {
  FILE *file = std::fopen(path, "wb");
  const bool written =
      file != nullptr && std::fwrite(model.data(), 1, model.size(), file) == model.size();
  const bool closed = file == nullptr || std::fclose(file) == 0;
  return written && closed
             ? NT_OK
             : nt_fail(err, NT_ERR_IO, "%s: cannot write: %s", path, std::strerror(errno));
}

nt_status_t make(const char *path, uint32_t pieces, nt_error_t *err) {
  const std::vector<std::string> lines = sample_lines();
  const uint32_t fixed = kMarks + kBytes + count_characters(lines) + kMerges;
  if (pieces < fixed)
    return nt_fail(err, NT_ERR_INTERNAL, "%s: %u pieces, allowed are %u or more", path, pieces,
                   fixed);
  std::unordered_map<std::string, std::string> settings = {{"model_type", "bpe"},
                                                           {"vocab_size", std::to_string(pieces)},
                                                           {"byte_fallback", "true"},
                                                           {"character_coverage", "1.0"},
                                                           {"num_threads", "1"},
                                                           {"normalization_rule_name", "identity"},
                                                           {"max_sentence_length", "65536"},
                                                           {"minloglevel", "3"}};
  if (pieces > fixed)
    settings["user_defined_symbols"] = made_up_words(pieces - fixed);
  Lines iterator(lines);
  std::string model;
  const auto status = sentencepiece::SentencePieceTrainer::Train(settings, &iterator, &model);
  if (!status.ok())
    return nt_fail(err, NT_ERR_INTERNAL, "%s: SentencePiece: %.300s", path,
                   status.ToString().c_str());
  return write_file(path, model, err);
}

} // namespace

nt_status_t nt_synth_tokenizer_write(const char *path, uint32_t pieces, nt_error_t *err) {
  try {
    return make(path, pieces, err);
  } catch (const std::exception &) {
    return nt_fail(err, NT_ERR_MEMORY, "%s: no memory", path);
  }
}
