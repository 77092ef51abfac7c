# SPDX-License-Identifier: Apache-2.0
"""Mutation testing of C files (docs/mutation.md): makes the mutants, builds them in, runs the tests on each, reports.

Exit status: 0; 1 when a mutant survives without an argument, or an argument does not hold; 2 for wrong input.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import random
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

import arguments
import schemata
from clang_ast import Failure

KILLED, TIMEOUT, SANITIZED, SURVIVED, INVALID = "killed", "timeout", "sanitizer", "survived", "does not compile"
MEMORY = 4 << 30  # bytes of address space of a mutant


class Progress:
    """How far a stage is, with an estimate, on a terminal; silent in a pipe."""

    def __init__(self, what, total):
        self.what, self.total, self.done, self.begin = what, total, 0, time.monotonic()
        self.terminal = sys.stdout.isatty()

    def step(self):
        self.done += 1
        if self.terminal:
            left = (time.monotonic() - self.begin) / self.done * (self.total - self.done)
            print(f"\r[{self.what} {self.done}/{self.total}, {left:.0f} s left] ", end="", flush=True)

    def close(self):
        if self.terminal:
            print("\r\033[K", end="", flush=True)


def each(function, items, jobs, what):
    """function(item) for every item, `jobs` at a time; the results in order."""
    progress = Progress(what, len(items))
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        running = {pool.submit(function, item): place for place, item in enumerate(items)}
        results = [None] * len(items)
        for future in concurrent.futures.as_completed(running):
            results[running[future]] = future.result()
            progress.step()
    progress.close()
    return results


class Programs:
    """The test programs in one folder."""

    def __init__(self, folder, commands, limited):
        self.folder, self.commands, self.limited = os.path.abspath(folder), commands, limited
        self.seconds = [0.0] * len(commands)

    def run(self, place, number, limit, reached=None):
        """Whether test `place` passes while mutant `number` acts: True, False, or None when it ran out of time."""
        environment = {**os.environ, "NT_MUTANT": str(number), "UBSAN_OPTIONS": "print_stacktrace=0"}
        if reached is not None:
            environment["NT_MUTANT_REACHED"] = reached
        guard = ["prlimit", "--core=0"] + ([f"--as={MEMORY}"] if self.limited else [])
        program, *words = self.commands[place]
        with tempfile.TemporaryDirectory() as folder:
            try:
                done = subprocess.run([*guard, os.path.join(self.folder, program), *words], cwd=folder, env=environment,
                                      stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                      timeout=limit, check=False)
            except subprocess.TimeoutExpired:
                return None
        return done.returncode == 0

    def first_run(self, work, last):
        """Times the tests without a mutant and records which mutants up to `last` each comes past."""
        passed = []
        for place, command in enumerate(self.commands):
            begin = time.monotonic()
            if not self.run(place, 0, 600):
                raise Failure(f"{shlex.join(command)} fails without any mutant")
            self.seconds[place] = time.monotonic() - begin
            path = os.path.abspath(os.path.join(work, "reached"))
            if not self.run(place, 0, 600, path):
                raise Failure(f"{shlex.join(command)} fails while recording")
            with open(path, "rb") as file:
                table = file.read()
            passed.append({number for number in range(1, last + 1) if table[number]})
        return passed

    def judge(self, number, places):
        """(result, place of the test that tells), the quickest test first."""
        for place in sorted(places, key=lambda place: self.seconds[place]):
            answer = self.run(place, number, 5 + 10 * self.seconds[place])
            if not answer:
                return (TIMEOUT if answer is None else KILLED), place
        return SURVIVED, None


class Campaign:
    def __init__(self, options):
        self.options = options
        self.flags = shlex.split(options.flags)
        self.files = schemata.files_of(options.source, self.flags)
        self.all = schemata.number(self.files)
        self.commands = read_programs(options.programs)
        self.equivalent = arguments.read(options.equivalent) if options.equivalent else {}
        keys = {mutant.key() for mutant in self.all}
        self.problems = [f"argued equivalent, but no such mutant: {' '.join(key[:2])}: + {key[3]}"
                         for key in self.equivalent if key not in keys]

    def chosen(self):
        """The mutants to run: all, or a sample that has of every file its share."""
        wanted = [mutant for mutant in self.all if not self.options.files or mutant.file in self.options.files]
        if not wanted:
            raise Failure(f"FILES={' '.join(self.options.files)}: must be of {' '.join(file.name for file in self.files)}")
        count = self.options.count
        if count == 0 or count >= len(wanted):
            return wanted
        generator = random.Random(self.options.seed)
        groups = collections.defaultdict(list)
        for mutant in wanted:
            groups[mutant.file].append(mutant)
        ranked = []
        for group in groups.values():
            generator.shuffle(group)
            ranked += [((place + 0.5) / len(group), mutant.number, mutant) for place, mutant in enumerate(group)]
        return sorted((mutant for _, _, mutant in sorted(ranked)[:count]), key=lambda mutant: mutant.number)

    def compiling(self, mutants, doubtful):
        """The mutants without those `doubtful` ones that do not compile."""
        asked = [mutant for mutant in mutants if doubtful(mutant)]
        fine = each(self.compiles, asked, self.options.jobs, "compiled")
        broken = {mutant.number for mutant, good in zip(asked, fine) if not good}
        return [mutant for mutant in mutants if mutant.number not in broken]

    def compiles(self, mutant):
        file = next(file for file in self.files if file.name == mutant.file)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, mutant.file)
            with open(path, "w", encoding="utf-8") as out:
                out.write(file.alone(mutant))
            command = ["clang", "-fsyntax-only", "-Wno-everything", "-Wreturn-type", "-Werror=return-type", f"-I{self.options.source}", "-x", "c", *self.flags, path]
            return subprocess.run(command, capture_output=True, check=False).returncode == 0

    def write_copy(self, numbers):
        """The folder with these mutants built in."""
        copy = os.path.join(self.options.work, "copy")
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.options.source, copy)
        for file in self.files:
            with open(os.path.join(copy, file.name), "w", encoding="utf-8") as out:
                out.write(file.instrumented(numbers))

    def build(self, kind):
        """The test programs over the copy, made by the command given; their folder is its last line."""
        done = subprocess.run([*shlex.split(self.options.build), self.options.work, kind], capture_output=True, check=False)
        if done.returncode != 0:
            raise Failure(f"{self.options.build}: {done.stdout.decode()[-3000:]}{done.stderr.decode()[-1000:]}")
        return done.stdout.decode().splitlines()[-1]

    def run(self):
        os.makedirs(self.options.work, exist_ok=True)
        wanted = self.chosen()
        # A return left out may break one mutant and not the copy with all of them; what breaks the copy is looked for only then.
        valid = self.compiling(wanted, lambda mutant: mutant.operator == "return")
        self.write_copy({mutant.number for mutant in valid})
        try:
            folder = self.build("plain")
        except Failure:
            valid = self.compiling(valid, lambda mutant: True)
            self.write_copy({mutant.number for mutant in valid})
            folder = self.build("plain")
        plain = Programs(folder, self.commands, True)
        passed = plain.first_run(self.options.work, len(self.all))

        def places(mutant):
            return [place for place, numbers in enumerate(passed) if mutant.number in numbers]

        results = dict(zip((mutant.number for mutant in valid),
                           each(lambda mutant: plain.judge(mutant.number, places(mutant)), valid, self.options.jobs, "mutants")))
        left = [mutant for mutant in valid if results[mutant.number][0] == SURVIVED and places(mutant)]
        if left and not self.options.no_sanitizers:
            strict = Programs(self.build("sanitized"), self.commands, False)
            strict.first_run(self.options.work, 0)
            for mutant, found in zip(left, each(lambda mutant: strict.judge(mutant.number, places(mutant)), left,
                                                self.options.jobs, "survivors under sanitizers")):
                if found[0] != SURVIVED:
                    results[mutant.number] = (SANITIZED, found[1])
        return [self.row(mutant, results.get(mutant.number, (INVALID, None)), bool(places(mutant))) for mutant in wanted]

    def row(self, mutant, result, reached):
        argument = self.equivalent.get(mutant.key())
        if argument is not None and result[0] != SURVIVED:
            self.problems.append(f"argued equivalent, but {result[0]}: {' '.join(mutant.key()[:2])}: + {mutant.after}")
        return {"file": mutant.file, "line": mutant.line, "function": mutant.function, "operator": mutant.operator,
                "before": mutant.before, "after": mutant.after, "result": result[0], "reached": reached,
                "test": None if result[1] is None else shlex.join(self.commands[result[1]]), "argument": argument}


def read_programs(path):
    with open(path, encoding="utf-8") as file:
        commands = [shlex.split(line) for line in file if line.strip() and not line.startswith("#")]
    if not commands:
        raise Failure(f"{path}: names no program")
    return commands


COLUMNS = ("mutants", "killed", "by time", "by sanitizers", "survived", "equivalent", "score")


def table(rows, field):
    """Counts by one field, as lines of a Markdown table."""
    groups = collections.defaultdict(list)
    for row in rows:
        if row["result"] != INVALID:
            groups[row[field]].append(row)
            groups["all"].append(row)
    lines = [f"| {field} | " + " | ".join(COLUMNS) + " |", "|---" * (len(COLUMNS) + 1) + "|"]
    for name in sorted(groups, key=lambda name: (name == "all", name)):
        counts = collections.Counter(row["result"] for row in groups[name])
        argued = sum(row["argument"] is not None and row["result"] == SURVIVED for row in groups[name])
        dead = counts[KILLED] + counts[TIMEOUT] + counts[SANITIZED]
        total = len(groups[name])
        score = f"{100 * dead / (total - argued):.1f} %" if total > argued else "-"
        numbers = (total, counts[KILLED], counts[TIMEOUT], counts[SANITIZED], counts[SURVIVED] - argued, argued, score)
        lines.append(f"| {name} | " + " | ".join(str(number) for number in numbers) + " |")
    return lines


def report(rows, problems):
    """Prints what came out; True if nothing is left to do."""
    for field in ("operator", "file"):
        print("\n".join(table(rows, field)) + "\n")
    print(f"{sum(row['result'] == INVALID for row in rows)} more do not compile")
    tests = collections.Counter(row["test"] for row in rows if row["test"])
    print("killed by: " + ", ".join(f"{name} {count}" for name, count in tests.most_common()))
    left = [row for row in rows if row["result"] == SURVIVED and row["argument"] is None]
    for row in left:
        print(f"\nSURVIVED {row['file']}:{row['line']} {row['operator']}{'' if row['reached'] else ', no test comes past'}\n"
              f"{row['file']} {row['function']}\n- {row['before']}\n+ {row['after']}")
    for problem in problems:
        print(f"ERROR {problem}")
    return not left and not problems


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--source", required=True, help="folder of the C files")
    parser.add_argument("--flags", default="", help="their compiler flags")
    parser.add_argument("--work", required=True, help="folder for the copy and the builds")
    parser.add_argument("--build", required=True, help="command; called with WORK and plain or sanitized")
    parser.add_argument("--programs", required=True, help="file: one test program with its arguments a line")
    parser.add_argument("--equivalent", help="file of arguments")
    parser.add_argument("--count", type=int, default=0, help="mutants to run, 0 for all")
    parser.add_argument("--seed", type=int, default=1, help="which ones")
    parser.add_argument("--files", nargs="*", default=[], help="of these files only")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--json", help="file for every mutant and its result")
    parser.add_argument("--no-sanitizers", action="store_true", help="do not run survivors under sanitizers")
    options = parser.parse_args()
    try:
        campaign = Campaign(options)
        rows = campaign.run()
    except (Failure, OSError) as failure:
        print(f"{failure}", file=sys.stderr)
        return 2
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(rows, file, indent=1)
    return 0 if report(rows, campaign.problems) else 1


if __name__ == "__main__":
    sys.exit(main())
