// SPDX-License-Identifier: Apache-2.0
#include "nt_test_trainer.h"

#include <sentencepiece_trainer.h>

#include <cstdlib>
#include <cstring>
#include <sstream>
#include <string>

namespace {

/// Hands out the lines that are not empty.
class Lines : public sentencepiece::SentenceIterator {
public:
  explicit Lines(const char *text) : in_(text) {
    Next();
  }
  bool done() const override {
    return done_;
  }
  void Next() override {
    do
      done_ = !std::getline(in_, line_);
    while (!done_ && line_.empty());
  }
  const std::string &value() const override {
    return line_;
  }
  sentencepiece::util::Status status() const override {
    return sentencepiece::util::Status();
  }

private:
  std::istringstream in_;
  std::string line_;
  bool done_ = false;
};

} // namespace

char *nt_test_train(const char *text, const char *options, size_t *size) {
  const std::string arguments =
      std::string("--model_type=bpe --vocab_size=400 --byte_fallback=true "
                  "--normalization_rule_name=identity --remove_extra_whitespaces=false "
                  "--character_coverage=1.0 --pad_id=-1 --num_threads=1 --minloglevel=3 ") +
      options;
  Lines lines(text);
  std::string model;
  if (!sentencepiece::SentencePieceTrainer::Train(arguments, &lines, &model).ok())
    return nullptr;
  char *copy = static_cast<char *>(std::malloc(model.size()));
  if (copy != nullptr)
    std::memcpy(copy, model.data(), model.size());
  *size = model.size();
  return copy;
}
