# SPDX-License-Identifier: Apache-2.0
"""Every mutant of the tile's RTL, and samples of them.

A mutant is one small change of what a module does: an expression gets another text, or a statement goes away. Not mutated:
parameters, ranges of declarations, loop headers, generate conditions, case labels, targets of assignments, and what
verilog.py does not read. A mutant is known by a hash of its file, the statement it stands in, its place there and its
new text, so that it keeps its name while other lines change.
"""

import hashlib
import re
from dataclasses import dataclass

import verilog

OPERATORS = {
    "arithmetic": "+ and - exchanged, * to +, the - of a negation dropped",
    "shift": "left and right exchanged, arithmetic to logical",
    "bitwise": "& and | exchanged, ^ to |, ~ dropped, all of a reduction for any and the reverse",
    "logical": "&& and || exchanged, ! dropped",
    "relational": "== and != exchanged, one off and the negation of <, <=, >, >=",
    "sign": "a comparison of signed values made unsigned",
    "constant": "a number one more, one less; '0 and '1 exchanged; a named constant one more; a state the next one",
    "condition": "the condition of an if forced true, forced false",
    "choice": "the values of ?: exchanged",
    "operand": "one side of &&, ||, & or | dropped",
    "select": "an index or the bounds of a range off by one",
    "concatenation": "the two halves exchanged",
    "statement": "an assignment dropped",
    "reset": "an assignment in reset dropped, its value changed; reset forced on, forced off",
}

SWAPS = {
    "+": [("arithmetic", "-")], "-": [("arithmetic", "+")], "*": [("arithmetic", "+")],
    "<<": [("shift", ">>")], ">>": [("shift", "<<")], ">>>": [("shift", ">>")],
    "&": [("bitwise", "|")], "|": [("bitwise", "&")], "^": [("bitwise", "|")],
    "&&": [("logical", "||")], "||": [("logical", "&&")],
    "==": [("relational", "!=")], "!=": [("relational", "==")],
    "<": [("relational", "<="), ("relational", ">=")], "<=": [("relational", "<"), ("relational", ">")],
    ">": [("relational", ">="), ("relational", "<=")], ">=": [("relational", ">"), ("relational", "<")],
}
COMPARISONS = {"==", "!=", "<", "<=", ">", ">="}
SIZED = re.compile(r"(\d*)'(s?)([bodh])([0-9a-f_]+)$", re.IGNORECASE)
RADIX = {"b": 2, "o": 8, "d": 10, "h": 16}


@dataclass
class Mutant:
    """text[begin:end] of the file becomes `new`; `kind` is that of testbench/variants/instrument.py."""

    ident: str
    file: str
    line: int
    operator: str
    kind: str
    begin: int
    end: int
    old: str
    new: str

    def __str__(self):
        return f"{self.ident} {self.file}:{self.line} {self.operator}: {flat(self.old)} -> {flat(self.new) or '(dropped)'}"


def flat(text):
    """The text in one line, without comments."""
    return re.sub(r"\s+", " ", re.sub(r"//[^\n]*", "", text)).strip()


def neighbours(literal):
    """A number's neighbours, of the same width and sign."""
    if literal in ("'0", "'1"):
        return ["'1" if literal == "'0" else "'0"]
    found = SIZED.match(literal)
    if not found:
        value = int(literal.replace("_", ""))
        return [str(value + 1)] + ([str(value - 1)] if value else [])
    width, sign, radix, digits = found.groups()
    value = int(digits.replace("_", ""), RADIX[radix.lower()])
    size = 2 ** int(width or 32)
    values = sorted({(value + 1) % size, (value - 1) % size} - {value}) if value else [1 % size]
    return [f"{width}'{sign}h{other:x}" for other in values]


def fixed(node):
    """Is it made of numbers and parameters alone?"""
    if node.kind == "name":
        return re.match(r"[A-Z]", node.op) is not None
    return node.kind == "number" or node.kind in ("binary", "unary", "paren", "cast") and all(map(fixed, node.parts))


