# SPDX-License-Identifier: Apache-2.0
"""What the trainer computes is the published network, and what it writes is the network it trained: judged by the
equations (published.py) and by the C float reference. Faults planted in the export are found."""
import subprocess
import tempfile
import unittest
from unittest import mock

import support
import sentencepiece
import torch

import checkpoint
import corpus
import published
from functions import ternary

PIECES = 512


class Export(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        text = support.kjv(0, 1500)
        model = corpus.train_tokenizer(text, PIECES)
        support.write(cls.folder.name, "tokenizer.model", model)
        cls.tokenizer = sentencepiece.SentencePieceProcessor(model_proto=model)
        cls.text = support.kjv(2000, 12)
        cls.path = support.write(cls.folder.name, "text", cls.text)
        cls.network = support.network(PIECES)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @torch.no_grad()
    def trained_nll(self):
        """Tokens predicted and their summed nll, by the trainer's forward pass."""
        ids = corpus.encode(self.tokenizer, self.text)
        logits, _ = self.network(ids[:-1].unsqueeze(1), [h.double() for h in self.network.start(1)])
        return len(ids) - 1, torch.nn.functional.cross_entropy(logits[:, 0], ids[1:], reduction="sum").item()

    def c_nll(self, **how):
        """The same, by the C float reference from the written folder."""
        checkpoint.write(self.folder.name, self.network, **how)
        out = subprocess.run([support.NLL, self.folder.name, self.path], check=True, capture_output=True, text=True).stdout
        tokens, nll = out.split()
        return int(tokens), float(nll)

    def test_forward_and_gradients(self):
        tensors = dict(checkpoint.tensors(self.network, settle=False))
        ids = corpus.encode(self.tokenizer, self.text)[:60].view(3, 20).t()  # 3 streams
        seed = torch.randn(20, 3, PIECES, dtype=torch.double, generator=torch.Generator().manual_seed(3))
        parameters = list(self.network.parameters())
        found, _ = self.network(ids, [h.double() for h in self.network.start(3)])
        wanted = published.logits(tensors, ids)
        # The outer norm changes the input of the inner one by eps / 2 = 5e-7.
        self.assertLess(((found - wanted).abs().max() / wanted.std()).item(), 1e-5)
        for name, a, b in zip(
            dict(self.network.named_parameters()),
            torch.autograd.grad(found, parameters, seed),
            torch.autograd.grad(wanted, parameters, seed),
        ):
            self.assertGreater(b.abs().max().item(), 0, name)
            self.assertLess(((a - b).norm() / b.norm()).item(), 1e-5, name)

    def test_round_trip(self):
        tokens, nll = self.trained_nll()
        self.assertGreater(tokens, 300)
        for how in ({"settle": False}, {"settle": True}):
            with self.subTest(how):
                c_tokens, c_nll = self.c_nll(**how)
                self.assertEqual(c_tokens, tokens)
                self.assertAlmostEqual(c_nll / nll, 1, delta=1e-4)

    def test_bf16(self):
        """BF16 keeps 8 bits of the embedding, norms and scales: near, but the rounding is seen."""
        _, nll = self.trained_nll()
        self.assertAlmostEqual(self.c_nll(dtype="BF16", settle=True)[1] / nll, 1, delta=1e-2)

    def test_settled(self):
        """Same codes; same scale up to the rounding of the one magnitude that is left."""
        for name, w in self.network.matrices.items():
            codes, scale = ternary(w.detach())
            settled = checkpoint.settled(w.detach())
            again, same = ternary(settled)
            self.assertTrue(torch.equal(codes, again), name)
            self.assertAlmostEqual((same / scale).item(), 1, delta=1e-12)
            self.assertEqual(len(settled.abs().unique()), 2, name)
            rounded, near = ternary(settled.bfloat16().double())
            self.assertTrue(torch.equal(codes, rounded), name)
            self.assertAlmostEqual((near / scale).item(), 1, delta=2**-8)

    def test_planted_faults_are_found(self):
        tensors = checkpoint.tensors

        def exchange(a, b):
            def fault(t):
                t[a], t[b] = t[b], t[a]

            return fault

        def halves(t):
            name = "model.layers.1.mlp.gate_proj.weight"
            t[name] = torch.cat(t[name].chunk(2)[::-1])

        def outer(t):
            """The trained norm weight outside, 1 inside: two norms are not one."""
            for p in "ifg":
                t[f"model.layers.1.attn.{p}_proj.norm.weight"], t["model.layers.1.attn_norm.weight"] = (
                    torch.ones(64),
                    self.network.vectors["1_mixer"],
                )

        def bounds(t):
            t["model.lower_bounds"] = torch.zeros(3, 64)

        attn = "model.layers.0.attn."
        _, nll = self.trained_nll()
        for fault in (
            halves,
            outer,
            bounds,
            exchange(attn + "i_proj.weight", attn + "g_proj.weight"),
            exchange("model.layers.0.mlp.down_proj.weight", "model.layers.1.mlp.down_proj.weight"),
            exchange("model.layers.2.attn.o_proj.norm.weight", "lm_head.norm.weight"),
        ):
            def wrong(network, settle):
                changed = dict(tensors(network, settle))
                fault(changed)
                return changed.items()

            with self.subTest(fault.__qualname__), mock.patch.object(checkpoint, "tensors", wrong):
                self.assertGreater(abs(self.c_nll()[1] / nll - 1), 1e-3)
