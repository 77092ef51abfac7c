# SPDX-License-Identifier: Apache-2.0
"""What the tests of the trainer share: its folder, a text, a small network, and the commands."""
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TRAIN = os.path.normpath(os.path.join(HERE, "..", "..", "model", "train"))
sys.path.insert(0, TRAIN)

# Set by ctest; by hand, what `make build` leaves.
BUILD = os.path.normpath(os.path.join(HERE, "..", "..", "build"))
NLL = os.environ.get("NT_NLL", os.path.join(BUILD, "testbench", "train", "nt_nll"))
COMMAND = os.environ.get("NT_COMMAND", os.path.join(BUILD, "neurotile"))


def kjv(first, count):
    """`count` verses of the King James Bible from number `first`."""
    import kjv as reader

    return "".join(line + "\n" for line in list(reader.lines())[first : first + count])


def write(folder, name, content):
    """A file of that content (str or bytes); its path."""
    path = os.path.join(folder, name)
    with open(path, "wb") as file:
        file.write(content.encode() if isinstance(content, str) else content)
    return path


def train(*words, script="train.py", **more):
    """Runs a command of model/train; its finished process."""
    command = [sys.executable, "-B", os.path.join(TRAIN, script), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=250, **more)


def network(pieces=512, seed=7):
    """A network that nobody trained, with every parameter far from its default so that each one is felt."""
    import torch
    from network import Network, Shape

    draw = torch.Generator().manual_seed(seed)
    net = Network(Shape(pieces, 64, 3, 96), draw).double()
    with torch.no_grad():
        for matrix in net.matrices.values():
            matrix.mul_(20)
        for vector in net.vectors.values():
            vector.copy_(3 * torch.rand(vector.shape, generator=draw) + 0.5)
        net.lower_bounds.normal_(0, 3, generator=draw)
    return net
