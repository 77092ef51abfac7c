# SPDX-License-Identifier: Apache-2.0
"""Text to tokens: the SentencePiece model of a corpus, and parallel streams through it."""
import io
import random

import sentencepiece
import torch

from failure import CONTENT, OPTION, Failure

BOS, EOS = 1, 2


def train_tokenizer(text, pieces):
    """A BPE model of `text` as bytes: newline is a symbol of its own, unknown characters fall back to bytes."""
    model = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(line for line in text.split("\n") if line),
            model_writer=model,
            model_type="bpe",
            vocab_size=pieces,
            user_defined_symbols=["\n"],
            byte_fallback=True,
            add_dummy_prefix=False,
            normalization_rule_name="identity",
            remove_extra_whitespaces=False,
            character_coverage=1.0,
            unk_id=0,
            bos_id=BOS,
            eos_id=EOS,
            pad_id=-1,
            max_sentence_length=1 << 20,
            minloglevel=2,
        )
    except RuntimeError as error:
        reason = str(error).strip().split("] ")[-1]
        raise Failure(OPTION, f"--pieces {pieces} does not suit a text of {len(text)} characters: {reason}") from None
    return model.getvalue()


def encode(tokenizer, text, seed=None):
    """Token ids of `text`. With a seed, every second border between tales (an empty line), drawn by chance, becomes the
    marks for end and begin: the model learns both to see a border as text and to begin and end by the marks."""
    if seed is None:
        return torch.tensor([BOS] + tokenizer.encode(text))
    coin = random.Random(seed)
    ids = [BOS]
    for tale in text.split("\n\n"):
        ids += tokenizer.encode(tale + "\n")
        ids += [EOS, BOS] if coin.random() < 0.5 else tokenizer.encode("\n")
    return torch.tensor(ids)


class Streams:
    """`count` parallel walks through `tokens`, begun at even distances, in windows of `length`; wraps around for ever."""

    def __init__(self, tokens, count, length):
        if len(tokens) <= count * length:
            raise Failure(
                CONTENT,
                f"the training text has {len(tokens)} tokens; --streams {count} of --window {length} need more than"
                f" {count * length}",
            )
        self.tokens, self.length = tokens, length
        self.starts = torch.arange(count, device=tokens.device) * (len(tokens) // count)
        self.offsets = torch.arange(length + 1, device=tokens.device).unsqueeze(1)

    def window(self, step):
        """Inputs and targets [length, count] of window number `step`."""
        ids = self.tokens[(self.starts + step * self.length + self.offsets) % len(self.tokens)]
        return ids[:-1], ids[1:]
