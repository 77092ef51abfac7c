# SPDX-License-Identifier: Apache-2.0
"""The gradients written by hand: against finite differences with the roundings taken out, and the roundings by themselves."""
import unittest
from unittest import mock

import support  # noqa: F401  (finds model/train)
import torch
from torch.autograd import gradcheck

import functions
from functions import Gate, Mix, NormCodes, SwiGlu, TernaryLinear

T, B, D = 5, 2, 6


def random(*shape):
    return torch.randn(*shape, dtype=torch.double, generator=random.draw, requires_grad=True)


random.draw = torch.Generator().manual_seed(11)


class Gradients(unittest.TestCase):
    def test_norm(self):
        with mock.patch.object(torch, "round_", lambda x: x):
            self.assertTrue(gradcheck(NormCodes.apply, (random(T, B, D), random(D))))

    def test_norm_of_small_values(self):
        with mock.patch.object(torch, "round_", lambda x: x), torch.no_grad():
            small = (random(T, B, D) * 1e-3).requires_grad_()  # eps counts
        with mock.patch.object(torch, "round_", lambda x: x):
            self.assertTrue(gradcheck(NormCodes.apply, (small, random(D)), eps=1e-9, atol=1e-4))

    def test_linear(self):
        with mock.patch.object(functions, "ternary", lambda w: (w.clone(), 1.0)):
            self.assertTrue(gradcheck(TernaryLinear.apply, (random(T, B, D), random(4, D), random(3, D))))

    def test_mix(self):
        bound = torch.rand(D, dtype=torch.double, generator=random.draw, requires_grad=True)
        state = random(B, D).detach()
        self.assertTrue(gradcheck(Mix.apply, (random(T, B, D), random(T, B, D), bound, state)))

    def test_gate(self):
        self.assertTrue(gradcheck(Gate.apply, (random(T, B, D), random(T, B, D))))

    def test_swiglu(self):
        self.assertTrue(gradcheck(SwiGlu.apply, (random(T, B, 2 * D),)))

    def test_a_wrong_gradient_is_found(self):
        class Wrong(SwiGlu):
            @staticmethod
            def backward(ctx, dv):
                dgate, dup = SwiGlu.backward(ctx, dv).chunk(2, -1)
                return torch.cat([dup, dgate], -1)

        with self.assertRaises(RuntimeError):
            gradcheck(Wrong.apply, (random(T, B, 2 * D),))


class Roundings(unittest.TestCase):
    def test_codes(self):
        """z = w x / rms(x); 127 codes on either side of zero, the largest |z| is code 127."""
        x, w = random(T, B, D).detach(), random(D).detach()
        out = NormCodes.apply(x, w)
        for t in range(T):
            for b in range(B):
                row = x[t, b]
                z = row / ((row * row).mean() + 1e-6).sqrt() * w
                step = z.abs().max() / 127
                codes = out[t, b] / step
                self.assertLess((codes - codes.round()).abs().max().item(), 1e-9)
                self.assertLess((codes - z / step).abs().max().item(), 0.5 + 1e-9)
                self.assertAlmostEqual(codes.abs().max().item(), 127, places=9)

    def test_ternary(self):
        """sign(w) where 2 |w| > mean |w|, else 0; a tie gives 0."""
        w = torch.tensor([[4.0, -4.0, 1.0, -1.0, 0.0, 2.0]], dtype=torch.double)  # mean 2: threshold 1
        codes, scale = functions.ternary(w)
        self.assertEqual(scale.item(), 2.0)
        self.assertEqual(codes.tolist(), [[1, -1, 0, 0, 0, 1]])

    def test_straight_through(self):
        """The matrix gets the gradient of the ternary matrix; the input sees the ternary matrix."""
        x, w = random(T, B, D), random(4, D)
        codes, scale = functions.ternary(w.detach())
        plain = (codes * scale).requires_grad_()
        seed = random(T, B, 4).detach()
        found = torch.autograd.grad(TernaryLinear.apply(x, w), (x, w), seed)
        wanted = torch.autograd.grad(x @ plain.t(), (x, plain), seed)
        for a, b in zip(found, wanted):
            self.assertTrue(torch.allclose(a, b, rtol=1e-12, atol=1e-12))
