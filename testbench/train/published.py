# SPDX-License-Identifier: Apache-2.0
"""The published network, spelled out from its equations over its tensor names, token by token, with ordinary autograd:
what the trainer's network and its export are compared with."""
import torch


def straight(value, rounded):
    """The rounded value, with the gradient of the value."""
    return value + (rounded - value).detach()


def norm(x, w):
    return x / torch.sqrt((x * x).mean(-1, keepdim=True) + 1e-6) * w


def bitlinear(x, t, name):
    """RMSNorm, int8 codes, ternary matrix with one scale."""
    z = norm(x, t[name + ".norm.weight"])
    step = 127 / z.detach().abs().amax(-1, keepdim=True).clamp(min=1e-5)
    q = straight(z, torch.clamp(torch.round(z * step), -128, 127) / step)
    w = t[name + ".weight"]
    scale = 1 / w.detach().abs().mean().clamp(min=1e-5)
    return q @ straight(w, torch.clamp(torch.round(w * scale), -1, 1) / scale).t()


def silu(x):
    return x * torch.sigmoid(x)


def logits(t, tokens):
    """Logits [T, B, vocab] of tokens [T, B] from state 0; `t` maps published names to tensors."""
    share = torch.softmax(t["model.lower_bounds"], 0)
    bounds = torch.cumsum(share, 0) - share[0]
    state = [0.0] * len(bounds)
    out = []
    for token in tokens:
        x = t["model.embeddings.weight"][token]
        for k, bound in enumerate(bounds):
            name = f"model.layers.{k}."
            a = norm(x, t[name + "attn_norm.weight"])
            i, f, g = (bitlinear(a, t, f"{name}attn.{p}_proj") for p in "ifg")
            f = bound + (1 - bound) * torch.sigmoid(f)
            state[k] = f * state[k] + silu(i) * (1 - f)
            p = norm(g, t[name + "attn.g_norm.weight"]) * silu(state[k])
            x = x + bitlinear(p, t, name + "attn.o_proj")
            b = norm(x, t[name + "mlp_norm.weight"])
            gate, up = bitlinear(b, t, name + "mlp.gate_proj").chunk(2, -1)
            x = x + bitlinear(silu(gate) * up, t, name + "mlp.down_proj")
        out.append(bitlinear(norm(x, t["model.norm.weight"]), t, "lm_head"))
    return torch.stack(out)
