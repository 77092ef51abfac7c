# SPDX-License-Identifier: Apache-2.0
"""All mutants of a set of C files in one copy of them: which one acts is chosen when the program runs (nt_mutant.h)."""
import dataclasses
import os
import re

import clang_ast
import operators


@dataclasses.dataclass
class Mutant:
    number: int
    file: str
    line: int
    function: str
    operator: str
    before: str  # the lines of the file that it changes, in one
    after: str
    edit: tuple  # (begin, end, text)

    def key(self):
        return self.file, self.function, self.before, self.after


class File:
    """One file of the copy."""

    def __init__(self, path, name, tree):
        self.name = name
        self.text = clang_ast.Text(path)
        self.sites = operators.Finder(self.text).collect(tree)

    def mutants(self, first):
        """The file's mutants, numbered from `first`."""
        found = []
        for site in sorted(self.sites, key=lambda site: site.begin):
            site.numbers = []
            for operator, changed in site.mutants:
                site.numbers.append(first + len(found))
                before, after = self._lines(site, changed)
                found.append(Mutant(first + len(found), self.name, self.text.line(site.begin), site.function, operator,
                                    before, after, (site.begin, site.end, self._spliced(site, changed))))
        return found

    @staticmethod
    def _spliced(site, changed):
        return f"({changed})" if site.form == "expression" else changed

    def _lines(self, site, changed):
        """The lines around a site as they are and as the mutant has them."""
        text = self.text.text
        begin = text.rfind("\n", 0, site.begin) + 1
        end = text.find("\n", site.end)
        end = len(text) if end < 0 else end
        shown = "/* nothing */;" if changed == ";" else changed
        return tuple(re.sub(r"\s+", " ", line).strip()
                     for line in (text[begin:end], text[begin:site.begin] + shown + text[site.end:end]))

    def alone(self, mutant):
        """The file with one mutant for good."""
        begin, end, changed = mutant.edit
        return self.text.text[:begin] + changed + self.text.text[end:]

    def instrumented(self, numbers):
        """The file with those of its mutants that have these numbers, none acting unless chosen."""
        self._numbers = numbers
        ordered = sorted(enumerate(self.sites), key=lambda item: (item[1].begin, -item[1].end, item[0]))
        self._queue = [site for _, site in ordered]
        return self._render(0, len(self.text.text))

    def _render(self, begin, end):
        parts = []
        while self._queue and self._queue[0].end <= end:
            site = self._queue.pop(0)
            parts.append(self.text.text[begin:site.begin])
            kept = self._render(site.begin, site.end)
            choices = [choice for choice in zip(site.numbers, site.mutants) if choice[0] in self._numbers]
            if not choices:
                parts.append(kept)
            elif site.form == "expression":
                parts.append("(" + "".join(f"NT_MUTANT({n}) ? ({changed}) : " for n, (_, changed) in choices) + f"({kept}))")
            else:
                parts.append("{" + "".join(f"if (NT_MUTANT({n})) {{ {changed} }} else " for n, (_, changed) in choices)
                             + f"{{ {kept} }}}}")
            begin = site.end
        parts.append(self.text.text[begin:end])
        return "".join(parts)


def files_of(folder, flags):
    """The C files and headers of a folder that define functions."""
    names = sorted(name for name in os.listdir(folder) if name.endswith((".c", ".h")))
    found = []
    for name in sorted(names, key=lambda name: (name.endswith(".h"), name)):
        path = os.path.join(folder, name)
        found.append(File(path, name, clang_ast.load(path, ["-x", "c", *flags])))
    return found


def number(files):
    """All mutants of the files; those with the same key are told apart by their order, the third being "... #3"."""
    mutants, seen = [], {}
    for file in files:
        mutants += file.mutants(len(mutants) + 1)
    for mutant in mutants:
        seen[mutant.key()] = seen.get(mutant.key(), 0) + 1
        count = seen[mutant.key()]
        if count > 1:
            mutant.after += f" #{count}"
    return mutants
