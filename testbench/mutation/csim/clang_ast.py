# SPDX-License-Identifier: Apache-2.0
"""clang's syntax tree of a C file, with the place of every node in the file's text."""
import json
import os
import re
import subprocess


class Failure(Exception):
    """Wrong input; the message says which."""


def load(path, flags):
    """The tree of one translation unit as nested dicts; every place in it gets its file's name."""
    command = ["clang", "-fsyntax-only", "-Xclang", "-ast-dump=json", *flags, path]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode != 0:
        raise Failure(f"{path}: clang does not compile it: {done.stderr.decode()[:400]}")
    tree = json.loads(done.stdout)
    _name_files(tree)
    return tree


def _name_files(tree):
    """The dump names a file only where it differs from the place printed before."""
    current = None
    stack = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, list):
            stack.extend(reversed(node))
            continue
        if "offset" in node:
            current = node.get("file", current)
            node["file"] = current
        stack.extend(value for key, value in reversed(node.items())
                     if isinstance(value, (dict, list)) and key != "includedFrom")


class Text:
    """The text of one file, and where the nodes of a tree lie in it."""

    def __init__(self, path):
        self.path = path
        with open(path, encoding="utf-8") as file:
            self.text = file.read()

    def here(self, place):
        return place.get("file") is not None and os.path.realpath(place["file"]) == os.path.realpath(self.path)

    def word(self, offset):
        return re.match(r"\w*", self.text[offset:]).group()

    def after_token(self, token, offset):
        """The place behind the next `token`, which only spaces and comments may precede."""
        match = re.compile(r"(?:\s|//[^\n]*\n|/\*.*?\*/)*" + re.escape(token), re.S).match(self.text, offset)
        return match.end() if match else None

    def line(self, offset):
        return self.text.count("\n", 0, offset) + 1

    def _macro_end(self, offset):
        """The place behind the macro call at `offset`, with its arguments."""
        end = offset + len(self.word(offset))
        if self.text[end:end + 1] != "(":
            return end
        depth = 0
        for place in range(end, len(self.text)):
            depth += {"(": 1, ")": -1}.get(self.text[place], 0)
            if depth == 0:
                return place + 1
        raise Failure(f"{self.path}: no end of the macro at {offset}")

    def extent(self, node):
        """(begin, end, macro) of a node of this file, `macro` being the name of the macro call that the node is; None for a
        node that is only a part of what a macro expands to."""
        span = node.get("range", {})
        begin, end = span.get("begin", {}), span.get("end", {})
        if "offset" in begin and "offset" in end:
            return (begin["offset"], end["offset"] + end["tokLen"], None) if self.here(begin) else None
        first, macro = self._edge(begin)
        last, last_macro = self._edge(end)
        if first is None or last is None:
            return None
        if macro is not None and last_macro is not None and first[0] == last[0]:
            return first[0], last[1], macro
        return first[0], last[1], None

    def _edge(self, place):
        """((begin, end), macro) of one end of a node."""
        if "offset" in place:
            return ((place["offset"], place["offset"] + place["tokLen"]) if self.here(place) else None), None
        if "expansionLoc" not in place:
            return None, None
        expansion, spelling = place["expansionLoc"], place["spellingLoc"]
        if not self.here(expansion):
            return None, None
        if expansion.get("isMacroArgExpansion"):
            if not self.here(spelling):
                return None, None
            return (spelling["offset"], spelling["offset"] + spelling["tokLen"]), None
        offset = expansion["offset"]
        return (offset, self._macro_end(offset)), self.word(offset)


def functions(tree, text):
    """The functions that `text` defines."""
    for node in tree["inner"]:
        if node.get("kind") == "FunctionDecl" and text.here(node.get("loc", {})) and \
                any(child.get("kind") == "CompoundStmt" for child in node.get("inner", [])):
            yield node


def children(node):
    return [child for child in node.get("inner", []) if isinstance(child, dict)]


def integer_type(node):
    """(signed, bits) of an integer expression, or None."""
    kind = node.get("type", {})
    name = kind.get("desugaredQualType", kind.get("qualType", ""))
    name = re.sub(r"\b(const|volatile)\b", "", name).strip()
    return {"_Bool": (False, 1), "bool": (False, 1), "char": (True, 8), "signed char": (True, 8),
            "unsigned char": (False, 8), "short": (True, 16), "unsigned short": (False, 16),
            "int": (True, 32), "unsigned int": (False, 32), "long": (True, 64), "unsigned long": (False, 64),
            "long long": (True, 64), "unsigned long long": (False, 64)}.get(name)
