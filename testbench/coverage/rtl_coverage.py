#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Line, branch and toggle coverage of the tile from a file of Verilator's counters: a table, an lcov file, and every hole against the file of reasons.

Counters of all instances and shapes are added up per place in the source: a branch or a bit of a signal counts as covered when it was in any of them. A line
is covered when one of the blocks it belongs to ran; a bit when it changed at least once. Exit status 1 if a hole has no reason or a reason no hole.
"""
import argparse
import collections
import fnmatch
import os
import re
import sys

BRANCHES = ("if", "else", "elsif", "case")


def read_counters(path, rtl):
    """Two dicts of counts: (file, line, column, kind, lines) and (file, signal, indices)."""
    blocks = collections.Counter()
    bits = collections.Counter()
    with open(path, encoding="utf-8") as counters:
        for row in counters:
            if not row.startswith("C '"):
                continue
            text, count = row[3:].rsplit("' ", 1)
            key = dict(field.split("\x02", 1) for field in text.split("\x01") if field)
            name = os.path.basename(key["f"])
            if not os.path.exists(os.path.join(rtl, name)):
                sys.exit(f"{path}: {key['f']} is no file of {rtl}")
            if key["page"].startswith("v_toggle/"):
                signal, indices = split_signal(key["o"])
                bits[name, signal, indices] += int(count)
            else:
                lines = tuple(expand(key.get("S", "")))
                blocks[name, int(key["l"]), int(key["n"]), key["o"], lines] += int(count)
    if not blocks and not bits:
        sys.exit(f"{path}: no counters")
    return blocks, bits


def expand(ranges):
    """The numbers of "3-5,9"."""
    for part in ranges.split(",") if ranges else []:
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


def split_signal(text):
    """"mem_q[3][7]" is ("mem_q", (3, 7)). The name may hold indices of generate blocks."""
    name = re.sub(r"(\[\d+\])*$", "", text)
    return name, tuple(int(index) for index in re.findall(r"\[(\d+)\]", text[len(name):]))


class Reasons:
    """The file of reasons: an entry in the first column, its reason indented below.

    toggle FILE SIGNAL[HIGH:LOW]   bits of a signal; * in file and name, [*] and no index at all match anything
    block FILE KIND TEXT           a branch or block, KIND as in the report, that begins on a line with this text
    """

    def __init__(self, path):
        self.path = path
        self.entries = []
        with open(path, encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if not line.strip() or line.startswith("#"):
                    continue
                if line[0] == " ":
                    if not self.entries:
                        sys.exit(f"{path}:{number}: a reason without entry")
                    self.entries[-1]["reason"] += line.strip()
                    continue
                words = line.split(None, 3)
                if len(words) < 3 or (words[0] == "block") != (len(words) == 4) or words[0] not in ("block", "toggle"):
                    sys.exit(f"{path}:{number}: found \"{line.strip()}\", allowed are \"toggle FILE SIGNAL\" and \"block FILE KIND TEXT\"")
                self.entries.append({"at": number, "words": [word.strip() for word in words], "reason": "", "used": 0})
        for entry in self.entries:
            if not entry["reason"]:
                sys.exit(f"{path}:{entry['at']}: an entry without reason")

    def explain(self, kind, name, matches):
        """True if an entry matches; every one that does is used."""
        found = False
        for entry in self.entries:
            if entry["words"][0] == kind and fnmatch.fnmatchcase(name, entry["words"][1]) and matches(entry["words"][2:]):
                entry["used"] += 1
                found = True
        return found


def matches_signal(pattern, signal, indices):
    name = re.sub(r"(\[[\d:*]+\])*$", "", pattern)
    wanted = re.findall(r"\[([\d:*]+)\]", pattern[len(name):])
    if not fnmatch.fnmatchcase(signal, name) or (wanted and len(wanted) != len(indices)):
        return False
    for want, index in zip(wanted, indices):
        high, _, low = want.partition(":")
        if want != "*" and not int(low or high) <= index <= int(high):
            return False
    return True


def ranges_of(bits):
    """Bits as text, those that differ in the last index joined."""
    groups = collections.defaultdict(list)
    for signal, indices in bits:
        groups[signal, indices[:-1]].append(indices[-1] if indices else None)
    for (signal, outer), last in sorted(groups.items()):
        text = signal + "".join(f"[{index}]" for index in outer)
        if last == [None]:
            yield text
            continue
        last.sort()
        start = 0
        for k in range(len(last)):
            if k + 1 == len(last) or last[k + 1] != last[k] + 1:
                yield text + (f"[{last[k]}]" if start == k else f"[{last[k]}:{last[start]}]")
                start = k + 1


def line_counts(blocks, name):
    counts = collections.Counter()
    for (file, _, _, _, lines), count in blocks.items():
        if file == name:
            for line in lines:
                counts[line] = max(counts[line], count)
    return counts


def write_info(path, blocks, names, rtl):
    """For genhtml."""
    with open(path, "w", encoding="utf-8") as info:
        for name in names:
            info.write(f"SF:{os.path.abspath(os.path.join(rtl, name))}\n")
            for (file, line, column, kind, _), count in sorted(blocks.items()):
                if file == name and kind in BRANCHES:
                    info.write(f"BRDA:{line},0,{column},{count}\n")
            for line, count in sorted(line_counts(blocks, name).items()):
                info.write(f"DA:{line},{count}\n")
            info.write("end_of_record\n")


def percent(counts):
    counts = list(counts)
    covered = sum(count > 0 for count in counts)
    share = f"{100 * covered / len(counts):5.1f} %" if counts else "    -  "
    return share, f"{covered}/{len(counts)}"


def main():
    parser = argparse.ArgumentParser(description="table of RTL coverage, and its holes against reasons")
    parser.add_argument("--rtl", required=True, help="folder of the Verilog files")
    parser.add_argument("--holes", required=True, help="file of reasons")
    parser.add_argument("--info", help="write an lcov file of lines and branches")
    parser.add_argument("counters", help="what verilator_coverage --write has merged")
    arguments = parser.parse_args()
    blocks, bits = read_counters(arguments.counters, arguments.rtl)
    reasons = Reasons(arguments.holes)
    names = sorted({key[0] for key in blocks} | {key[0] for key in bits})

    rows = []
    for name in names:
        rows.append((name, list(line_counts(blocks, name).values()),
                     [count for key, count in blocks.items() if key[0] == name and key[3] in BRANCHES],
                     [count for key, count in bits.items() if key[0] == name]))
    rows.append(("all",) + tuple(sum((row[k] for row in rows), []) for k in (1, 2, 3)))
    print(f"{'RTL':22}{'lines':>19}{'branches':>19}{'bits that changed':>23}")
    for name, *columns in rows:
        print(f"{name:22}" + "".join(f"{count:>{width}} {share}" for width, (share, count)
                                     in zip((11, 11, 15), map(percent, columns))))
    if arguments.info:
        write_info(arguments.info, blocks, names, arguments.rtl)

    explained, unexplained = 0, []
    for name in names:
        with open(os.path.join(arguments.rtl, name), encoding="utf-8") as file:
            source = [line.strip() for line in file]
        for (file, line, _, kind, _), count in sorted(blocks.items()):
            if file == name and count == 0:
                if reasons.explain("block", name, lambda words: words == [kind, source[line - 1]]):
                    explained += 1
                else:
                    unexplained.append(f"{name}:{line}: block {name} {kind} {source[line - 1]}")
        open_bits = []
        for (file, signal, indices), count in bits.items():
            if file == name and count == 0:
                if reasons.explain("toggle", name, lambda words: matches_signal(words[0], signal, indices)):
                    explained += 1
                else:
                    open_bits.append((signal, indices))
        unexplained += [f"toggle {name} {text}" for text in ranges_of(open_bits)]
    stale = [entry for entry in reasons.entries if entry["used"] == 0]
    for text in unexplained:
        print(f"HOLE without reason: {text}")
    for entry in stale:
        print(f"STALE reason, no hole: {reasons.path}:{entry['at']}: {' '.join(entry['words'])}")
    print(f"holes with a reason: {explained}; without: {len(unexplained)}; reasons without hole: {len(stale)}")
    return 1 if unexplained or stale else 0


if __name__ == "__main__":
    sys.exit(main())
