# SPDX-License-Identifier: Apache-2.0
"""Options of the trainer, checked before anything is loaded. Exit code 2 for what does not fit."""
import argparse
import os

DESCRIPTION = """Trains a MatMul-free language model (HGRNBit) on text files and writes a checkpoint folder in the published
layout.

The run is resumable: started again with the same options it goes on from the last save, and ends with the same weights
as a run that was never stopped. SIGINT and SIGTERM save first. --steps may still be changed before --hold is reached;
up to there the learning rate does not depend on it (give --hold too, its default follows --steps).

Exit codes: 0 done, 2 wrong option, 6 file access, 7 a file's content does not serve, 8 the loss is not a finite number,
10 no such device, 11 out of memory, 130 and 143 stopped by SIGINT and SIGTERM."""

MAX_WARM_UP = 150
BYTES_PER_PARAMETER = 16  # weight, gradient and two moments


def whole(low, high):
    """An argument type: whole numbers from `low` to `high`."""

    def parse(text):
        if not text.isdecimal() or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f'found "{text}", allowed is a whole number from {low} to {high}')
        return int(text)

    return parse


def real(low, high):
    """An argument type: numbers from `low` to `high`."""

    def parse(text):
        try:
            value = float(text)
        except ValueError:
            value = None
        if value is None or not low <= value <= high:
            raise argparse.ArgumentTypeError(f'found "{text}", allowed is a number from {low} to {high}')
        return value

    return parse


def parser():
    p = argparse.ArgumentParser(
        prog="train", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = p.add_argument
    add("text", nargs="+", help="text files to train on (UTF-8, one paragraph per line)")
    add("--valid", required=True, help="text file to measure on, never trained on")
    add("--out", required=True, help="folder to write")
    add("--pieces", type=whole(1, 1 << 20), default=2048, help="pieces of the tokenizer (%(default)s)")
    add("--hidden", type=whole(1, 65536), default=256, help="width of the model (%(default)s)")
    add("--layers", type=whole(1, 1024), default=6, help="(%(default)s)")
    add("--intermediate", type=whole(1, 1 << 20), default=768, help="width inside the MLP (%(default)s)")
    add("--steps", type=whole(1, 10**9), default=12000, help="optimiser steps in all (%(default)s)")
    add("--hold", type=whole(0, 10**9), help="steps before the learning rate falls (a third of --steps)")
    add("--warm-up", type=whole(0, 10**9), help=f"steps (half of --hold, at most {MAX_WARM_UP})")
    add("--streams", type=whole(1, 1 << 16), default=16, help="parallel walks through the text (%(default)s)")
    add("--window", type=whole(1, 1 << 16), default=128, help="tokens of each walk per step (%(default)s)")
    add("--rate", type=real(0, 10), default=1e-2, help="peak learning rate (%(default)s)")
    add("--decay", type=real(0, 10), default=0.05, help="weight decay of matrices and embedding (%(default)s)")
    add("--seed", type=whole(0, 2**63 - 1), default=1, help="(%(default)s)")
    add("--threads", type=whole(1, 1024), default=1, help="of PyTorch (%(default)s)")
    add("--device", default="cpu", help="cpu or cuda (%(default)s)")
    add("--save-every", type=whole(1, 10**9), default=500, help="steps between saves and measurements (%(default)s)")
    add("--dtype", default="BF16", choices=["F32", "BF16", "F16"], help="of the written weights (%(default)s)")
    add("--latent", action="store_true", help="write the trained weights, not their ternary values")
    return p


def parameters(args):
    """How many numbers a model of these sizes learns."""
    h, i, n, v = args.hidden, args.intermediate, args.layers, args.pieces
    return n * (4 * h * h + 3 * h * i + 4 * h + i) + 2 * v * h + h


def parse(words=None):
    """The checked options of the command line."""
    p = parser()
    args = p.parse_args(words)
    if args.hold is None:
        args.hold = args.steps // 3
    if args.warm_up is None:
        args.warm_up = min(MAX_WARM_UP, args.hold // 2)
    if not args.warm_up <= args.hold <= args.steps:
        p.error(
            f"--warm-up {args.warm_up}, --hold {args.hold}, --steps {args.steps}: allowed are --warm-up <= --hold <= --steps"
        )
    needed = parameters(args) * BYTES_PER_PARAMETER
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if args.device == "cpu" and needed > memory:
        p.error(
            f"--hidden, --layers, --intermediate, --pieces: {parameters(args)} parameters need {needed / 1e9:.1f} GB,"
            f" this machine has {memory / 1e9:.1f} GB"
        )
    if os.path.exists(os.path.join(args.out, "model.safetensors")) and not os.path.exists(os.path.join(args.out, "resume.pt")):
        p.error(f"--out {args.out} holds a model that cannot be continued (no resume.pt); allowed is another folder")
    return args
