# SPDX-License-Identifier: Apache-2.0
"""Writes a trained network as a checkpoint folder in the published layout (config.json, model.safetensors)."""
import json
import os
import struct

import torch

import texts
from functions import ternary

DTYPES = {"F32": torch.float32, "BF16": torch.bfloat16, "F16": torch.float16}


def config(shape, dtype):
    """config.json of the published model class."""
    return {
        "architectures": ["HGRNBitForCausalLM"],
        "model_type": "hgrn_bit",
        **shape.as_dict(),
        "attn_mode": "fused_recurrent",
        "num_heads": 1,
        "expand_ratio": 1,
        "use_short_conv": False,
        "conv_size": 4,
        "share_conv_kernel": True,
        "use_lower_bound": True,
        "hidden_ratio": 4,
        "hidden_act": "swish",
        "max_position_embeddings": 2048,
        "rms_norm_eps": 1e-6,
        "initializer_range": 0.02,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "pad_token_id": None,
        "tie_word_embeddings": False,
        "torch_dtype": {"F32": "float32", "BF16": "bfloat16", "F16": "float16"}[dtype],
    }


def settled(w):
    """Latent weights that give the same ternary codes as `w` and, apart from the rounding of one number, the same scale:
    code * scale / share of non-zero codes. They compress to a fraction of the trained ones."""
    codes, scale = ternary(w)
    share = codes.abs().mean()
    return codes * (scale / share) if share > 0 else codes


def tensors(network, settle):
    """(name, tensor) under the published names, in the order of the published file."""
    shape, m, w = network.shape, network.matrices, network.vectors
    ones = torch.ones(shape.hidden_size)
    latent = settled if settle else (lambda matrix: matrix)
    yield "model.lower_bounds", network.lower_bounds
    yield "model.embeddings.weight", network.embedding
    for k in range(shape.num_hidden_layers):
        prefix = f"model.layers.{k}."
        yield prefix + "attn_norm.weight", ones
        for name in "ifg":
            yield f"{prefix}attn.{name}_proj.weight", latent(m[f"{k}_{name}"])
            yield f"{prefix}attn.{name}_proj.norm.weight", w[f"{k}_mixer"]
        yield prefix + "attn.g_norm.weight", ones
        yield prefix + "attn.o_proj.weight", latent(m[f"{k}_o"])
        yield prefix + "attn.o_proj.norm.weight", w[f"{k}_o"]
        yield prefix + "mlp_norm.weight", ones
        yield prefix + "mlp.gate_proj.weight", latent(m[f"{k}_gate"])
        yield prefix + "mlp.gate_proj.norm.weight", w[f"{k}_mlp"]
        yield prefix + "mlp.down_proj.weight", latent(m[f"{k}_down"])
        yield prefix + "mlp.down_proj.norm.weight", w[f"{k}_down"]
    yield "model.norm.weight", ones
    yield "lm_head.weight", latent(m["head"])
    yield "lm_head.norm.weight", w["head"]


def write(folder, network, dtype="F32", settle=False):
    """Writes config.json and model.safetensors into `folder`, values rounded to `dtype`."""
    header, blobs, offset = {"__metadata__": {"format": "pt"}}, [], 0
    for name, tensor in tensors(network, settle):
        value = tensor.detach().to("cpu", DTYPES[dtype]).contiguous()
        blob = value.view(torch.int16 if value.element_size() == 2 else torch.int32).numpy().tobytes()
        header[name] = {"dtype": dtype, "shape": list(value.shape), "data_offsets": [offset, offset + len(blob)]}
        blobs.append(blob)
        offset += len(blob)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    os.makedirs(folder, exist_ok=True)
    data = struct.pack("<Q", len(text)) + text + b"".join(blobs)
    texts.replace(os.path.join(folder, "model.safetensors"), data)
    texts.replace(os.path.join(folder, "config.json"), json.dumps(config(network.shape, dtype), indent=1) + "\n")
