# SPDX-License-Identifier: Apache-2.0
"""Excerpts, held-out blocks, the King James Bible, tokens and streams."""
import tempfile
import unittest

import support
import sentencepiece
import torch

import corpus
import kjv
import texts


class Texts(unittest.TestCase):
    def test_excerpt(self):
        self.assertEqual(texts.excerpt("one\ntwo\nthree\n", 9), "one\ntwo\n")
        self.assertEqual(texts.excerpt("one\ntwo\nthree\n", 8), "one\ntwo\n")
        self.assertEqual(texts.excerpt("one\ntwo\nthree\n", 7), "one\n")
        self.assertEqual(texts.excerpt("one\ntwo\nthree\n", 14), "one\ntwo\nthree\n")
        self.assertEqual(texts.excerpt("a long paragraph\nb\n", 3), "a long paragraph\n")
        self.assertEqual(texts.excerpt("no end", 3), "no end")

    def test_hold_out(self):
        """Lines of 4,096 bytes: two make a block; blocks 19 and 39 of 50 are held out."""
        lines = [f"{i:04}".ljust(4095, "x") for i in range(100)]
        train, valid = texts.hold_out(lines)
        self.assertEqual([line[:4] for line in valid.splitlines()], ["0038", "0039", "0078", "0079"])
        self.assertEqual(len(train.splitlines()), 96)

    def test_read(self):
        """SHA-256 of the joined bytes: sha256sum of "one\\ntwo\\n"."""
        with tempfile.TemporaryDirectory() as folder:
            paths = [support.write(folder, name, name + "\n") for name in ("one", "two")]
            text, digest = texts.read(paths)
        self.assertEqual(text, "one\ntwo\n")
        self.assertEqual(digest, "c3f9c8c283a2b1f2f1896f27a01cbe3cddc0c9d93f752e4639035a0f5b36f6e8")

    def test_kjv(self):
        lines = list(kjv.lines())
        self.assertEqual(sum(1 for line in lines if line), 31102)
        self.assertEqual(lines.count(""), 65)  # 66 books
        self.assertEqual(lines[0], "In the beginning God created the heaven and the earth.")
        self.assertIn("Jesus wept.", lines)


class Tokens(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.text = "\n\n".join(support.kjv(100 * i, 20).rstrip("\n") for i in range(10)) + "\n"
        model = corpus.train_tokenizer(cls.text, 400)
        assert model == corpus.train_tokenizer(cls.text, 400)  # the same text gives the same pieces
        cls.tokenizer = sentencepiece.SentencePieceProcessor(model_proto=model)

    def test_encode(self):
        ids = corpus.encode(self.tokenizer, self.text).tolist()
        self.assertEqual(ids[0], corpus.BOS)
        self.assertEqual(self.tokenizer.decode(ids[1:]), self.text)
        self.assertNotIn(corpus.EOS, ids)

    def test_marks(self):
        """Some of the 9 borders are marks, end before begin, and the others stay text; the seed decides which."""
        ids = corpus.encode(self.tokenizer, self.text, seed=1).tolist()
        ends = [i for i, token in enumerate(ids) if token == corpus.EOS]
        self.assertTrue(1 <= len(ends) <= 9)
        self.assertTrue(all(ids[i + 1] == corpus.BOS for i in ends[:-1]))
        self.assertEqual(ids, corpus.encode(self.tokenizer, self.text, seed=1).tolist())
        self.assertNotEqual(ids, corpus.encode(self.tokenizer, self.text, seed=2).tolist())

    def test_streams(self):
        """Targets are the next tokens; a stream goes on where its last window ended, and wraps around."""
        streams = corpus.Streams(torch.arange(100), 3, 10)
        for step in range(12):
            inputs, targets = streams.window(step)
            wanted = [[(33 * stream + 10 * step + t) % 100 for stream in range(3)] for t in range(11)]
            self.assertEqual(inputs.tolist(), wanted[:-1])
            self.assertEqual(targets.tolist(), wanted[1:])
