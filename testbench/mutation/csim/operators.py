# SPDX-License-Identifier: Apache-2.0
"""Where a C function can be changed, and into what: the mutation operators (docs/mutation.md)."""
import re

import clang_ast

# Binary operators: what replaces them.
SWAPS = {"+": ["-"], "-": ["+"], "*": ["+"], "/": ["*"], "%": ["/"], "&": ["|"], "|": ["&"], "^": ["&", "|"],
         "<<": [">>"], ">>": ["<<"], "<": ["<=", ">="], "<=": ["<", ">"], ">": [">=", "<="], ">=": [">", "<"],
         "==": ["!="], "!=": ["=="], "&&": ["||"], "||": ["&&"]}
CLASSES = {**dict.fromkeys(["+", "-", "*", "/", "%"], "arithmetic"), **dict.fromkeys(["&", "|", "^"], "bitwise"),
           **dict.fromkeys(["<<", ">>"], "shift"), **dict.fromkeys(["<", "<=", ">", ">=", "==", "!="], "comparison"),
           **dict.fromkeys(["&&", "||"], "logic")}
# Operators that mutants leave out with one operand, and which operand may stay.
LEFT_STAYS = {"%", "&", "|", "^", "<<", ">>", "&&", "||"}
RIGHT_STAYS = {"|", "^", "&&", "||"}
COMPOUND = {"+=": ["-=", "="], "-=": ["+=", "="], "|=": ["&=", "="], "&=": ["|=", "="], "*=": ["="], "^=": ["|=", "="],
            "<<=": [">>="], ">>=": ["<<="], "/=": ["="], "%=": ["="]}
UNSIGNED = {8: "unsigned char", 16: "unsigned short", 32: "unsigned", 64: "unsigned long"}
NOT_CONSTANTS = {"NULL", "assert"}


class Site:
    """A part of the text, [begin, end), and its mutants [(operator, text)]. `form` is "expression" or "statement"."""

    def __init__(self, begin, end, form, function):
        self.begin, self.end, self.form, self.function = begin, end, form, function
        self.mutants = []


