#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a model with every planted bug and prints what is reported as rows of a table.

Usage: in_model.py NEUROTILE_BUGS BUGS.json IMAGE [TOKENS]

NEUROTILE_BUGS is the command with the bugs (make bugs-model builds it), IMAGE an imported model. A bug that the model does not
show in so many tokens has a row without a report. Exit status 1 if that is so for all of them.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

ENDINGS = {0: "not found", 3: "assertion", 4: "timeout"}


def place(report):
    """Stage, and what the place stands for if the report says so."""
    parts = [report["stage"]]
    if "tensor" in report:
        layer = f"layer {report['layer']} " if "layer" in report else ""
        parts.append(f"{layer}{report['population']} channel {report['channel']}")
    else:
        parts.append(re.split(r"[,\[]", report["field"])[0].strip())
    return ", ".join(parts)


def row(command, bug, image, tokens, folder):
    """The row of a bug, and whether it was found."""
    start = time.monotonic()
    run = subprocess.run(
        [command, "generate", "--model", image, "--prompt", "Once upon a time", "--tokens", tokens, "--check", "stages",
         "--failure", folder],
        env={**os.environ, "NT_VARIANT": str(bug["number"])}, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        errors="replace", check=False)
    seconds = time.monotonic() - start
    timestep, where, hint = "-", ENDINGS.get(run.returncode, f"exit {run.returncode}"), "-"
    if run.returncode == 1:
        report = json.loads((pathlib.Path(folder) / "report.json").read_text())
        timestep, where = report["timestep"], place(report)
        if report["hints"]:
            hint = f"`{report['hints'][0]['name']}` ({report['hints'][0]['confidence']})"
    elif run.returncode != 0:
        said = re.search(r"timestep (\d+)", run.stderr)
        timestep = said.group(1) if said else "-"
    return f"| `{bug['name']}` | {timestep} | {where} | {hint} | {seconds:.1f} |", run.returncode != 0


def main():
    if len(sys.argv) not in (4, 5):
        sys.exit(__doc__.strip())
    command, bugs, image = sys.argv[1:4]
    tokens = sys.argv[4] if len(sys.argv) == 5 else "8"
    found = 0
    print("| Bug | Timestep | Reported | Best hint | s |\n|---|---|---|---|---|")
    for bug in json.loads(pathlib.Path(bugs).read_text()):
        with tempfile.TemporaryDirectory() as folder:
            text, caught = row(command, bug, image, tokens, folder)
        print(text, flush=True)
        found += caught
    sys.exit(0 if found else 1)


if __name__ == "__main__":
    main()
