# SPDX-License-Identifier: Apache-2.0
"""The loss curve of a training log as a picture."""
import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot


def draw(log, path):
    """Training and validation nll per token over the tokens seen, and the learning rate, into the PNG file `path`."""
    tokens = [line["tokens"] / 1e6 for line in log]
    figure, left = pyplot.subplots(figsize=(8, 4.5), layout="constrained")
    right = left.twinx()
    right.fill_between(tokens, [line["rate"] for line in log], color="0.9", label="learning rate")
    right.set_ylabel("learning rate")
    right.set_ylim(bottom=0)
    left.plot(tokens, [line["train_nll"] for line in log], color="tab:blue", marker=".", label="training")
    left.plot(tokens, [line["valid_nll"] for line in log], color="tab:orange", marker=".", label="validation")
    left.set_xlabel("million tokens")
    left.set_ylabel("nll per token (nats)")
    left.set_zorder(right.get_zorder() + 1)
    left.patch.set_visible(False)
    lines, labels = (a + b for a, b in zip(left.get_legend_handles_labels(), right.get_legend_handles_labels()))
    left.legend(lines, labels, loc="upper right")
    figure.savefig(path, dpi=100)
    pyplot.close(figure)
