# SPDX-License-Identifier: Apache-2.0
"""Reader of the SystemVerilog that rtl/ is written in: modules as trees of nodes that know where their text stands.

Only what is synthesised is read: SYNTHESIS counts as defined, other macros do not, and NT_ASSERT lines are passed over.
So are declarations and parameters. Constructs that rtl/ does not use are refused with file and line.
"""

import re
from dataclasses import dataclass, field


class Error(Exception):
    """Text that this reader does not understand; the message says where."""


@dataclass
class Node:
    """A piece of text[begin:end].

    Expressions: number, name, string, unary, binary, ternary, select, range, concat, replicate, call, cast, paren.
    Statements: block, if, case, for, assign (blocking, or of a continuous assignment), nonblocking, empty.
    Items: always, function, instance, port; a module is a list of items.
    """

    kind: str
    begin: int
    end: int
    parts: list = field(default_factory=list)
    op: str = ""      # operator; name; kind of an always block


@dataclass
class Module:
    """What a file holds: one module."""

    name: str
    items: list
    instances: list   # names of the modules instantiated
    enums: list       # lists of the names of every enumeration


TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*|/\*.*?\*/|\(\*(?!\)).*?\*\))
      |(?P<directive>`\w+)
      |(?P<string>"[^"\n]*")
      |(?P<number>(?:\d[\d_]*)?'s?[bodhBODH][0-9a-fA-F_xXzZ]+|'[01](?![0-9'])|\d[\d_]*)
      |(?P<name>[$A-Za-z_][\w$]*)
      |(?P<op>>>>|<<<|===|!==|\+\+|--|&&|\|\||==|!=|<=|>=|<<|>>|\*\*|\+:|-:|~\^|[-+*/%&|^~!<>=?:;,.(){}\[\]@#'])""",
    re.VERBOSE | re.DOTALL,
)

BINARY = [["||"], ["&&"], ["|"], ["^", "~^"], ["&"], ["==", "!=", "===", "!=="], ["<", "<=", ">", ">="],
          ["<<", ">>", ">>>", "<<<"], ["+", "-"], ["*", "/", "%"], ["**"]]
UNARY = {"!", "~", "-", "+", "&", "|", "^"}
DECLARATIONS = {"localparam", "parameter", "genvar", "logic", "reg", "wire", "integer", "int"}


class Reader:
    """Tokens of a file and the grammar over them."""

    def __init__(self, file, text):
        self.file = file
        self.text = text
        self.tokens = list(self.scan())
        self.i = 0
        self.instances = []
        self.enums = []
        self.enum_types = set()

    # Tokens -----------------------------------------------------------------------------------------------------------

    def fail(self, at, what):
        raise Error(f"{self.file}:{self.text.count(chr(10), 0, at) + 1}: {what}")

    def scan(self):
        """(kind, begin, end) of every token that synthesis sees."""
        at = 0
        keeps = []  # one entry per open `ifdef: are the tokens of this branch taken?
        while at < len(self.text):
            found = TOKEN.match(self.text, at)
            if not found:
                self.fail(at, f"unknown character {self.text[at]!r}")
            kind, begin, at = found.lastgroup, found.start(), found.end()
            if kind == "directive":
                word = self.text[begin:at]
                if word in ("`ifdef", "`ifndef"):
                    name = re.compile(r"\s*(\w+)").match(self.text, at)
                    at = name.end()
                    keeps.append((name.group(1) == "SYNTHESIS") == (word == "`ifdef"))
                elif word == "`else":
                    keeps[-1] = not keeps[-1]
                elif word == "`endif":
                    keeps.pop()
                elif word in ("`include", "`default_nettype"):
                    at = self.text.index("\n", at)
                elif word == "`NT_ASSERT":
                    at = self.behind_parentheses(at)
                else:
                    self.fail(begin, f"unknown directive {word}")
            elif kind != "space" and all(keeps):
                yield kind, begin, at
        if keeps:
            self.fail(at, "`endif is missing")
        yield "end", at, at

    def behind_parentheses(self, at):
        depth = 0
        while True:
            depth += {"(": 1, ")": -1}.get(self.text[at], 0)
            at += 1
            if depth == 0 and self.text[at - 1] == ")":
                return at

    def peek(self, ahead=0):
        _, begin, end = self.tokens[min(self.i + ahead, len(self.tokens) - 1)]
        return self.text[begin:end]

    def kind(self):
        return self.tokens[self.i][0]

    def begin(self):
        return self.tokens[self.i][1]

    def last_end(self):
        return self.tokens[self.i - 1][2]

    def take(self, *wanted):
        word = self.peek()
        if wanted and word not in wanted or self.kind() == "end":
            self.fail(self.begin(), f"found {word!r}, expected {' or '.join(wanted) or 'more'}")
        self.i += 1
        return word

    def skip(self, *words):
        """Takes the word if it comes next."""
        if self.peek() in words and self.kind() != "end":
            self.i += 1
            return True
        return False

    def skip_to(self, word):
        """Passes over everything up to the word behind balanced brackets, and over the word."""
        depth = 0
        while depth or self.peek() != word:
            depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(self.take(), 0)
        self.take(word)

    # Expressions ------------------------------------------------------------------------------------------------------

    def expression(self):
        condition = self.binary(0)
        if not self.skip("?"):
            return condition
        yes = self.expression()
        self.take(":")
        no = self.expression()
        return Node("ternary", condition.begin, no.end, [condition, yes, no])

    def binary(self, level):
        if level == len(BINARY):
            return self.unary()
        left = self.binary(level + 1)
        while self.peek() in BINARY[level] and self.kind() == "op":
            op = self.take()
            right = self.binary(level + 1)
            left = Node("binary", left.begin, right.end, [left, right], op)
        return left

    def unary(self):
        if self.kind() == "op" and self.peek() in UNARY:
            begin = self.begin()
            op = self.take()
            operand = self.unary()
            return Node("unary", begin, operand.end, [operand], op)
        return self.primary()

    def listed(self, close):
        """Expressions separated by commas, up to and over the closing bracket."""
        parts = [self.expression()]
        while self.skip(","):
            parts.append(self.expression())
        self.take(close)
        return parts

    def primary(self):
        begin = self.begin()
        kind = self.kind()
        if kind in ("number", "string"):
            self.take()
            node = Node(kind, begin, self.last_end())
        elif kind == "name":
            name = self.take()
            node = Node("name", begin, self.last_end(), [], name)
            if self.peek() == "(":
                self.take()
                node = Node("call", begin, 0, self.listed(")"), name)
                node.end = self.last_end()
        elif self.skip("("):
            inner = self.expression()
            self.take(")")
            node = Node("paren", begin, self.last_end(), [inner])
        elif self.skip("{"):
            first = self.expression()
            if self.skip("{"):
                inner = self.listed("}")
                self.take("}")
                node = Node("replicate", begin, self.last_end(), inner)
            else:
                parts = [first]
                while self.skip(","):
                    parts.append(self.expression())
                self.take("}")
                node = Node("concat", begin, self.last_end(), parts)
        else:
            self.fail(begin, f"found {self.peek()!r}, expected an operand")
        while True:
            if self.peek() == "'" and self.peek(1) == "(":
                self.take()
                self.take()
                operand = self.expression()
                self.take(")")
                node = Node("cast", begin, self.last_end(), [operand])
            elif self.skip("["):
                index = self.expression()
                if self.peek() in ("+:", ":"):
                    op = self.take()
                    other = self.expression()
                    self.take("]")
                    kind = "range" if op == ":" else "select"
                    node = Node(kind, begin, self.last_end(), [node, index, other], op)
                else:
                    self.take("]")
                    node = Node("select", begin, self.last_end(), [node, index], "[]")
            elif self.peek() == ".":
                self.take()
                self.take()
                node = Node("name", begin, self.last_end(), [], self.text[begin:self.last_end()])
            else:
                return node

    # Statements -------------------------------------------------------------------------------------------------------

    def statement(self):
        begin = self.begin()
        word = self.peek()
        if self.skip(";"):
            return Node("empty", begin, self.last_end())
        if self.skip("begin"):
            if self.skip(":"):
                self.take()
            parts = []
            while not self.skip("end"):
                if self.peek() in DECLARATIONS:
                    self.skip_to(";")
                else:
                    parts.append(self.statement())
            return Node("block", begin, self.last_end(), parts)
        if self.skip("if"):
            self.take("(")
            condition = self.expression()
            self.take(")")
            parts = [condition, self.statement()]
            if self.skip("else"):
                parts.append(self.statement())
            return Node("if", begin, self.last_end(), parts)
        if self.skip("case"):
            self.take("(")
            parts = [self.expression()]
            self.take(")")
            while not self.skip("endcase"):
                if not self.skip("default"):
                    self.expression()
                    while self.skip(","):
                        self.expression()
                self.take(":")
                parts.append(self.statement())
            return Node("case", begin, self.last_end(), parts)
        if self.skip("for"):
            self.take("(")
            self.skip_to(")")
            body = self.statement()
            return Node("for", begin, self.last_end(), [body])
        if self.kind() == "name" and word not in DECLARATIONS or word == "{":
            target = self.primary()
            kind = {"<=": "nonblocking", "=": "assign"}[self.take("<=", "=")]
            value = self.expression()
            self.take(";")
            return Node(kind, begin, self.last_end(), [target, value])
        self.fail(begin, f"found {word!r}, expected a statement")

    # Items ------------------------------------------------------------------------------------------------------------

    def items(self, *ends):
        out = []
        while self.peek() not in ends:
            out += self.item()
        return out

    def branch(self):
        """A generate branch."""
        if not self.skip("begin"):
            return self.item()
        if self.skip(":"):
            self.take()
        out = self.items("end")
        self.take("end")
        return out

    def item(self):
        begin = self.begin()
        word = self.take()
        if word == ";":
            return []
        if word == "typedef":
            start = self.i
            self.skip_to(";")
            self.enumeration(start, self.i)
            return []
        if word in DECLARATIONS or word in self.enum_types:
            self.skip_to(";")
            return []
        if word == "assign":
            target = self.primary()
            self.take("=")
            value = self.expression()
            self.take(";")
            return [Node("assign", begin, self.last_end(), [target, value])]
        if word in ("always_ff", "always_comb", "always_latch"):
            if self.skip("@"):
                self.take("(")
                self.skip_to(")")
            body = self.statement()
            return [Node("always", begin, self.last_end(), [body], word)]
        if word == "function":
            self.skip_to(";")
            parts = []
            while not self.skip("endfunction"):
                if self.peek() in DECLARATIONS:
                    self.skip_to(";")
                else:
                    parts.append(self.statement())
            return [Node("function", begin, self.last_end(), parts)]
        if word == "generate":
            out = self.items("endgenerate")
            self.take("endgenerate")
            return out
        if word in ("if", "for"):
            self.take("(")
            self.skip_to(")")
            out = self.branch()
            if word == "if" and self.skip("else"):
                out += self.branch()
            return out
        if self.tokens[self.i - 1][0] == "name":
            return self.instance(begin, word)
        self.fail(begin, f"found {word!r}, expected an item of a module")

    def enumeration(self, start, end):
        words = [self.text[b:e] for _, b, e in self.tokens[start:end]]
        self.enum_types.add(words[-2])
        inside = words[words.index("{") + 1:len(words) - 1 - words[::-1].index("}")]
        depth = 0
        names = []
        for before, word in zip([","] + inside, inside):
            if before == "," and depth == 0:
                names.append(word)
            depth += {"(": 1, ")": -1}.get(word, 0)
        self.enums.append(names)

    def instance(self, begin, module):
        self.instances.append(module)
        if self.skip("#"):
            self.take("(")
            self.skip_to(")")
        self.take()
        self.take("(")
        ports = []
        while not self.skip(")"):
            at = self.begin()
            self.take(".")
            name = self.take()
            if self.skip("("):
                if not self.skip(")"):
                    value = self.expression()
                    self.take(")")
                    ports.append(Node("port", at, self.last_end(), [value], name))
            self.skip(",")
        self.take(";")
        return [Node("instance", begin, self.last_end(), ports, module)]

    def module(self):
        self.take("module")
        name = self.take()
        if self.skip("#"):
            self.take("(")
            self.skip_to(")")
        self.take("(")
        self.skip_to(")")
        self.take(";")
        items = self.items("endmodule")
        self.take("endmodule")
        if self.kind() != "end":
            self.fail(self.begin(), "one module per file")
        return Module(name, items, self.instances, self.enums)


def read(file, text):
    """The module of a file."""
    return Reader(file, text).module()
