#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the model card, README.md, of a checkpoint folder that the trainer left.

Shape, recipe and losses come from its config.json and training.json; data and licence from --data; accuracy from --eval, a
JSON object of numbers (others in it are left out) or several; samples from --generate, a command line to which
"--prompt TEXT --seed N" is added for the seeds 1 to 3: whatever it prints is the sample, none is picked.

Exit codes: 0 done, 2 wrong option, 6 file access, 7 a file's content does not serve, 1 the command for samples failed.
"""
import argparse
import json
import os
import shlex
import subprocess
import textwrap

import failure
import texts
from failure import CONTENT, Failure

SEEDS = (1, 2, 3)
FILES = {
    "config.json": "shape of the model, in the published layout",
    "model.safetensors": "the weights",
    "tokenizer.model": "SentencePiece BPE, newline a symbol of its own",
    "calibration.txt": "the beginning of the training text, for choosing fixed-point formats",
    "heldout.txt": "validation text, for measuring quality",
    "training.json": "arguments, hashes of the texts, and the log of the run",
    "curve.png": "the log as a picture",
}


def load(path):
    """A JSON object."""
    with open(path, encoding="utf-8") as file:
        try:
            value = json.load(file)
        except ValueError as error:
            raise Failure(CONTENT, f"{path}: not JSON: {error}") from None
    if not isinstance(value, dict):
        raise Failure(CONTENT, f"{path}: found a {type(value).__name__}, allowed is an object")
    return value


def table(head, rows):
    """A Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows])


def prose(text):
    """A paragraph in lines of readable length."""
    return textwrap.fill(text, 150, break_long_words=False, break_on_hyphens=False)


def number(value):
    """At most six digits, thousands marked."""
    return f"{value:,}" if isinstance(value, int) else f"{value:.6g}"


def numbers(value, prefix=""):
    """(name, number) of every number in an object and the objects in it."""
    for key, inner in value.items():
        if isinstance(inner, dict):
            yield from numbers(inner, f"{prefix}{key} ")
        elif isinstance(inner, (int, float)) and not isinstance(inner, bool):
            yield prefix + key.replace("_", " "), inner


def accuracy(files):
    """Rows of every number in the evaluation files."""
    rows = []
    for path in files:
        told = load(path)
        told = list(numbers(told.get("whole", told)))  # of a summary of `neurotile eval`: the whole text
        if not told:
            raise Failure(CONTENT, f"{path}: no number in it")
        rows += [(name, number(value)) for name, value in told]
    return rows


def samples(command, prompt):
    """What the command prints for each seed."""
    for seed in SEEDS:
        words = [*shlex.split(command), "--prompt", prompt, "--seed", str(seed)]
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", errors="replace")
        if done.returncode != 0:
            raise Failure(1, f"{shlex.join(words)}: exit code {done.returncode}: {done.stderr.strip()}")
        yield seed, done.stdout.rstrip()


def card(folder, name, data, evaluations, generate, prompt):
    """The text of the card."""
    told, shape = load(os.path.join(folder, "training.json")), load(os.path.join(folder, "config.json"))
    try:
        args, last = told["arguments"], told["log"][-1]
        tokens, once = last["tokens"], told["text_tokens"]
        h, i = shape["hidden_size"], shape["intermediate_size"]
        layers, vocab = shape["num_hidden_layers"], shape["vocab_size"]
        ternary = layers * (4 * h * h + 3 * h * i) + vocab * h
        facts = [
            ("shape", f"hidden {h}, {layers} layers, intermediate {i}, vocabulary {vocab}"),
            ("parameters", f"{told['parameters']:,}, of which {ternary:,} are ternary at run time"),
            ("weights in the file", args["dtype"] + ("" if args["latent"] else ", a ternary matrix as one magnitude and signs")),
            ("trained on", f"{tokens / 1e6:.1f} million tokens, {tokens / once:.1f} epochs of {once:,} tokens"),
            ("training time", f"{last['cpu_seconds'] / 3600:.1f} hours of one processor core, without measurements"),
            ("validation loss", f"{last['valid_nll']:.4f} nats per token, {last['valid_bits_per_byte']:.4f} bits per byte"),
            ("training loss", f"{last['train_nll']:.4f} nats per token (running mean)"),
        ]
        hashes = [("training text", told["text_sha256"]), ("validation text", told["valid_sha256"])]
    except (KeyError, IndexError, TypeError) as error:
        raise Failure(CONTENT, f"{folder}: training.json or config.json lacks {error}") from None
    parts = [
        "<!-- SPDX-License-Identifier: Apache-2.0 -->",
        f"# {name}",
        prose(
            "A HGRNBit (MatMul-free) language model in the published checkpoint layout, trained by `model/train/train.py` of this"
            " project. This page was written by `model/train/card.py`."
        ),
        table(("", ""), facts),
        "## Files",
        table(("file", "what"), [(f"`{file}`", FILES[file]) for file in FILES if os.path.exists(os.path.join(folder, file))]),
    ]
    if evaluations:
        parts += ["## Accuracy", "On text that was never trained on.", table(("", ""), accuracy(evaluations))]
    parts += [
        "## Recipe",
        prose(
            "AdamW (0.9, 0.95), gradient clipped at 1; the learning rate rises over the warm-up, stays until `--hold`, and falls in"
            " a line to 2 %. Every stream carries its state from window to window. Why so: `docs/training.md`. Arguments of"
            " `train.py`:"
        ),
        "    " + " ".join(f"--{key.replace('_', '-')} {value}" for key, value in args.items() if not isinstance(value, bool)),
    ]
    if os.path.exists(os.path.join(folder, "curve.png")):
        parts.append("![loss over tokens](curve.png)")
    parts += ["## Data", f"{data['name'].capitalize()}; SHA-256 of the cleaned texts:", table(("text", "SHA-256"), hashes)]
    parts += [table(("Project Gutenberg number", "book", "by"), [(b["number"], b["title"], b["by"]) for b in data["books"]])]
    parts += ["## Licence", prose(data["licence"] + " The model and the rest of the project: Apache-2.0.")]
    if generate:
        parts += ["## Samples", f'`{generate}` with the prompt "{prompt}" and the seeds 1, 2 and 3, not picked:']
        for seed, text in samples(generate, prompt):
            parts.append("\n".join([f"Seed {seed}:", "", *(f"> {line}" if line else ">" for line in text.split("\n"))]))
    return "\n\n".join(parts) + "\n"


def main():
    parser = argparse.ArgumentParser(prog="card", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", help="checkpoint folder")
    parser.add_argument("--data", required=True, help="JSON with name, licence and books (model/train/tales.json)")
    parser.add_argument("--eval", action="append", default=[], help="JSON object of numbers; may be given several times")
    parser.add_argument("--generate", help="command that writes text")
    parser.add_argument("--prompt", default="Once upon a time", help="(%(default)s)")
    parser.add_argument("--name", help="name of the model (the folder's)")
    args = parser.parse_args()
    data = load(args.data)
    if not {"name", "licence", "books"} <= data.keys():
        raise Failure(CONTENT, f"{args.data}: allowed is an object with name, licence and books")
    name = args.name or os.path.basename(os.path.abspath(args.folder))
    text = card(args.folder, name, data, args.eval, args.generate, args.prompt)
    texts.replace(os.path.join(args.folder, "README.md"), text)
    return 0


if __name__ == "__main__":
    failure.run("card", main)
