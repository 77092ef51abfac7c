# SPDX-License-Identifier: Apache-2.0
"""The file of arguments why a surviving mutant is equivalent.

An entry, one blank line between entries; the argument may have several lines:

    FILE FUNCTION
    - the line as it is
    + the line as the mutant has it
    why no caller can tell the difference

Several mutants with one argument: further pairs of - and + lines before it.
"""
import clang_ast


def read(path):
    """{(file, function, before, after): argument}"""
    with open(path, encoding="utf-8") as file:
        blocks = file.read().split("\n\n")
    found = {}
    for block in blocks:
        lines = [line.strip() for line in block.splitlines() if line.strip() and not line.startswith("#")]
        if not lines:
            continue
        argument = " ".join(line for line in lines[1:] if line[:2] not in ("- ", "+ "))
        pairs = [line for line in lines[1:] if line[:2] in ("- ", "+ ")]
        head = lines[0].split()
        shape = "".join(line[0] for line in pairs)
        if len(head) != 2 or not argument or not pairs or shape != "-+" * (len(pairs) // 2):
            raise clang_ast.Failure(f"{path}: entry \"{lines[0]}\": must be FILE FUNCTION, pairs of - and + lines, an argument")
        for before, after in zip(pairs[::2], pairs[1::2]):
            key = (head[0], head[1], before[2:], after[2:])
            if key in found:
                raise clang_ast.Failure(f"{path}: entry twice: {' '.join(head)}: {after}")
            found[key] = argument
    return found