class Finder:
    """Collects the mutants of one file."""

    def __init__(self, file, text):
        self.file = file
        self.text = text
        self.module = verilog.read(file, text)
        self.next_state = {name: names[(i + 1) % len(names)] for names in self.module.enums for i, name in enumerate(names)}
        self.anchor = None
        self.seen = {}      # text of an anchor: the places where it stands
        self.in_reset = False
        self.found = []
        for item in self.module.items:
            self.item(item)

    def of(self, node):
        return self.text[node.begin:node.end]

    def add(self, operator, node, new, kind="expression"):
        begin, end = self.anchor
        where = flat(self.text[begin:end])
        same = self.seen.setdefault(where, [])
        if begin not in same:
            same.append(begin)
        offset = len(flat(self.text[begin:node.begin]))
        key = f"{self.file}|{where}|{same.index(begin)}|{offset}|{node.end - node.begin}|{kind}|{flat(new)}"
        ident = hashlib.sha256(key.encode()).hexdigest()[:8]
        if all(other.ident != ident for other in self.found):
            line = self.text.count("\n", 0, node.begin) + 1
            self.found.append(Mutant(ident, self.file, line, "reset" if self.in_reset else operator, kind, node.begin,
                                     node.end, self.of(node), new))

    # Items and statements ---------------------------------------------------------------------------------------------

    def item(self, item):
        if item.kind == "always":
            self.statement(item.parts[0], item.op == "always_comb", set())
        elif item.kind == "function":
            given = set()
            for part in item.parts:
                self.statement(part, True, given)
        elif item.kind == "instance":
            for port in item.parts:
                if port.op.endswith("_i"):
                    self.anchor = (port.begin, port.end)
                    self.value(port.parts[0])
        elif item.kind == "assign":
            self.assignment(item, continuous=True)

    def statement(self, node, keeps_nothing, given):
        """keeps_nothing: what is not assigned has no value. given: names that have had one by now, in every case."""
        if node.kind == "block":
            for part in node.parts:
                self.statement(part, keeps_nothing, given)
        elif node.kind == "if":
            condition, then = node.parts[:2]
            self.anchor = (node.begin, condition.end + 1)
            resets = flat(self.of(condition)) == "!rst_ni"
            self.in_reset = resets
            self.condition(condition)
            self.statement(then, keeps_nothing, set(given))
            self.in_reset = False
            for part in node.parts[2:]:
                self.statement(part, keeps_nothing, set(given))
        elif node.kind == "case":
            self.anchor = (node.begin, node.parts[0].end + 1)
            self.value(node.parts[0])
            for part in node.parts[1:]:
                self.statement(part, keeps_nothing, set(given))
        elif node.kind == "for":
            self.statement(node.parts[0], keeps_nothing, given)
        elif node.kind in ("assign", "nonblocking"):
            name = re.match(r"\w+", self.of(node.parts[0])).group()
            # Without an earlier value a dropped assignment would make a latch, which lint refuses.
            self.assignment(node, droppable=not (keeps_nothing or node.kind == "assign") or name in given)
            given.add(name)

    def assignment(self, node, continuous=False, droppable=False):
        target, value = node.parts
        if self.of(target).startswith("unused"):
            return
        self.anchor = (node.begin, node.end)
        if droppable and not continuous:
            self.add("statement", node, "", "statement")
        if value.kind == "name" and value.op in self.next_state:
            # All of it: Icarus takes no ?: of states here.
            op = "<=" if node.kind == "nonblocking" else "="
            self.add("constant", node, f"{self.of(target)} {op} {self.next_state[value.op]};", "statement")
        else:
            self.value(value)

    def condition(self, node):
        self.add("condition", node, "1'b1")
        self.add("condition", node, "1'b0")
        self.value(node)

    # Expressions ------------------------------------------------------------------------------------------------------

    def value(self, node, in_concat=False):
        handler = getattr(self, "value_" + node.kind, None)
        if handler:
            handler(node, in_concat)

    def value_number(self, node, _):
        for new in neighbours(self.of(node)):
            self.add("constant", node, new)

    def value_name(self, node, in_concat):
        if node.op in self.next_state:
            self.add("constant", node, self.next_state[node.op])
        elif not in_concat and re.fullmatch(r"[A-Z][A-Z0-9_]+", node.op):
            self.add("constant", node, f"{node.op} + 1")

    def value_unary(self, node, _):
        operand = node.parts[0]
        bare = self.of(operand)
        if node.op == "-":
            self.add("arithmetic", node, bare)
        elif node.op == "~":
            self.add("bitwise", node, bare)
        elif node.op == "!":
            self.add("logical", node, f"({bare}) != '0")
        elif node.op in "&|":
            self.add("bitwise", node, ("&" if node.op == "|" else "|") + bare)
        self.value(operand)

    def value_binary(self, node, _):
        left, right = node.parts
        if node.op in COMPARISONS and fixed(node):
            return
        for operator, op in SWAPS.get(node.op, []):
            self.add(operator, node, f"({self.of(left)}) {op} ({self.of(right)})")
        if node.op in ("&&", "||"):
            self.add("operand", node, f"({self.of(left)}) != '0")
            self.add("operand", node, f"({self.of(right)}) != '0")
        if node.op in ("&", "|"):
            self.add("operand", node, self.of(left))
            self.add("operand", node, self.of(right))
        if node.op in COMPARISONS and "$signed(" in self.of(left):
            self.add("sign", node, f"{{{self.of(left)}}} {node.op} {{{self.of(right)}}}")
        self.value(left)
        self.value(right)

    def value_ternary(self, node, in_concat):
        condition, yes, no = node.parts
        if not fixed(condition):
            self.add("choice", node, f"({self.of(condition)}) ? ({self.of(no)}) : ({self.of(yes)})")
            self.value(condition)
        self.value(yes, in_concat)
        self.value(no, in_concat)

    def value_select(self, node, _):
        base, index = node.parts[:2]
        if base.kind == "select":
            self.value(base)
        self.add("select", index, f"({self.of(index)}) + 1")
        if index.kind == "concat" and len(index.parts) == 2:
            self.value_concat(index, False)

    def value_range(self, node, _):
        base, high, low = node.parts
        step = "+ 1" if self.of(low) == "0" else "- 1"
        self.add("select", node, f"{self.of(base)}[({self.of(high)}) {step}:({self.of(low)}) {step}]")

    def value_concat(self, node, _):
        if len(node.parts) == 2:
            self.add("concatenation", node, f"{{{self.of(node.parts[1])}, {self.of(node.parts[0])}}}")
        for part in node.parts:
            self.value(part, in_concat=True)

    def value_replicate(self, node, _):
        for part in node.parts:
            self.value(part, in_concat=True)

    def value_call(self, node, _):
        for part in node.parts:
            self.value(part)

    def value_cast(self, node, _):
        self.value(node.parts[0])

    def value_paren(self, node, in_concat):
        self.value(node.parts[0], in_concat)


