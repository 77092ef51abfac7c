#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Cleans Project Gutenberg plain-text books for training: one paragraph per line, an empty line between tales, ASCII.

Takes the .txt files of a folder in the order of their names (or the files given), and writes train.txt, valid.txt (every
20th block of 8 kB) and corpus.json (counts and hashes) into --out.

Exit codes: 0 done, 2 wrong option, 6 file access, 7 a file is not a Project Gutenberg text.
"""
import argparse
import hashlib
import os
import re
import unicodedata

import failure
import texts
from failure import CONTENT, FILE, Failure

START = re.compile(r"^\s*\*{3} ?START OF (?:THE|THIS) PROJECT GUTENBERG.*$|^.*\*END\*? ?THE SMALL PRINT!.*$", re.M | re.I)
END = re.compile(
    r"^\s*\*{3} ?END OF (?:THE|THIS) PROJECT GUTENBERG.*$|^\s*End of (?:the |this )?Project Gutenberg.*$", re.M | re.I
)

# Asides inside the text. Brackets may go over several lines.
ASIDES = re.compile(
    r"\[(?:Illustrations?|Picture|Transcriber|Footnote|Note)\b[^\]]*\]"  # pictures and notes
    r"|\[\d+\]|\(\d+\)|\{\d+\}|\[[*†‡]+\]|[†‡]",  # footnote marks and page numbers
    re.I,
)
CREDITS = re.compile(
    r"^(?:E-?text |Text |This e-?(?:book|text) )?(?:was )?"
    r"(?:produced|prepared|transcribed|scanned|proofread) (?:by|from)\b",
    re.I,
)
SOURCE = re.compile(r"^(?:From|Translated|Adapted|Taken|Source|After)\b", re.I)
BACK = re.compile(
    r"^(?:NOTES?|NOTES AND REFERENCES|REFERENCES|INDEX|FOOTNOTES?|APPENDIX|GLOSSARY|BIBLIOGRAPHY|TRANSCRIBER'S NOTES?)[.:]?$"
)
ASCII = str.maketrans(
    {
        "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201b": "'", "\u00b4": "'", "`": "'",
        "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u00ab": '"', "\u00bb": '"',
        "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "--", "\u2015": "--", "\u2212": "-",
        "\u00c6": "AE", "\u00e6": "ae", "\u0152": "OE", "\u0153": "oe", "\u00df": "ss", "\u00d8": "O", "\u00f8": "o",
        "\u00d0": "D", "\u00f0": "d", "\u00de": "Th", "\u00fe": "th", "\u00a3": "L", "\u2026": "...", "\ufeff": "",
    }
)  # fmt: skip


def decode(data):
    """Text and name of its encoding: UTF-8 where the bytes allow it, else Latin-1."""
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace"), "latin-1"


def to_ascii(text):
    """Quotes, dashes and ligatures by table, accents dropped, emphasis marks (_) dropped, anything else left out."""
    text = unicodedata.normalize("NFKD", text.translate(ASCII))
    return text.encode("ascii", "ignore").decode().replace("_", "")


def body(text, name):
    """What lies between the START and END markers."""
    end = END.search(text)
    start = [mark for mark in START.finditer(text) if end is not None and mark.end() <= end.start()]
    if not start:
        raise Failure(CONTENT, f"{name}: no START and END marker of Project Gutenberg around the text")
    return text[start[-1].end() : end.start()]


def is_heading(paragraph):
    """All capitals: a title, a chapter number, a contents list, THE END."""
    return any(c.isalpha() for c in paragraph) and paragraph == paragraph.upper()


def is_list(paragraph):
    """A line of a contents list or title page: more than half of the words capitalised, no end of a sentence."""
    words = re.findall(r"[A-Za-z]+", paragraph)
    capitals = sum(1 for word in words if word[0].isupper())
    return 2 * capitals > len(words) and not re.search(r"[.!?,;:'\"-]$", paragraph)


def is_credit(paragraph, last):
    """Who made the file; a whole paragraph in brackets; a short source line, `last` before a heading."""
    if CREDITS.match(paragraph) or re.fullmatch(r"\[[^\]]*\]|\([^)]*\)", paragraph):
        return True
    return last and len(paragraph.split()) <= 12 and bool(SOURCE.match(paragraph))


def clean(text, name="text"):
    """The lines of a book's text: paragraphs, and an empty line at every heading between them."""
    text = ASIDES.sub("", body(text.replace("\r\n", "\n").replace("\r", "\n"), name))
    paragraphs = [" ".join(to_ascii(part).split()) for part in re.split(r"\n[ \t]*\n", text)]
    paragraphs = [p for p in paragraphs if re.search(r"[A-Za-z]", p)]
    for i, paragraph in enumerate(paragraphs):
        if 2 * i >= len(paragraphs) and BACK.match(paragraph):
            del paragraphs[i:]
            break
    lines = []
    for i, paragraph in enumerate(paragraphs):
        last = i + 1 == len(paragraphs) or is_heading(paragraphs[i + 1])
        if is_heading(paragraph):
            if lines and lines[-1]:
                lines.append("")
        elif not is_list(paragraph) and not is_credit(paragraph, last):
            lines.append(paragraph)
    while lines and not lines[-1]:
        lines.pop()
    if not lines:
        raise Failure(CONTENT, f"{name}: nothing is left after cleaning")
    return lines


def books(paths):
    """The files of `paths`; of a folder, the .txt files below it."""
    for path in paths:
        if not os.path.isdir(path):
            yield path
            continue
        found = [os.path.join(root, name) for root, _, names in os.walk(path) for name in names if name.endswith(".txt")]
        if not found:
            raise Failure(FILE, f"{path}: no .txt file in this folder")
        yield from sorted(found)


def main():
    parser = argparse.ArgumentParser(
        prog="gutenberg", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("books", nargs="+", help="folder of books, or text files")
    parser.add_argument("--out", required=True, help="folder to write")
    args = parser.parse_args()
    lines, report = [], {"books": []}
    for path in books(args.books):
        with open(path, "rb") as file:
            data = file.read()
        text, encoding = decode(data)
        cleaned = clean(text, path)
        report["books"].append(
            {
                "file": os.path.basename(path),
                "sha256": hashlib.sha256(data).hexdigest(),
                "encoding": encoding,
                "bytes": len(data),
                "kept_bytes": sum(len(line) + 1 for line in cleaned),
                "paragraphs": sum(1 for line in cleaned if line),
                "borders": cleaned.count(""),
            }
        )
        lines += ([""] if lines else []) + cleaned
    texts.write_corpus(args.out, lines, report)
    return 0


if __name__ == "__main__":
    failure.run("gutenberg", main)
