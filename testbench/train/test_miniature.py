# SPDX-License-Identifier: Apache-2.0
"""The whole way in one go: the King James Bible, a miniature model trained on it, an image, text from the golden tile.

What is reached here: 1.755 bits per byte. Without memory: 2.13; single tokens by their frequency: 3.17; untrained: 3.95."""
import json
import os
import subprocess
import tempfile
import unittest
from unittest import mock

import support

SIZES = "--pieces 512 --hidden 96 --layers 2 --intermediate 256 --steps 200 --save-every 1000".split()
BOUND = 1.9  # bits per byte


class Miniature(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = cls.temporary.name
        cls.text = support.write(cls.folder, "train.txt", support.kjv(0, 9000))
        cls.valid = support.write(cls.folder, "valid.txt", support.kjv(9000, 200))

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def words(self, name, *more):
        return [self.text, "--valid", self.valid, "--out", os.path.join(self.folder, name), *SIZES, *more]

    def bits_here(self, *words):
        """Bits per byte of a run inside this process."""
        import options
        import texts
        from run import Run

        args = options.parse(words)
        run = Run(args, (texts.read(args.text), texts.read([args.valid])))
        while run.step < args.steps:
            run.train_step()
        bits = run.measure()[1]
        print(f"{bits:.4f} bits/byte", end=" ", flush=True)
        return bits

    def test_text_to_tile(self):
        done = support.train(*self.words("model"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stderr, "")  # no progress line in a pipe
        model = os.path.join(self.folder, "model")
        with open(os.path.join(model, "training.json")) as file:
            bits = json.load(file)["log"][-1]["valid_bits_per_byte"]
        self.assertIn(f"{bits:.4f} bits/byte", done.stdout)
        print(f"{bits} bits/byte", end=" ", flush=True)
        self.assertLess(bits, BOUND)

        image = os.path.join(self.folder, "model.nti")
        done = subprocess.run([support.COMMAND, "import", model, "--out", image], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        words = [support.COMMAND, "generate", "--model", image, "--backend", "golden", "--tokens", "12"]
        done = subprocess.run([*words, "--prompt", "And the LORD said"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("And the LORD said", done.stdout)
        self.assertIn("PASS", done.stdout)

    def test_learning_rate_0_misses_the_bound(self):
        self.assertGreater(self.bits_here(*self.words("rate0", "--rate", "0", "--steps", "2")), BOUND)

    def test_a_network_without_memory_misses_the_bound(self):
        """Every token by itself: the state never reaches the next one."""
        import functions
        import network

        class Forgets(functions.Mix):
            @staticmethod
            def forward(ctx, i_pre, f_pre, lb, h0):
                ctx.shape = i_pre.shape
                i_pre, f_pre = (x.flatten(0, 1).unsqueeze(0) for x in (i_pre, f_pre))
                return functions.Mix.forward(ctx, i_pre, f_pre, lb, i_pre.new_zeros(i_pre.shape[1:])).view(ctx.shape)

            @staticmethod
            def backward(ctx, dh):
                di, df, dlb, _ = functions.Mix.backward(ctx, dh.flatten(0, 1).unsqueeze(0))
                return di.view(ctx.shape), df.view(ctx.shape), dlb, None

        with mock.patch.object(network, "Mix", Forgets):
            self.assertGreater(self.bits_here(*self.words("forgets")), BOUND)
