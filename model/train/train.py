#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Trains a MatMul-free language model (HGRNBit) on text files and writes a checkpoint folder in the published layout.

The run is resumable: started again with the same arguments it goes on from the last save. --steps may still be changed
before --hold is reached; up to there the learning rate does not depend on it.
"""
import argparse
import json
import math
import os
import sys
import time

# Set before the libraries load: freed memory stays with the process (page faults cost a third of the time otherwise), and
# OpenBLAS uses AVX-512 on processors that it does not know by name. One thread: a second one costs more than it gives.
FAST = {
    "MALLOC_MMAP_THRESHOLD_": "4000000000",
    "MALLOC_TRIM_THRESHOLD_": "16000000000",
    "MALLOC_TOP_PAD_": "268435456",
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
    "OPENBLAS_NUM_THREADS": "1",
}
with open("/proc/cpuinfo") as cpuinfo:
    if "avx512bw" in cpuinfo.read():
        FAST["OPENBLAS_CORETYPE"] = "SKYLAKEX"
if __name__ == "__main__" and any(key not in os.environ for key in FAST):
    os.execve(sys.executable, [sys.executable, *sys.argv], {**FAST, **os.environ})

import sentencepiece
import torch
from tqdm import tqdm

import checkpoint
import corpus
from network import Network, Shape


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text", nargs="+", help="text files to train on (UTF-8)")
    parser.add_argument("--valid", required=True, help="text file to measure on, never trained on")
    parser.add_argument("--out", required=True, help="folder to write")
    parser.add_argument("--pieces", type=int, default=2048, help="pieces of the tokenizer")
    parser.add_argument("--hidden", type=int, default=256)
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--intermediate", type=int, default=768)
    parser.add_argument("--steps", type=int, default=12000, help="optimiser steps in all")
    parser.add_argument("--hold", type=int, default=4000, help="steps before the learning rate starts to fall")
    parser.add_argument("--warm-up", type=int, default=150)
    parser.add_argument("--streams", type=int, default=16, help="parallel walks through the text")
    parser.add_argument("--window", type=int, default=128, help="tokens of each walk per step")
    parser.add_argument("--rate", type=float, default=1e-2, help="peak learning rate")
    parser.add_argument("--decay", type=float, default=0.05, help="weight decay of matrices and embedding")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--save-every", type=int, default=500, help="steps between saves and measurements")
    parser.add_argument("--dtype", default="BF16", choices=["F32", "BF16", "F16"], help="of the written weights")
    parser.add_argument("--latent", action="store_true", help="write the trained weights, not their ternary values")
    return parser.parse_args()


def learning_rate(step, args):
    """Warm-up, constant, then linear to 2 %: ternary weights settle only while the rate falls."""
    if step < args.warm_up:
        return args.rate * (step + 1) / args.warm_up
    if step < args.hold:
        return args.rate
    left = (args.steps - step) / max(1, args.steps - args.hold)
    return args.rate * max(0.02, left)


class Run:
    """One training run: everything that a save holds."""

    def __init__(self, args):
        torch.manual_seed(args.seed)
        torch.set_num_threads(args.threads)
        torch.set_flush_denormal(True)
        self.args = args
        text, self.corpus_hash = corpus.read(args.text)
        os.makedirs(args.out, exist_ok=True)
        tokenizer_path = os.path.join(args.out, "tokenizer.model")
        if not os.path.exists(tokenizer_path):
            with open(tokenizer_path, "wb") as file:
                file.write(corpus.train_tokenizer(text, args.pieces))
        self.tokenizer = sentencepiece.SentencePieceProcessor(model_file=tokenizer_path)
        self.tokens = corpus.encode(self.tokenizer, text, args.seed)
        self.streams = corpus.Streams(self.tokens, args.streams, args.window)
        valid, self.valid_hash = corpus.read([args.valid])
        self.valid_bytes = len(valid.encode())
        self.valid_tokens = corpus.encode(self.tokenizer, valid)
        self.network = Network(Shape(args.pieces, args.hidden, args.layers, args.intermediate))
        decayed = [*self.network.matrices.values(), self.network.embedding]
        others = [*self.network.vectors.values(), self.network.lower_bounds]
        self.optimizer = torch.optim.AdamW(
            [{"params": decayed, "weight_decay": args.decay}, {"params": others, "weight_decay": 0.0}],
            lr=args.rate,
            betas=(0.9, 0.95),
        )
        self.state = self.network.start(args.streams)
        self.step, self.seconds, self.log, self.recent = 0, 0.0, [], None

    def train_step(self):
        """One window of every stream."""
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.step, self.args)
        inputs, targets = self.streams.window(self.step)
        logits, self.state = self.network(inputs, self.state)
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        self.step += 1
        value = loss.item()
        if not math.isfinite(value):
            sys.exit(f"train: the loss is {value} at step {self.step}; lower --rate (found {self.args.rate})")
        self.recent = value if self.recent is None else 0.98 * self.recent + 0.02 * value

    @torch.no_grad()
    def measure(self, window=1024):
        """Negative log likelihood per token and bits per byte of the whole validation text, read as one text."""
        state, total = self.network.start(1), 0.0
        inputs, targets = self.valid_tokens[:-1], self.valid_tokens[1:]
        for begin in range(0, len(inputs), window):
            logits, state = self.network(inputs[begin : begin + window].unsqueeze(1), state)
            total += torch.nn.functional.cross_entropy(logits[:, 0], targets[begin : begin + window], reduction="sum").item()
        return total / len(targets), total / math.log(2) / self.valid_bytes

    def save(self, path):
        """Everything needed to go on, replaced in one move."""
        held = {
            "args": vars(self.args),
            "corpus": self.corpus_hash,
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "state": self.state,
            "step": self.step,
            "seconds": self.seconds,
            "log": self.log,
            "recent": self.recent,
        }
        torch.save(held, path + ".part")
        os.replace(path + ".part", path)

    def resume(self, path):
        """Goes on from a save; refuses one of another run."""
        held = torch.load(path)
        free = {"threads", "save_every", "valid", "text", "out", "dtype", "latent"}
        if held["step"] <= held["args"]["hold"]:
            free.add("steps")
        for key, value in held["args"].items():
            if key not in free and value != vars(self.args)[key]:
                sys.exit(f"train: {path}: --{key.replace('_', '-')} was {value}, now {vars(self.args)[key]}")
        if held["corpus"] != self.corpus_hash:
            sys.exit(f"train: {path}: trained on a text with SHA-256 {held['corpus']}, now {self.corpus_hash}")
        self.network.load_state_dict(held["network"])
        self.optimizer.load_state_dict(held["optimizer"])
        self.state, self.step, self.seconds = held["state"], held["step"], held["seconds"]
        self.log, self.recent = held["log"], held["recent"]

    def record(self):
        """Measures, and adds a line to the log."""
        nll, bits = self.measure()
        self.log.append(
            {
                "step": self.step,
                "tokens": self.step * self.args.streams * self.args.window,
                "cpu_seconds": round(self.seconds, 1),
                "rate": learning_rate(self.step, self.args),
                "train_nll": round(self.recent, 4),
                "valid_nll": round(nll, 4),
                "valid_bits_per_byte": round(bits, 4),
            }
        )
        return self.log[-1]

    def write(self):
        """The checkpoint folder, and training.json: what it was made from, and how it went."""
        args = self.args
        checkpoint.write(args.out, self.network, args.dtype, settle=not args.latent)
        told = {
            "parameters": sum(p.numel() for p in self.network.parameters()),
            "arguments": {k: v for k, v in vars(args).items() if k not in ("text", "valid", "out")},
            "text_sha256": self.corpus_hash,
            "valid_sha256": self.valid_hash,
            "text_tokens": len(self.tokens),
            "log": self.log,
        }
        with open(os.path.join(args.out, "training.json"), "w") as file:
            json.dump(told, file, indent=1)
            file.write("\n")


def main():
    args = options()
    run = Run(args)
    save_path = os.path.join(args.out, "resume.pt")
    if os.path.exists(save_path):
        run.resume(save_path)
    with tqdm(total=args.steps, initial=run.step, unit="step", disable=None) as bar:
        while run.step < args.steps:
            begin = time.process_time()
            run.train_step()
            run.seconds += time.process_time() - begin
            bar.update()
            bar.set_postfix(nll=f"{run.recent:.3f}")
            if run.step % args.save_every == 0 or run.step == args.steps:
                line = run.record()
                run.save(save_path)
                tqdm.write(
                    f"step {line['step']}  {line['tokens'] / 1e6:.2f} M tokens  {line['cpu_seconds']:.0f} s"
                    f"  train {line['train_nll']:.3f}  valid {line['valid_nll']:.3f}"
                    f"  {line['valid_bits_per_byte']:.4f} bits/byte"
                )
                sys.stdout.flush()
    run.write()


if __name__ == "__main__":
    main()
