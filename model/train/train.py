#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The command that trains a model; `train.py --help` describes it."""
import os
import signal
import sys
import time

import failure
import options
import texts

# Set before the libraries load: freed memory stays with the process (page faults cost a third of the time otherwise), and
# OpenBLAS uses AVX-512 on processors that it does not know by name. One thread: a second one costs more than it gives.
FAST = {
    "MALLOC_MMAP_THRESHOLD_": "4000000000",
    "MALLOC_TRIM_THRESHOLD_": "16000000000",
    "MALLOC_TOP_PAD_": "268435456",
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
    "OPENBLAS_NUM_THREADS": "1",
}


def set_environment():
    """Starts this process anew if the libraries would not find what they need."""
    fast = dict(FAST)
    with open("/proc/cpuinfo") as cpuinfo:
        if "avx512bw" in cpuinfo.read():
            fast["OPENBLAS_CORETYPE"] = "SKYLAKEX"
    if any(key not in os.environ for key in fast):
        os.execve(sys.executable, [sys.executable, *sys.argv], {**fast, **os.environ})


class Stop:
    """SIGINT and SIGTERM end the run behind the step in progress; a second one at once."""

    def __init__(self):
        self.signal = 0
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self.note)

    def note(self, number, _frame):
        self.signal = number
        signal.signal(number, signal.SIG_DFL)


def train(run, stop):
    """Steps until the end or a signal; returns the exit code."""
    from tqdm import tqdm

    args = run.args
    with tqdm(total=args.steps, initial=run.step, unit="step", disable=None) as bar:
        while run.step < args.steps:
            begin = time.process_time()
            run.train_step()
            run.seconds += time.process_time() - begin
            bar.update()
            bar.set_postfix(nll=f"{run.recent:.3f}")
            if run.step % args.save_every == 0 or run.step == args.steps:
                line = run.record()
                run.save()
                tqdm.write(
                    f"step {line['step']}  {line['tokens'] / 1e6:.2f} M tokens  {line['cpu_seconds']:.0f} s"
                    f"  train {line['train_nll']:.3f}  valid {line['valid_nll']:.3f}"
                    f"  {line['valid_bits_per_byte']:.4f} bits/byte"
                )
                sys.stdout.flush()
            if stop.signal and run.step < args.steps:
                run.save()
                tqdm.write(f"stopped and saved at step {run.step}; the same command goes on from there", file=sys.stderr)
                return 128 + stop.signal
    run.write()
    return 0


def main():
    args = options.parse()
    both = texts.read(args.text), texts.read([args.valid])
    from run import Run  # PyTorch takes seconds to load: what is wrong with the options has been said before

    try:
        return train(Run(args, both), Stop())
    except RuntimeError as error:  # what PyTorch raises when memory runs out
        if "memory" not in str(error):
            raise
        raise failure.Failure(failure.MEMORY, f"out of memory: {str(error).splitlines()[0]}") from None


if __name__ == "__main__":
    set_environment()
    failure.run("train", main)
