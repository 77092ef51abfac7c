# SPDX-License-Identifier: Apache-2.0
"""equivalent.txt, and the tables of a campaign: score by module and by operator, killers, survivors."""

import collections
import re


class Error(Exception):
    """A line of equivalent.txt that is wrong."""


def read_equivalent(path, found):
    """Reasons by mutant, from lines "id file reason"; an indented line goes on with the reason."""
    known = {m.ident: m for m in found}
    reasons = {}
    last = None
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if line[0] == " " and last:
            reasons[last] += " " + line.strip()
            continue
        entry = re.fullmatch(r"([0-9a-f]{8}) +(\S+) +(\S.*)", line)
        if not entry:
            raise Error(f"{path}:{number}: found {line!r}, expected: id file reason")
        last, file, reason = entry.groups()
        if last in reasons:
            raise Error(f"{path}:{number}: {last} stands there twice")
        if last not in known or known[last].file != file:
            raise Error(f"{path}:{number}: {file} has no mutant {last} (stale: the statement has changed)")
        reasons[last] = reason
    return reasons


def table(title, rows, groups):
    """A Markdown table of killed, survived, equivalent and score by group; rows are (group, state)."""
    counts = {group: collections.Counter() for group in groups}
    for group, state in rows:
        counts[group][state] += 1
    total = sum(counts.values(), collections.Counter())
    out = [f"| {title} | Mutants | Killed | Survived | Equivalent | Score |", "|---|---|---|---|---|---|"]
    for group, count in [*counts.items(), ("all", total)]:
        if count:
            out.append(f"| {group} | {sum(count.values())} | {count['killed']} | {count['survived']} | {count['equivalent']} | "
                       f"{score(count)} % |")
    return out


def score(count):
    """Per cent of the mutants not equivalent that are killed."""
    decided = count["killed"] + count["survived"]
    return f"{100 * count['killed'] / decided:.1f}" if decided else "100.0"


def write(chosen, results, equivalent, wanted, path):
    """Writes the tables, prints the verdict; the exit status of the campaign."""
    states = {}
    killers = collections.Counter()
    ways = collections.Counter()
    stale = []
    for mutant in chosen:
        killer = results.killer(mutant.ident)
        if killer:
            states[mutant.ident] = "killed"
            killers[killer["by"]] += 1
            ways[killer["how"]] += 1
            if mutant.ident in equivalent:
                stale.append(f"{mutant} is said to be equivalent, but {killer['by']} kills it")
        else:
            states[mutant.ident] = "equivalent" if mutant.ident in equivalent else "survived"
    out = table("Module", [(m.file[:-2], states[m.ident]) for m in chosen], sorted({m.file[:-2] for m in chosen}))
    out += ["", *table("Operator", [(m.operator, states[m.ident]) for m in chosen], sorted({m.operator for m in chosen}))]
    out += ["", "| Test | Killed first by it |", "|---|---|"]
    out += [f"| `{name}` | {count} |" for name, count in killers.most_common()]
    out += ["", "| Killed how | Mutants |", "|---|---|", *(f"| {how} | {count} |" for how, count in ways.most_common())]
    out += ["", "Survivors:", "", *(f"* `{m}`" for m in chosen if states[m.ident] == "survived")]
    out += ["", "Equivalent:", "", *(f"* `{m}`: {equivalent[m.ident]}" for m in chosen if states[m.ident] == "equivalent")]
    path.write_text("\n".join(out) + "\n")
    print("\n".join(out))
    total = collections.Counter(states.values())
    print(f"\nscore {score(total)} % ({total['killed']} killed, {total['survived']} survived, {total['equivalent']} equivalent); "
          f"tables in {path}")
    for line in stale:
        print(f"STALE: {line}")
    good = float(score(total)) >= wanted and not stale
    print("PASS" if good else f"FAIL: score below {wanted} %, or equivalent.txt stale")
    return 0 if good else 1
