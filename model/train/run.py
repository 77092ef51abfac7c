# SPDX-License-Identifier: Apache-2.0
"""One training run: steps, measurement, saves, and the folder it leaves."""
import json
import math
import os

import sentencepiece
import torch

import checkpoint
import corpus
import curve
import texts
from failure import CONTENT, DEVICE, OPTION, RANGE, Failure
from network import Network, Shape

CALIBRATION_BYTES, HELDOUT_BYTES = 40000, 120000
# A save may be continued with other values of these; they do not change what is learned.
FREE = {"threads", "device", "save_every", "valid", "text", "out", "dtype", "latent"}


def learning_rate(step, args):
    """Warm-up, constant, then linear to 2 %: ternary weights settle only while the rate falls."""
    if step < args.warm_up:
        return args.rate * (step + 1) / args.warm_up
    if step < args.hold:
        return args.rate
    left = (args.steps - step) / max(1, args.steps - args.hold)
    return args.rate * max(0.02, left)


def device(name):
    """The PyTorch device of that name, tried out."""
    try:
        torch.zeros(1, device=name)
        return torch.device(name)
    except (RuntimeError, AssertionError) as error:
        raise Failure(DEVICE, f"--device {name}: {str(error).splitlines()[0]}") from None


class Run:
    """Everything that a save holds, and what it was made from. `texts_read` are (text, SHA-256) of the training text and
    of the validation text."""

    def __init__(self, args, texts_read):
        (self.text, self.corpus_hash), (self.valid, self.valid_hash) = texts_read
        self.args, self.device = args, device(args.device)
        torch.manual_seed(args.seed)
        torch.set_num_threads(args.threads)
        torch.set_flush_denormal(True)
        os.makedirs(args.out, exist_ok=True)
        self.save_path = os.path.join(args.out, "resume.pt")
        held = self.load()
        self.tokenizer = self.open_tokenizer(held is not None)
        self.tokens = corpus.encode(self.tokenizer, self.text, args.seed).to(self.device)
        self.streams = corpus.Streams(self.tokens, args.streams, args.window)
        self.valid_tokens = corpus.encode(self.tokenizer, self.valid).to(self.device)
        # Made on the CPU, so that the first weights are the same on every device.
        self.network = Network(Shape(args.pieces, args.hidden, args.layers, args.intermediate)).to(self.device)
        decayed = [*self.network.matrices.values(), self.network.embedding]
        others = [*self.network.vectors.values(), self.network.lower_bounds]
        self.optimizer = torch.optim.AdamW(
            [{"params": decayed, "weight_decay": args.decay}, {"params": others, "weight_decay": 0.0}],
            lr=args.rate,
            betas=(0.9, 0.95),
        )
        self.state = self.network.start(args.streams)
        self.step, self.seconds, self.log, self.recent = 0, 0.0, [], None
        if held is not None:
            self.resume(held)

    def open_tokenizer(self, resumed):
        """That of the save, else one trained on the text."""
        path = os.path.join(self.args.out, "tokenizer.model")
        if not resumed:
            texts.replace(path, corpus.train_tokenizer(self.text, self.args.pieces))
        try:
            tokenizer = sentencepiece.SentencePieceProcessor(model_file=path)
        except RuntimeError:
            raise Failure(CONTENT, f"{path}: not a SentencePiece model") from None
        if tokenizer.vocab_size() != self.args.pieces:
            raise Failure(CONTENT, f"{path}: {tokenizer.vocab_size()} pieces, allowed {self.args.pieces}")
        return tokenizer

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
            raise Failure(RANGE, f"the loss is {value} at step {self.step}; --rate {self.args.rate} is too high")
        self.recent = value if self.recent is None else 0.98 * self.recent + 0.02 * value

    @torch.no_grad()
    def measure(self, window=1024):
        """Negative log likelihood per token and bits per byte of the whole validation text, read as one text."""
        state, total = self.network.start(1), 0.0
        inputs, targets = self.valid_tokens[:-1], self.valid_tokens[1:]
        for begin in range(0, len(inputs), window):
            logits, state = self.network(inputs[begin : begin + window].unsqueeze(1), state)
            total += torch.nn.functional.cross_entropy(logits[:, 0], targets[begin : begin + window], reduction="sum").item()
        return total / len(targets), total / math.log(2) / len(self.valid.encode())

    def save(self):
        """Everything needed to go on, replaced in one move."""
        held = {
            "args": vars(self.args),
            "corpus": self.corpus_hash,
            "valid_corpus": self.valid_hash,
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "state": self.state,
            "step": self.step,
            "seconds": self.seconds,
            "log": self.log,
            "recent": self.recent,
        }
        torch.save(held, self.save_path + ".part")
        os.replace(self.save_path + ".part", self.save_path)

    def load(self):
        """The save in the output folder, or None; refuses one of another run."""
        path = self.save_path
        if not os.path.exists(path):
            return None
        try:
            held = torch.load(path, map_location=self.device, weights_only=False)
            free = FREE | ({"steps"} if held["step"] <= held["args"]["hold"] else set())
            was, hashes = held["args"], (held["corpus"], held.get("valid_corpus", self.valid_hash))
        except Exception:  # damaged pickles raise nearly anything
            raise Failure(CONTENT, f"{path}: damaged, or not a save of this trainer") from None
        now = vars(self.args)
        for key in now.keys() & was.keys() - free:
            if was[key] != now[key]:
                option = "--" + key.replace("_", "-")
                raise Failure(OPTION, f"{path} is a save of another run: {option} was {was[key]}, now {now[key]}")
        for name, was, now in zip(("text", "--valid"), hashes, (self.corpus_hash, self.valid_hash)):
            if was != now:
                raise Failure(CONTENT, f"{path} is a save of another run: SHA-256 of {name} was {was}, now {now}")
        return held

    def resume(self, held):
        """Goes on from a save."""
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
        """The checkpoint folder, and training.json and curve.png: what it was made from, and how it went."""
        args, out = self.args, self.args.out
        torch.set_flush_denormal(False)  # numpy, below the picture, looks at denormal numbers
        checkpoint.write(out, self.network, args.dtype, settle=not args.latent)
        texts.replace(os.path.join(out, "calibration.txt"), texts.excerpt(self.text, CALIBRATION_BYTES))
        texts.replace(os.path.join(out, "heldout.txt"), texts.excerpt(self.valid, HELDOUT_BYTES))
        told = {
            "parameters": sum(p.numel() for p in self.network.parameters()),
            "arguments": {k: v for k, v in vars(args).items() if k not in ("text", "valid", "out")},
            "text": [os.path.basename(path) for path in args.text],
            "text_bytes": len(self.text.encode()),
            "text_sha256": self.corpus_hash,
            "text_tokens": len(self.tokens),
            "valid_bytes": len(self.valid.encode()),
            "valid_sha256": self.valid_hash,
            "valid_tokens": len(self.valid_tokens),
            "torch": torch.__version__,
            "sentencepiece": sentencepiece.__version__,
            "log": self.log,
        }
        texts.replace(os.path.join(out, "training.json"), json.dumps(told, indent=1) + "\n")
        curve.draw(self.log, os.path.join(out, "curve.png"))