def find(file, text):
    """The mutants of a file, in the order of its text."""
    return sorted(Finder(file, text).found, key=lambda mutant: (mutant.begin, mutant.end, mutant.new))


def find_all(rtl):
    """The mutants of every module in nt_tile.f of folder `rtl`."""
    names = [name.strip() for name in (rtl / "nt_tile.f").read_text().splitlines()]
    return [mutant for name in names if name.endswith(".v") for mutant in find(name, (rtl / name).read_text())]


def sample(mutants, count, seed):
    """`count` of them, with every pair of file and operator in the share it has in all, and one at least while there is room."""
    strata = {}
    for mutant in mutants:
        strata.setdefault((mutant.file, mutant.operator), []).append(mutant)
    for stratum in strata.values():
        stratum.sort(key=lambda mutant: hashlib.sha256(f"{seed}|{mutant.ident}".encode()).hexdigest())
    # The k-th of a stratum of n is due at (k + 1/2) / n; the first ones of all strata come before.
    due = [(k > 0, (k + 0.5) / len(stratum), key, mutant) for key, stratum in strata.items() for k, mutant in enumerate(stratum)]
    due.sort(key=lambda entry: entry[:3])
    chosen = {entry[3].ident for entry in due[:count]}
    return [mutant for mutant in mutants if mutant.ident in chosen]
