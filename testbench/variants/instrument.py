#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a copy of the tile's RTL that holds many variants of it, one of which is active in a run.

Usage: instrument.py RTL VARIANTS.json OUT

RTL is the folder of nt_tile.f. VARIANTS.json is a list of objects:
  number  1 to 65535, used once; 0 is the tile as it is
  file    name of a file in RTL
  kind    "expression" (an operand or operator with its operands) or "statement" (one or more whole statements)
  old     the text replaced; it stands in the file exactly once
  begin, end  in place of `old`: offsets of the text in the file, in characters
  new     the text put in its place; "" for a statement that is dropped
Other keys are not looked at. Texts of two variants are the same, one inside the other, or apart.

In OUT an expression reads ((nt_variant == N) ? (new) : (old)), a statement stands in an if. nt_variant comes from
nt_variant.vh: the environment variable NT_VARIANT in Verilator, +nt_variant=N in Icarus. OUT takes nothing else over,
and a file that would not change is not touched, so that nothing is built twice.
"""

import json
import pathlib
import re
import shutil
import sys

HEADER_END = re.compile(r"^\);$", re.MULTILINE)


class Error(Exception):
    """Wrong input; the text says where."""


def located(variant, text):
    """Where the variant's text stands in its file: (begin, end)."""
    name = f"variant {variant['number']} in {variant['file']}"
    if "old" not in variant:
        begin, end = variant["begin"], variant["end"]
        if not 0 <= begin < end <= len(text):
            raise Error(f"{name}: characters {begin} to {end} of a file with {len(text)}")
        return begin, end
    count = text.count(variant["old"])
    if count != 1:
        raise Error(f"{name}: the text {variant['old']!r} stands there {count} times, allowed: once")
    begin = text.index(variant["old"])
    return begin, begin + len(variant["old"])


def chosen(kind, original, replacements):
    """The original, or the replacement whose number is active."""
    if kind == "expression":
        for number, new in replacements:
            original = f"((nt_variant == 16'd{number}) ? ({new}) : ({original}))"
        return original
    for number, new in replacements:
        original = f"if (nt_variant == 16'd{number}) begin {new} end else begin {original} end"
    return f"begin {original} end"


def instrumented(text, sites, begin, end):
    """text[begin:end] with the sites inside it, which are sorted, outermost first."""
    out = []
    at = begin
    while sites:
        (first, last, kind), replacements = sites[0]
        inside = [site for site in sites[1:] if site[0][1] <= last]
        if any(site[0][0] < last < site[0][1] for site in sites[1:]):
            raise Error(f"texts overlap: {text[first:last]!r}")
        out.append(text[at:first])
        out.append(chosen(kind, instrumented(text, inside, first, last), replacements))
        at = last
        sites = sites[1 + len(inside):]
    out.append(text[at:end])
    return "".join(out)


def with_variants(text, variants):
    """The text of a file with its variants."""
    sites = {}
    for variant in variants:
        begin, end = located(variant, text)
        sites.setdefault((begin, end, variant["kind"]), []).append((variant["number"], variant["new"]))
    ordered = sorted(sites.items(), key=lambda site: (site[0][0], -site[0][1]))
    header = HEADER_END.search(text)
    if not header or any(site[0][0] < header.end() for site in ordered):
        raise Error(f"{variants[0]['file']}: variants stand behind the module's ports only")
    at = header.end()
    return text[:at] + '\n`include "nt_variant.vh"\n' + instrumented(text, ordered, at, len(text))


def write(path, text):
    """Writes the file unless it holds that text."""
    if not path.exists() or path.read_text() != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__.strip())
    rtl, list_file, out = map(pathlib.Path, sys.argv[1:])
    by_file = {}
    numbers = set()
    for variant in json.loads(list_file.read_text()):
        if variant["number"] in numbers or not 1 <= variant["number"] <= 65535:
            raise Error(f"{list_file}: number {variant['number']} is used twice or not 1 to 65535")
        numbers.add(variant["number"])
        by_file.setdefault(variant["file"], []).append(variant)
    sources = [path for path in sorted(rtl.rglob("*")) if path.suffix in (".v", ".vh", ".vlt", ".f")]
    unknown = set(by_file) - {path.name for path in sources}
    if unknown:
        raise Error(f"{list_file}: no such file in {rtl}: {', '.join(sorted(unknown))}")
    for path in sources:
        text = path.read_text()
        write(out / path.relative_to(rtl), with_variants(text, by_file[path.name]) if path.name in by_file else text)
    write(out / "include" / "nt_variant.vh", (pathlib.Path(__file__).parent / "nt_variant.vh").read_text())


if __name__ == "__main__":
    try:
        main()
    except Error as error:
        sys.exit(f"instrument: {error}")
