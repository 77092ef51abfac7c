#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Line and branch coverage of C code from an lcov file: a table, uncovered lines by class, and floors per folder.

Exit status 1 if a folder is below its floor, has none, or if a floor has no folder or a class no line.
"""
import argparse
import collections
import fnmatch
import os
import re
import sys


def read_info(path, root):
    """Per file below root: counts of lines, counts of branches."""
    files = {}
    with open(path, encoding="utf-8") as info:
        for row in info:
            kind, _, text = row.strip().partition(":")
            if kind == "SF":
                lines, branches = files.setdefault(os.path.relpath(text, root), ({}, {}))
            elif kind == "DA":
                line, count = text.split(",")[:2]
                lines[int(line)] = max(lines.get(int(line), 0), int(count))
            elif kind == "BRDA":
                *place, count = text.split(",")
                branches[tuple(place)] = max(branches.get(tuple(place), 0), 0 if count == "-" else int(count))
    if not files:
        sys.exit(f"{path}: no files")
    return files


def read_rules(path):
    """Floors, {folder: (percent of lines, percent of branches)}, and classes, [(name, files, expression)]."""
    floors, classes = {}, []
    with open(path, encoding="utf-8") as rules:
        for number, line in enumerate(rules, 1):
            words = line.split(None, 3)
            if not words or line.startswith("#"):
                continue
            try:
                if words[0] == "floor":
                    floors[words[1]] = (float(words[2]), float(words[3]))
                    continue
                if words[0] == "class":
                    classes.append((words[1], words[2], re.compile(words[3].strip())))
                    continue
            except (IndexError, ValueError, re.error):
                pass
            sys.exit(f"{path}:{number}: found \"{line.strip()}\", allowed are \"floor FOLDER LINES BRANCHES\" and \"class NAME FILES EXPRESSION\"")
    return floors, classes


def covered(counts):
    return sum(count > 0 for count in counts)


def percent(part, whole):
    return 100 * part / whole if whole else 100.0


def row(name, lines, branches):
    text = f"{name:40}"
    for counts in (lines, branches):
        part, whole = covered(counts), len(counts)
        text += f"{f'{part}/{whole}':>14} " + (f"{percent(part, whole):5.1f} %" if whole else "    -  ")
    return text


def main():
    parser = argparse.ArgumentParser(description="table of C coverage, against floors")
    parser.add_argument("--root", required=True, help="folder that paths are relative to")
    parser.add_argument("--rules", required=True, help="file of floors and classes")
    parser.add_argument("--files", action="store_true", help="a row per file, not only per folder")
    parser.add_argument("info", help="lcov file")
    arguments = parser.parse_args()
    files = read_info(arguments.info, arguments.root)
    floors, classes = read_rules(arguments.rules)
    bad = []

    folders = collections.defaultdict(list)
    for name in sorted(files):
        folders[os.path.dirname(name)].append(name)
    print(f"{'C':40}{'lines':>22}{'branches':>22}")
    for folder, names in sorted(folders.items()):
        if arguments.files:
            for name in names:
                print(row(name, files[name][0].values(), files[name][1].values()))
        lines = [count for name in names for count in files[name][0].values()]
        branches = [count for name in names for count in files[name][1].values()]
        print(row(folder + "/", lines, branches))
        if folder not in floors:
            bad.append(f"{folder}: no floor in {arguments.rules}")
            continue
        for what, counts, floor in zip(("lines", "branches"), (lines, branches), floors[folder]):
            share = percent(covered(counts), len(counts))
            if share < floor:
                bad.append(f"{folder}: {share:.2f} % of {what}, floor {floor} %")
    for folder in floors.keys() - folders.keys():
        bad.append(f"{folder}: a floor, but no file was measured")

    kinds = collections.defaultdict(collections.Counter)
    used = set()
    for name, (lines, _) in files.items():
        with open(os.path.join(arguments.root, name), encoding="utf-8") as source:
            text = source.read().split("\n")
        for line, count in lines.items():
            if count == 0:
                rule = next((rule for rule in classes if fnmatch.fnmatchcase(name, rule[1]) and rule[2].search(text[line - 1])), ("other", "", ""))
                used.add(rule)
                kinds[rule[0]][os.path.dirname(name)] += 1
    print("lines that did not run, by class:")
    for kind, counts in sorted(kinds.items(), key=lambda item: (item[0] == "other", -item[1].total())):
        print(f"  {kind:20}{counts.total():6}   " + ", ".join(f"{folder} {count}" for folder, count in sorted(counts.items())))
    bad += [f"class {name} {glob} {expression.pattern}: no line left" for name, glob, expression in classes if (name, glob, expression) not in used]
    for text in bad:
        print(f"BELOW: {text}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
