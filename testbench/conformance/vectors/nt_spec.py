# SPDX-License-Identifier: Apache-2.0
"""Constants, codes and records of docs/spec/tables.md, read from the page itself."""
import re


class Record:
    """Fields of a record by name: put(NAME=value, ...) gives a word, get(word, NAME) a field."""

    def __init__(self):
        self.fields = {}

    def put(self, **values):
        word = 0
        for name, value in values.items():
            high, low = self.fields[name]
            word |= (value & ((1 << (high - low + 1)) - 1)) << low
        return word

    def get(self, word, name):
        high, low = self.fields[name]
        return word >> low & ((1 << (high - low + 1)) - 1)

    def width(self, name):
        high, low = self.fields[name]
        return high - low + 1


class Spec:
    """spec.const, spec.params (default), spec.record[NAME], spec.code[NAME][CODE], spec.reg, spec.creg."""

    def __init__(self, page):
        self.const, self.params, self.record, self.code, self.reg, self.creg = {}, {}, {}, {}, {}, {}
        section = ""
        with open(page, encoding="utf-8") as lines:
            for line in lines:
                if line.startswith("## "):
                    section = line[3:].strip()
                cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
                if line.startswith("|") and not line.startswith("|---") and re.search(r"\d", cells[1]):
                    self.take(section, cells)

    def take(self, section, cells):
        name, value = cells[0], cells[1]
        kind, _, what = section.partition(" ")
        if section == "Tile parameters":
            self.params[name] = int(value)
        elif section == "Constants":
            self.const[name] = int(value)
        elif section == "Tile registers":
            self.reg[name] = int(value, 16)
        elif section == "Core registers":
            self.creg[name] = int(value)
        elif kind == "Codes":
            self.code.setdefault(what, {})[name] = int(value)
        elif kind == "Record":
            high, low = value.split(":")
            self.record.setdefault(what, Record()).fields[name] = (int(high), int(low))
