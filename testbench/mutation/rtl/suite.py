# SPDX-License-Identifier: Apache-2.0
"""The tests of `make test` that run the RTL, as a mutant meets them: unit testbenches in Icarus, C programs on a verilated tile.

Both come from ctest: unit_* and icarus_smoke, and what runs on the shape NT_SHAPE. All mutants are in one compiled tile, so a
test is compiled once and told the number of the mutant.
"""

import hashlib
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent.parent
UNIT = ROOT / "testbench" / "unit"
SHAPE = "small"
PROGRAMS = re.compile(rf"(test_\w+_rtl_{SHAPE}|random_campaign_{SHAPE})$")
# What the programs are made of: a change there is a change of the test.
PROGRAM_SOURCES = ["testbench/conformance", "testbench/cosim", "testbench/random", "testbench/rtl", "csim", "driver"]

KILLED = ("compared", "assertion", "hang", "stopped")


class Error(Exception):
    """The suite cannot be used; the message says why."""


def digest(paths):
    """A hash of the contents of files."""
    state = hashlib.sha256()
    for path in sorted(paths):
        state.update(path.read_bytes())
    return state.hexdigest()[:16]


class Test:
    """name; covers: files of rtl/ it can see a change of; source: hash of what it is made of; limit: seconds it may take."""

    def __init__(self, name, covers, source, command):
        self.name = name
        self.covers = covers
        self.source = source
        self.command = command
        self.seconds = 0.0

    @property
    def limit(self):
        return 3 + 20 * self.seconds

    def run(self, number, folder, limit):
        """None if mutant `number` passes, else how it is killed: one of KILLED. Files go to `folder`."""
        process = subprocess.Popen(self.call(number, folder), cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, env={**os.environ, "NT_VARIANT": str(number)}, start_new_session=True)
        try:
            output, _ = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            return "hang"
        if process.returncode == 0:
            return None
        return self.verdict(process.returncode, output.decode(errors="replace"))


class Program(Test):
    """A C program on the verilated tile."""

    def call(self, number, folder):
        return self.command

    @staticmethod
    def verdict(status, _):
        return "compared" if status > 0 else "stopped"


class Bench(Test):
    """A unit testbench, compiled into folder `compiled`. command: run.sh's module and parameters."""

    def __init__(self, name, covers, source, command, compiled, options=()):
        super().__init__(name, covers, source, command)
        self.compiled = compiled
        self.options = list(options)

    def compile(self, rtl):
        done = subprocess.run([UNIT / "run.sh", "-r", rtl, "-o", self.compiled, "-c", *self.options, *self.command],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if done.returncode:
            raise Error(f"{self.name} does not compile:\n{done.stdout.decode()}")

    def call(self, number, folder):
        return [UNIT / "run.sh", "-b", self.compiled, "-o", folder, self.command[0], f"+nt_variant={number}"]

    @staticmethod
    def verdict(_, output):
        if re.search("^FAIL .*(expected|differ)", output, re.MULTILINE):
            return "compared"
        if "NT_ASSERT" in output:
            return "assertion"
        return "hang" if "not done after" in output else "stopped"


def hierarchy(modules):
    """Of every file, the files of the modules in and under it."""
    below = {}

    def visit(name):
        if name not in below:
            inside = {f"{name}.v"}
            for instance in modules[name].instances:
                if instance in modules:
                    inside |= visit(instance)
            below[name] = inside
        return below[name]

    for module in modules:
        visit(module)
    return below


def load(build, modules):
    """The tests of the build in folder `build`; modules: what verilog.read gives, by name."""
    listing = subprocess.run(["ctest", "--test-dir", build, "--show-only=json-v1"], stdout=subprocess.PIPE, check=True)
    below = hierarchy(modules)
    everything = below["nt_tile"]
    frame = [UNIT / "nt_check.vh", UNIT / "nt_tile_port.vh", UNIT / "run.sh"]
    programs = [path for folder in PROGRAM_SOURCES for path in (ROOT / folder).rglob("*") if path.suffix in (".c", ".cpp", ".h", ".in")]
    program_source = digest(programs)
    tests = []
    for entry in json.loads(listing.stdout)["tests"]:
        name, command = entry["name"], entry.get("command", [])
        if command and command[0].endswith("unit/run.sh"):
            module, parameters = command[3], command[4:]
            source = digest(frame + [UNIT / f"tb_{module}.v"]) + "".join(parameters)
            tests.append(Bench(name, below.get(module, everything), source, [module, *parameters], build / "benches" / name))
        elif PROGRAMS.match(name):
            # A failing campaign ends at once and shrinks nothing: that it fails is enough.
            extra = ["--jobs", "1", "--stop", "1", "--shrinks", "0"] if name.startswith("random") else []
            tests.append(Program(name, everything, program_source, command + extra))
    if not any(isinstance(test, Bench) for test in tests) or not any(isinstance(test, Program) for test in tests):
        raise Error(f"{build}: ctest knows no unit testbench, or no test of shape {SHAPE}")
    return tests


def baseline(tests):
    """Every test must pass on the tile as it is, or nothing that follows means anything. Measures how long they take."""
    for test in tests:
        with tempfile.TemporaryDirectory() as folder:
            start = time.monotonic()
            found = test.run(0, folder, 600)
            test.seconds = time.monotonic() - start
        if found:
            raise Error(f"{test.name} fails on the tile without a mutant ({found}); no campaign")
    tests.sort(key=lambda test: test.seconds)
