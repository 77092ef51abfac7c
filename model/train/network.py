# SPDX-License-Identifier: Apache-2.0
"""The HGRNBit network for training, as in the published code (arXiv 2406.02528): ternary matrices with one scale each,
RMSNorm and int8 codes inside every projection.

One norm weight per site is trained. It is exported as the *inner* norm weight (of i, f and g alike), with outer weights
of 1, because two RMSNorms in a row with weights w and 1 are not one norm with weight w.
"""
from dataclasses import asdict, dataclass

import torch

from functions import Gate, Mix, NormCodes, SwiGlu, TernaryLinear


@dataclass
class Shape:
    """Sizes of a model, under the names of the published config.json."""

    vocab_size: int = 2048
    hidden_size: int = 256
    num_hidden_layers: int = 6
    intermediate_size: int = 768

    def as_dict(self):
        return asdict(self)


class Network(torch.nn.Module):
    """Parameters and forward pass of one model. `matrices` are ternary at run time, `vectors` are not."""

    def __init__(self, shape, generator=None):
        super().__init__()
        self.shape = shape
        h, i, n, v = shape.hidden_size, shape.intermediate_size, shape.num_hidden_layers, shape.vocab_size

        def matrix(out, width):
            return torch.nn.Parameter(torch.empty(out, width).normal_(0, 0.02, generator=generator))

        def ones(width):
            return torch.nn.Parameter(torch.ones(width))

        # The residual stream starts at the size that the blocks write: it quantises far better.
        self.embedding = torch.nn.Parameter(torch.empty(v, h).normal_(0, 1.0, generator=generator))
        self.lower_bounds = torch.nn.Parameter(torch.zeros(n, h))
        self.matrices = torch.nn.ParameterDict()
        self.vectors = torch.nn.ParameterDict()
        for k in range(n):
            for name in "ifgo":
                self.matrices[f"{k}_{name}"] = matrix(h, h)
            self.matrices[f"{k}_gate"] = matrix(2 * i, h)
            self.matrices[f"{k}_down"] = matrix(h, i)
            for name, width in (("mixer", h), ("o", h), ("mlp", h), ("down", i)):
                self.vectors[f"{k}_{name}"] = ones(width)
        self.matrices["head"] = matrix(v, h)
        self.vectors["head"] = ones(h)

    def bounds(self):
        """Lower bound of the forget gate, [layers, hidden]; 0 in layer 0."""
        share = torch.softmax(self.lower_bounds, 0)
        return torch.cumsum(share, 0) - share[0]

    def start(self, streams):
        """The state at the beginning of a text, [layers][streams, hidden]."""
        return [self.embedding.new_zeros(streams, self.shape.hidden_size) for _ in range(self.shape.num_hidden_layers)]

    def forward(self, tokens, state):
        """Logits [T, B, vocab] of tokens [T, B], and the state behind them."""
        m, w = self.matrices, self.vectors
        hidden = self.shape.hidden_size
        bounds = self.bounds()
        after = []
        x = torch.nn.functional.embedding(tokens, self.embedding)
        for k in range(self.shape.num_hidden_layers):
            z = NormCodes.apply(x, w[f"{k}_mixer"])
            ifg = TernaryLinear.apply(z, m[f"{k}_i"], m[f"{k}_f"], m[f"{k}_g"])
            i, f, g = ifg.split(hidden, -1)
            h = Mix.apply(i, f, bounds[k], state[k])
            after.append(h[-1].detach())
            z = NormCodes.apply(Gate.apply(g, h), w[f"{k}_o"])
            x = x + TernaryLinear.apply(z, m[f"{k}_o"])
            z = NormCodes.apply(x, w[f"{k}_mlp"])
            v = SwiGlu.apply(TernaryLinear.apply(z, m[f"{k}_gate"]))
            z = NormCodes.apply(v, w[f"{k}_down"])
            x = x + TernaryLinear.apply(z, m[f"{k}_down"])
        z = NormCodes.apply(x, w["head"])
        return TernaryLinear.apply(z, m["head"]), after
