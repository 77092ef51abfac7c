#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The King James Bible from Debian's packages bible-kjv and bible-kjv-text: one verse per line, an empty line between books.

Prints it, or with --out writes train.txt, valid.txt (every 20th block of 8 kB) and corpus.json into a folder.

Exit codes: 0 done, 2 wrong option, 6 the command `bible` is not there or does not work.
"""
import argparse
import re
import subprocess
import sys

import failure
import texts
from failure import FILE, Failure

VERSES = 31102


def lines():
    """The verses, without their references; an empty line where the book changes."""
    command = ["bible", "-f", "gen1:1-rev22:21"]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=True, encoding="ascii")
    except (OSError, subprocess.CalledProcessError, UnicodeDecodeError) as error:
        raise Failure(FILE, f"{' '.join(command)}: {error}; it is in Debian's packages bible-kjv and bible-kjv-text") from None
    verses = [re.fullmatch(r"(\d?[A-Za-z]+)\d+:\d+ (.*)", line) for line in done.stdout.splitlines()]
    if len(verses) != VERSES or None in verses:
        raise Failure(FILE, f"{' '.join(command)}: {len(verses)} lines, allowed are {VERSES} verses with a reference each")
    book = "Ge"
    for verse in verses:
        if verse[1] != book:
            book = verse[1]
            yield ""
        yield " ".join(verse[2].split())


def main():
    parser = argparse.ArgumentParser(prog="kjv", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", help="folder to write (default: print the text)")
    args = parser.parse_args()
    if args.out:
        texts.write_corpus(args.out, list(lines()), {"source": "King James Bible, Debian packages bible-kjv, bible-kjv-text"})
    else:
        sys.stdout.write("".join(line + "\n" for line in lines()))
    return 0


if __name__ == "__main__":
    failure.run("kjv", main)
