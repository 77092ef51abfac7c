# SPDX-License-Identifier: Apache-2.0
"""The model card: every number from its file, samples of all three seeds, and refusals."""
import json
import os
import tempfile
import unittest

import support

CONFIG = {"hidden_size": 10, "intermediate_size": 20, "num_hidden_layers": 2, "vocab_size": 50}
LINE = {"tokens": 3000000, "cpu_seconds": 7200.0, "valid_nll": 2.5, "valid_bits_per_byte": 1.25, "train_nll": 2.25}
TOLD = {
    "parameters": 123456,
    "arguments": {"seed": 9, "steps": 77, "dtype": "BF16", "latent": False},
    "text_tokens": 2000000,
    "text_sha256": "aa11",
    "valid_sha256": "bb22",
    "log": [{}, LINE],
}
DATA = {"name": "tin fables", "licence": "Nobody minds.", "books": [{"number": 7, "title": "Tin Fables", "by": "Nobody"}]}


class Card(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.folder = os.path.join(self.temporary.name, "tin-1k")
        os.mkdir(self.folder)
        for name, value in (("config.json", CONFIG), ("training.json", TOLD)):
            support.write(self.folder, name, json.dumps(value))
        self.data = support.write(self.temporary.name, "data.json", json.dumps(DATA))

    def write(self, name, value):
        return support.write(self.temporary.name, name, value if isinstance(value, str) else json.dumps(value))

    def card(self, *words, code=0):
        done = support.train(self.folder, *words, script="card.py")
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertNotIn("Traceback", done.stderr)
        if code != 0:
            return done.stderr
        with open(os.path.join(self.folder, "README.md")) as file:
            return file.read()

    def test_everything(self):
        evaluation = self.write("eval.json", {"float_perplexity": 20.123456, "tokens": 36000, "model": "x", "agree": True})
        # A stand-in for `neurotile generate`: its last word is the seed.
        command = self.write("say", '#!/bin/sh\nfor seed; do :; done\necho "$3"\necho "sample of seed $seed"\n')
        os.chmod(command, 0o755)
        text = self.card("--data", self.data, "--eval", evaluation, "--generate", command + " --tokens 5", "--prompt", "A tin")
        for wanted in (
            "# tin-1k\n",
            "hidden 10, 2 layers, intermediate 20, vocabulary 50",
            "123,456, of which 2,500 are ternary",  # 2 (4 x 100 + 3 x 200) + 500
            "3.0 million tokens, 1.5 epochs of 2,000,000 tokens",
            "2.0 hours",
            "2.5000 nats per token, 1.2500 bits per byte",
            "| float perplexity | 20.1235 |\n| tokens | 36,000 |\n",
            "--seed 9 --steps 77 --dtype BF16\n",
            "| training text | aa11 |\n| validation text | bb22 |",
            "| 7 | Tin Fables | Nobody |",
            "Nobody minds. The model and the rest of the project: Apache-2.0.",
            *(f"Seed {seed}:\n\n> --prompt\n> sample of seed {seed}\n" for seed in (1, 2, 3)),
        ):
            self.assertIn(wanted, text)
        self.assertNotIn("agree", text)
        self.assertNotIn("curve.png", text)

    def test_without_options(self):
        support.write(self.folder, "curve.png", "picture")
        text = self.card("--data", self.data)
        self.assertIn("](curve.png)", text)
        self.assertNotIn("## Samples", text)
        self.assertNotIn("## Accuracy", text)

    def test_refusals(self):
        self.assertIn("required: --data", self.card(code=2))
        self.assertIn("not JSON", self.card("--data", self.write("bad", "{"), code=7))
        self.assertIn("with name, licence and books", self.card("--data", self.write("less", {"name": "x"}), code=7))
        self.assertIn("no number", self.card("--data", self.data, "--eval", self.write("none", {"a": "b"}), code=7))
        self.assertIn("exit code 1", self.card("--data", self.data, "--generate", "false", code=1))
        self.assertIn("No such file", self.card("--data", self.data, "--generate", "./absent", code=6))
        support.write(self.folder, "training.json", json.dumps({**TOLD, "log": []}))
        self.assertIn("training.json", self.card("--data", self.data, code=7))
        os.remove(os.path.join(self.folder, "training.json"))
        self.assertIn("training.json: No such file", self.card("--data", self.data, code=6))
        self.assertFalse(os.path.exists(os.path.join(self.folder, "README.md")))
