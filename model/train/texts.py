# SPDX-License-Identifier: Apache-2.0
"""Text files: reading, hashing, excerpts, and holding out a part. One paragraph per line, an empty line between tales."""
import hashlib
import json
import os

from failure import CONTENT, Failure

BLOCK = 8192  # bytes
EVERY = 20  # one block of so many is held out


def read(paths):
    """The texts of `paths` joined, and the SHA-256 of their bytes."""
    parts = []
    for path in paths:
        with open(path, "rb") as file:
            parts.append(file.read())
        try:
            text = parts[-1].decode("utf-8")
        except UnicodeDecodeError as error:
            raise Failure(
                CONTENT, f"{path}: byte {error.start} is 0x{parts[-1][error.start]:02x}, allowed is UTF-8"
            ) from None
        if not text.strip():
            raise Failure(CONTENT, f"{path}: no text in {len(parts[-1])} bytes")
    data = b"".join(parts)
    return data.decode("utf-8"), hashlib.sha256(data).hexdigest()


def excerpt(text, size):
    """The whole paragraphs at the beginning of `text` that fit in `size` bytes; at least one paragraph."""
    data = text.encode()
    if len(data) <= size:
        return text
    end = data.rfind(b"\n", 0, size)
    if end < 0:
        end = data.find(b"\n")
    return text if end < 0 else data[: end + 1].decode()


def replace(path, data):
    """Writes `data` (str or bytes) to `path` in one move: a reader finds the old file or the new one."""
    with open(path + ".part", "wb") as file:
        file.write(data.encode() if isinstance(data, str) else data)
    os.replace(path + ".part", path)


def hold_out(lines):
    """Splits `lines` into two texts, (train, valid): every 20th block of 8 kB, cut at paragraphs, is held out."""
    parts, block, size = ([], []), 0, 0
    for line in lines:
        parts[block % EVERY == EVERY - 1].append(line + "\n")
        size += len(line.encode()) + 1
        if size >= BLOCK:
            block, size = block + 1, 0
    return tuple("".join(part) for part in parts)


def write_corpus(folder, lines, report):
    """Writes train.txt, valid.txt and corpus.json (`report` with counts and hashes) into `folder`."""
    os.makedirs(folder, exist_ok=True)
    for name, text in zip(("train.txt", "valid.txt"), hold_out(lines)):
        data = text.encode()
        report[name] = {
            "bytes": len(data),
            "paragraphs": sum(1 for line in text.split("\n") if line),
            "symbols": len(set(text)),
            "sha256": hashlib.sha256(data).hexdigest(),
        }
        replace(os.path.join(folder, name), data)
        print(f"{os.path.join(folder, name)}: {len(data)} bytes, {report[name]['paragraphs']} paragraphs")
    replace(os.path.join(folder, "corpus.json"), json.dumps(report, indent=1) + "\n")