class Finder:
    """Collects the sites of one file."""

    def __init__(self, text):
        self.text = text
        self.sites = []
        self.function = None
        self.idle = set()

    def collect(self, tree):
        for function in clang_ast.functions(tree, self.text):
            self.function = function["name"]
            body = next(child for child in clang_ast.children(function) if child["kind"] == "CompoundStmt")
            self.returns_value = not function["type"]["qualType"].startswith("void (")
            self.last = clang_ast.children(body)[-1] if clang_ast.children(body) else None
            self.statement(body)
        return self.sites

    # ---- helpers ----

    def raw(self, node):
        begin, end, _ = self.text.extent(node)
        return self.text.text[begin:end]

    def add(self, node, mutants, form="expression"):
        extent = self.text.extent(node)
        if extent is None:
            return
        begin, end, _ = extent
        if form == "statement":
            end = self.text.after_token(";", end)
            if end is None:
                return
        site = Site(begin, end, form, self.function)
        site.mutants = mutants
        if mutants:
            self.sites.append(site)

    # ---- statements ----

    def statement(self, node):
        kind = node.get("kind")
        inner = clang_ast.children(node)
        if kind in ("CompoundStmt", "DefaultStmt", "LabelStmt", "DeclStmt"):
            for child in inner:
                self.statement(child)
        elif kind == "CaseStmt":
            self.statement(inner[-1])  # the label is a constant expression
        elif kind == "VarDecl":
            if node.get("storageClass") != "static":
                for child in inner:
                    self.expression(child)
        elif kind == "IfStmt":
            self.condition(inner[0], "01")
            for child in inner[1:]:
                self.statement(child)
        elif kind == "WhileStmt":
            self.condition(inner[0], "0")
            self.statement(inner[-1])
        elif kind == "SwitchStmt":
            self.expression(inner[0])
            last = inner[-1]
            while clang_ast.children(last):
                last = clang_ast.children(last)[-1]
            self.idle.add(id(last))  # a break that ends a switch does nothing
            self.statement(inner[-1])
        elif kind == "DoStmt":
            self.statement(inner[0])
            self.condition(inner[1], "0")
        elif kind == "ForStmt":
            first, _, condition, step, body = inner
            self.statement_in_for(first)
            if condition.get("kind"):
                self.condition(condition, "0")
            if step.get("kind"):
                self.step(step)
            self.statement(body)
        elif kind == "ReturnStmt":
            # Leaving out what ends a function with a value is undefined, no mutant.
            if not self.returns_value or node is not self.last:
                self.add(node, [("return", ";")], "statement")
            for child in inner:
                self.expression(child)
        elif kind in ("BreakStmt", "ContinueStmt"):
            if id(node) not in self.idle:
                self.add(node, [("statement", ";")], "statement")
        elif kind in ("NullStmt", "EnumDecl", "StaticAssertDecl", None):
            pass
        else:
            self.effect(node)

    def statement_in_for(self, node):
        if node.get("kind") == "DeclStmt":
            self.statement(node)
        elif node.get("kind"):
            self.expression(node)

    def effect(self, node):
        """An expression that stands for its effect."""
        extent = self.text.extent(node)
        kind = node.get("kind")
        if extent is None or extent[2] in NOT_CONSTANTS or (kind == "CStyleCastExpr" and node.get("castKind") == "ToVoid"
                                                            and not self.calls(node)):
            return
        mutants = [("statement", ";")]
        mutants += [(op, text + ";") for op, text in self.changed_effect(node)]
        self.add(node, mutants, "statement")
        self.inside(node)

    def calls(self, node):
        return node.get("kind") == "CallExpr" or any(self.calls(child) for child in clang_ast.children(node))

    def changed_effect(self, node):
        inner = clang_ast.children(node)
        if node["kind"] == "CompoundAssignOperator":
            left, right = self.raw(inner[0]), self.raw(inner[1])
            return [("assignment", f"{left} {op} {right}") for op in COMPOUND.get(node["opcode"], [])]
        if node["kind"] == "UnaryOperator" and node["opcode"] in ("++", "--"):
            return [("assignment", self.raw(inner[0]) + {"++": "--", "--": "++"}[node["opcode"]])]
        return []

    def step(self, node):
        """The step of a for loop: one that stands still or turns round would only run out of time."""
        inner = clang_ast.children(node)
        if node.get("kind") == "BinaryOperator" and node.get("opcode") == ",":
            for child in inner:
                self.step(child)
        elif node.get("kind") == "UnaryOperator" and node.get("opcode") == "++":
            self.add(node, [("bound", self.raw(inner[0]) + " += 2")])
        elif node.get("kind") == "CompoundAssignOperator":
            self.add(node, self.changed_effect(node))
            self.inside(node)
        else:
            self.expression(node)

    def condition(self, node, forced):
        """A condition; `forced` has the values that it may be forced to."""
        extent = self.text.extent(node)
        if extent is not None and extent[2] not in NOT_CONSTANTS:
            self.add(node, [("condition", value) for value in forced])
        self.expression(node)

    # ---- expressions ----

    def inside(self, node):
        for child in clang_ast.children(node):
            self.expression(child)

    def expression(self, node):
        kind = node.get("kind")
        extent = self.text.extent(node)
        if extent is not None and extent[2] is not None:
            self.macro(node, extent[2])
            return
        handler = {"BinaryOperator": self.binary, "CompoundAssignOperator": self.compound, "UnaryOperator": self.unary,
                   "IntegerLiteral": self.constant, "ConditionalOperator": self.choice, "CStyleCastExpr": self.cast,
                   "CallExpr": self.call, "DeclRefExpr": self.reference}.get(kind)
        if kind in ("UnaryExprOrTypeTraitExpr", "ConstantExpr") or (kind or "").endswith("Stmt") and kind != "StmtExpr":
            return
        if handler is not None and extent is not None:
            handler(node)
        else:
            self.inside(node)

    def macro(self, node, name):
        """A macro call: a field, or a constant; what else it expands to is not the file's."""
        inner = node
        while inner.get("kind") in ("ImplicitCastExpr", "ParenExpr"):
            inner = clang_ast.children(inner)[0]
        if inner.get("kind") == "CallExpr" and name in ("NT_BITS_GET", "NT_BITS_PUT"):
            match = re.fullmatch(r"\w+\((.*),\s*(\w+)\)", self.raw(node), re.S)
            value, field = match.groups()
            function = name.lower()
            self.add(node, [("field", f"{function}(({value}), NT_{field}_LSB + 1, NT_{field}_W)"),
                            ("field", f"{function}(({value}), NT_{field}_LSB, NT_{field}_W - 1)")])
            self.arguments(inner)
        elif name in NOT_CONSTANTS:
            pass
        elif inner.get("kind") in ("IntegerLiteral", "CXXBoolLiteralExpr"):
            self.constant(node, name)

    def arguments(self, node):
        """The parts of a macro call that are the file's own text."""
        for child in clang_ast.children(node):
            extent = self.text.extent(child)
            if extent is not None and extent[2] is None:
                self.expression(child)
            else:
                self.arguments(child)

    def constant(self, node, name=None):
        raw = self.raw(node)
        if name in ("true", "false"):
            self.add(node, [("constant", "false" if name == "true" else "true")])
            return
        if re.fullmatch(r"\d+", raw):
            neighbours = [str(value) for value in (int(raw) + 1, int(raw) - 1) if value >= 0]
        else:
            # 0 - 1 is no neighbour of 0 among the unsigned.
            neighbours = [f"({raw} {way} 1)" for way in ("+-" if not re.fullmatch(r"0x0+|0[uUlL]*", raw) else "+")]
        self.add(node, [("constant", text) for text in neighbours])

    def reference(self, node):
        """Names of constants: those of an enum, and those that the file itself defines."""
        target = node.get("referencedDecl", {})
        constant = target.get("kind") == "EnumConstantDecl" or (
            target.get("kind") == "VarDecl" and target.get("type", {}).get("qualType", "").startswith("const ")
            and clang_ast.integer_type(target) is not None and self.is_global(target.get("name", "")))
        if constant:
            self.constant(node)

    def is_global(self, name):
        return re.search(rf"^static const \w+ {re.escape(name)}\b", self.text.text, re.M) is not None

    def binary(self, node):
        op = node["opcode"]
        left, right = clang_ast.children(node)
        if op in ("=", ","):
            self.inside(node)
            return
        if op not in SWAPS or self.text.extent(left) is None or self.text.extent(right) is None:
            self.inside(node)
            return
        a, b = self.raw(left), self.raw(right)
        pointer = clang_ast.integer_type(left) is None
        mutants = [(CLASSES[op], f"({a}) {other} ({b})") for other in SWAPS[op]]
        if op in LEFT_STAYS:
            mutants.append((CLASSES[op], a))
        if op in RIGHT_STAYS:
            mutants.append((CLASSES[op], b))
        if op in ("-", "<<", ">>") and not pointer:
            mutants.append(("operands", f"({b}) {op} ({a})"))
        if op in ("<", "<=", ">", ">=") and not self.is_number(left) and not self.is_number(right):
            mutants += self.other_sign(node, left, right, a, b)
        self.add(node, mutants)
        self.inside(node)

    def is_number(self, node):
        return re.fullmatch(r"\d\w*", self.raw(node)) is not None

    @staticmethod
    def other_sign(node, left, right, a, b):
        """A comparison of signed operands read as unsigned."""
        kind = clang_ast.integer_type(left)
        if kind is None or kind != clang_ast.integer_type(right) or not kind[0] or kind[1] < 32:
            return []
        name = UNSIGNED[kind[1]]
        return [("sign", f"({name})({a}) {node['opcode']} ({name})({b})")]

    def compound(self, node):
        self.add(node, self.changed_effect(node))
        self.inside(node)

    def unary(self, node):
        op = node["opcode"]
        operand = clang_ast.children(node)[0]
        if op in ("!", "~", "-") and self.text.extent(operand) is not None:
            self.add(node, [("unary", self.raw(operand))])
        self.inside(node)

    def choice(self, node):
        self.condition(clang_ast.children(node)[0], "01")
        for child in clang_ast.children(node)[1:]:
            self.expression(child)

    def cast(self, node):
        """A widening conversion that loses the sign."""
        operand = clang_ast.children(node)[0]
        source = operand
        while source.get("kind") == "ImplicitCastExpr":
            source = clang_ast.children(source)[0]
        to, of = clang_ast.integer_type(node), clang_ast.integer_type(source)
        if to and of and of[0] and to[1] > of[1] and self.text.extent(operand) is not None:
            raw, inner = self.raw(node), self.raw(operand)
            self.add(node, [("sign", f"{raw[:len(raw) - len(inner)]}({UNSIGNED[of[1]]})({inner})")])
        self.inside(node)

    def call(self, node):
        """A call with two neighbouring arguments of one integer type in the other order. (calloc multiplies its two.)"""
        name = self.raw(clang_ast.children(node)[0])
        if name == "calloc":
            self.inside(node)
            return
        parts = clang_ast.children(node)[1:]
        raws = [self.raw(part) if self.text.extent(part) else None for part in parts]
        mutants = []
        for i in range(len(parts) - 1):
            kind = clang_ast.integer_type(parts[i])
            if kind is None or kind != clang_ast.integer_type(parts[i + 1]) or None in raws or raws[i] == raws[i + 1]:
                continue
            swapped = raws[:i] + [raws[i + 1], raws[i]] + raws[i + 2:]
            mutants.append(("operands", f"{name}({', '.join(swapped)})"))
        self.add(node, mutants)
        self.inside(node)
