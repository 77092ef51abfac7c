# SPDX-License-Identifier: Apache-2.0
"""The HGRNBit network for training: activations are time-major [T, B, width], gradients are written by hand.

The forward pass is that of the published code (arXiv 2406.02528): ternary matrices with one scale each, RMSNorm and
int8 codes inside every projection. Both roundings pass their gradient straight through to the float values behind them.

One norm weight per site is trained. It is exported as the *inner* norm weight (of i, f and g alike), with outer weights
of 1, because two RMSNorms in a row with weights w and 1 are not one norm with weight w.
"""
from dataclasses import asdict, dataclass

import torch
from torch.autograd import Function
from torch.autograd.function import once_differentiable

EPS = 1e-6


@dataclass
class Shape:
    """Sizes of a model, under the names of the published config.json."""

    vocab_size: int = 2048
    hidden_size: int = 256
    num_hidden_layers: int = 6
    intermediate_size: int = 768

    def as_dict(self):
        return asdict(self)


class NormCodes(Function):
    """RMSNorm with weight w, rounded to int8 codes with the step max|z| / 127 of each token."""

    @staticmethod
    def forward(ctx, x, w):
        r = torch.rsqrt(x.square().mean(-1, keepdim=True).add_(EPS))
        unit = x * r
        z = unit * w
        step = z.abs().amax(-1, keepdim=True).clamp_(min=1e-5).div_(127.0)
        ctx.save_for_backward(unit, r, w)
        return torch.round_(z.div_(step)).mul_(step)

    @staticmethod
    @once_differentiable
    def backward(ctx, dz):
        unit, r, w = ctx.saved_tensors
        product = dz * unit
        dw = product.sum((0, 1))
        inner = (product @ w).unsqueeze(-1).div_(unit.shape[-1])
        return (dz * w).sub_(unit * inner).mul_(r), dw


def ternary(w):
    """The published rule: codes in {-1, 0, 1} and their scale mean|w|."""
    scale = w.abs().mean().clamp(min=1e-5)
    return torch.clamp(torch.round(w / scale), -1, 1), scale


class TernaryLinear(Function):
    """y = codes of x times the ternary matrices of `weights`, stacked along the output."""

    @staticmethod
    def forward(ctx, x, *weights):
        parts = []
        for w in weights:
            codes, scale = ternary(w)
            parts.append(codes.mul_(scale))
        stacked = torch.cat(parts) if len(parts) > 1 else parts[0]
        ctx.save_for_backward(x, stacked)
        ctx.rows = [w.shape[0] for w in weights]
        return x @ stacked.t()

    @staticmethod
    @once_differentiable
    def backward(ctx, dy):
        x, stacked = ctx.saved_tensors
        dw = dy.flatten(0, 1).t() @ x.flatten(0, 1)
        return (dy @ stacked, *dw.split(ctx.rows))


class Mix(Function):
    """Gates and recurrence: h[t] = f h[t-1] + silu(i) (1 - f), f = lb + (1 - lb) sigmoid(f_pre)."""

    @staticmethod
    def forward(ctx, i_pre, f_pre, lb, h0):
        si = torch.sigmoid(i_pre)
        sf = torch.sigmoid(f_pre)
        f = torch.addcmul(lb, sf, 1 - lb)
        a = i_pre * si
        h = torch.addcmul(a, a, f, value=-1)  # a (1 - f)
        previous = h0
        for t in range(h.shape[0]):
            h[t].addcmul_(f[t], previous)
            previous = h[t]
        ctx.save_for_backward(i_pre, si, sf, f, a, lb, h0, h)
        return h

    @staticmethod
    @once_differentiable
    def backward(ctx, dh):
        i_pre, si, sf, f, a, lb, h0, h = ctx.saved_tensors
        dc = dh.clone()
        for t in range(dh.shape[0] - 1, 0, -1):
            dc[t - 1].addcmul_(f[t], dc[t])
        before = torch.cat([h0.unsqueeze(0), h[:-1]])
        df = before.sub_(a).mul_(dc)
        dlb = (df * (1 - sf)).sum((0, 1))
        da = dc.mul_(1 - f)
        di = da.mul_(si + a * (1 - si))
        dfpre = df.mul_(1 - lb).mul_(sf).mul_(1 - sf)
        return di, dfpre, dlb, None


class Gate(Function):
    """RMSNorm(g) silu(h): the output gate of the mixer."""

    @staticmethod
    def forward(ctx, g, h):
        r = torch.rsqrt(g.square().mean(-1, keepdim=True).add_(EPS))
        unit = g * r
        sh = torch.sigmoid(h)
        b = h * sh
        ctx.save_for_backward(unit, r, h, sh, b)
        return unit * b

    @staticmethod
    @once_differentiable
    def backward(ctx, dy):
        unit, r, h, sh, b = ctx.saved_tensors
        dunit = dy * b
        inner = (dunit * unit).mean(-1, keepdim=True)
        dg = dunit.sub_(unit * inner).mul_(r)
        dh = (dy * unit).mul_(sh + b * (1 - sh))
        return dg, dh


class SwiGlu(Function):
    """silu(gate) * up of the MLP; u is gate and up side by side."""

    @staticmethod
    def forward(ctx, u):
        gate, up = u.chunk(2, -1)
        s = torch.sigmoid(gate)
        ctx.save_for_backward(gate, up, s)
        return gate * s * up

    @staticmethod
    @once_differentiable
    def backward(ctx, dv):
        gate, up, s = ctx.saved_tensors
        silu = gate * s
        dgate = (s + silu * (1 - s)).mul_(up).mul_(dv)
        return torch.cat([dgate, silu.mul_(dv)], -1)


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
