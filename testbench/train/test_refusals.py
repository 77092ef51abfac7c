# SPDX-License-Identifier: Apache-2.0
"""Bad input to the trainer: one clear line and the documented exit code, never a traceback; nothing is written over."""
import os
import tempfile
import unittest

import support


class Refusals(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = cls.temporary.name
        cls.text = support.write(cls.folder, "text.txt", support.kjv(0, 300))

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def refused(self, code, said, *words, script="train.py", **more):
        done = support.train(*words, script=script, **more)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertIn(said, done.stderr)
        self.assertNotIn("Traceback", done.stderr)

    def with_options(self, code, said, *words):
        out = os.path.join(self.folder, "out")
        self.refused(code, said, self.text, "--valid", self.text, "--out", out, *words)

    def test_words(self):
        self.refused(2, "required: text, --valid, --out")
        self.refused(2, "required: --valid", self.text, "--out", "x")
        self.with_options(2, "unrecognized", "--speed", 3)

    def test_sizes(self):
        for option, value, allowed in (
            ("--hidden", 0, "1 to 65536"),
            ("--hidden", "-4", "1 to 65536"),
            ("--layers", "two", "1 to 1024"),
            ("--streams", 1.5, "1 to 65536"),
            ("--pieces", 1 << 21, "1 to 1048576"),
            ("--rate", "nan", "0 to 10"),
            ("--rate", -1, "0 to 10"),
            ("--decay", "inf", "0 to 10"),
        ):
            with self.subTest(option=option, value=value):
                self.with_options(2, f'argument {option}: found "{value}", allowed is', f"{option}={value}")
                self.with_options(2, allowed, f"{option}={value}")
        self.with_options(2, "this machine has", "--hidden", 65536, "--layers", 1024)
        self.with_options(2, "allowed are --warm-up <= --hold <= --steps", "--steps", 10, "--hold", 20)
        self.with_options(2, "allowed are --warm-up <= --hold <= --steps", "--warm-up", 21, "--hold", 20)
        self.with_options(2, "--pieces 100 does not suit", "--pieces", 100)
        self.with_options(2, "--pieces 60000 does not suit", "--pieces", 60000)

    def test_files(self):
        out = os.path.join(self.folder, "out")
        absent = os.path.join(self.folder, "absent.txt")
        self.refused(6, "absent.txt: No such file", absent, "--valid", self.text, "--out", out)
        self.refused(6, "absent.txt: No such file", self.text, "--valid", absent, "--out", out)
        self.refused(6, "Is a directory", self.folder, "--valid", self.text, "--out", out)
        self.refused(6, "File exists", self.text, "--valid", self.text, "--out", self.text)
        self.refused(6, "Not a directory", self.text, "--valid", self.text, "--out", os.path.join(self.text, "x"))

    def test_content(self):
        out = os.path.join(self.folder, "out")
        empty = support.write(self.folder, "empty.txt", "")
        blank = support.write(self.folder, "blank.txt", " \n\n")
        latin = support.write(self.folder, "latin.txt", b"caf\xe9 noir\n")
        self.refused(7, "empty.txt: no text in 0 bytes", empty, "--valid", self.text, "--out", out)
        self.refused(7, "blank.txt: no text", self.text, "--valid", blank, "--out", out)
        self.refused(7, "latin.txt: byte 3 is 0xe9, allowed is UTF-8", self.text, latin, "--valid", self.text, "--out", out)
        self.with_options(7, "need more than 65536", "--pieces", 400, "--streams", 256, "--window", 256)

    def test_device(self):
        self.with_options(10, "--device cuda:63", "--device", "cuda:63")
        self.with_options(10, "--device abacus", "--device", "abacus")

    def test_a_model_of_others_is_not_written_over(self):
        os.makedirs(os.path.join(self.folder, "model"))
        path = support.write(os.path.join(self.folder, "model"), "model.safetensors", "precious")
        self.refused(2, "allowed is another folder", self.text, "--valid", self.text, "--out", os.path.dirname(path))
        with open(path) as file:
            self.assertEqual(file.read(), "precious")

    def test_loss_that_is_no_number(self):
        """Not reachable by options alone (the gradient is clipped), so the network is spoilt."""
        import options
        import texts
        from failure import Failure
        from run import Run

        words = [self.text, "--valid", self.text, "--out", os.path.join(self.folder, "nan")]
        args = options.parse([*words, *"--pieces 400 --hidden 16 --layers 1 --intermediate 16 --streams 2 --window 8".split()])
        run = Run(args, (texts.read(args.text), texts.read([args.valid])))
        run.network.vectors["head"].data.fill_(float("nan"))
        with self.assertRaises(Failure) as caught:
            run.train_step()
        self.assertEqual(caught.exception.code, 8)
        self.assertIn("the loss is nan at step 1", str(caught.exception))

    def test_corpus_commands(self):
        out = os.path.join(self.folder, "corpus")
        self.refused(7, "no START and END marker", self.text, "--out", out, script="gutenberg.py")
        self.refused(6, "No such file", "absent.txt", "--out", out, script="gutenberg.py")
        os.makedirs(os.path.join(self.folder, "none"))
        self.refused(6, "no .txt file", os.path.join(self.folder, "none"), "--out", out, script="gutenberg.py")
        self.refused(6, "bible-kjv-text", script="kjv.py", env={"PATH": self.folder})
