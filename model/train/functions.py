# SPDX-License-Identifier: Apache-2.0
"""The parts of the HGRNBit network with gradients written by hand. Activations are time-major [T, B, width].

Both roundings, int8 codes and ternary codes, pass their gradient straight through to the float values behind them.
"""
import torch
from torch.autograd import Function
from torch.autograd.function import once_differentiable

EPS = 1e-6


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
