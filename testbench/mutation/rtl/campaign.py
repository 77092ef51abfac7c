#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Mutation campaign on the tile's RTL: docs/mutation.md.

Every mutant is met by the tests one after the other, the quick ones first, until one fails. Results are kept in BUILD, and
taken over by a later run as long as the RTL is the same, and the tests they depend on.
Exit status: 0 score reached and equivalent.txt right; 1 not so; 2 the campaign cannot run.
"""

import argparse
import concurrent.futures
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

import mutants
import report
import suite
import verilog

ROOT = suite.ROOT
EQUIVALENT = suite.HERE / "equivalent.txt"


def prepared(build, rtl, found):
    """The tests, compiled with all mutants in; mutant k of `found` has number k + 1."""
    listing = [{"number": i + 1, "file": m.file, "kind": m.kind, "begin": m.begin, "end": m.end, "new": m.new, "id": m.ident}
               for i, m in enumerate(found)]
    build.mkdir(parents=True, exist_ok=True)
    (build / "variants.json").write_text(json.dumps(listing, indent=0))
    changed = build / "rtl"
    steps = [["/usr/bin/python3", ROOT / "testbench/variants/instrument.py", rtl, build / "variants.json", changed],
             [ROOT / "testbench/random/build.sh", build, "mutate_programs", f"-DNT_RTL_DIR={changed}", "-DNT_VARIANTS=ON",
              f"-DNT_SHAPES={suite.SHAPE}", "-DNT_ASSERT=OFF", "-DNT_TRACE=OFF"]]
    for step in steps:
        if subprocess.run(step, cwd=ROOT, check=False).returncode:
            raise suite.Error(f"{step[0]} failed")
    modules = {m.name: m for m in (verilog.read(path.name, path.read_text()) for path in sorted(rtl.glob("*.v")))}
    tests = suite.load(build, modules)
    for test in tests:
        if isinstance(test, suite.Bench):
            test.compile(changed)
    return tests


class Results:
    """What is known of mutants, in a file with one JSON object per line; the last one of a mutant counts."""

    def __init__(self, path, rtl, tests):
        self.path = path
        self.rtl = rtl
        self.source = {test.name: test.source for test in tests}
        self.known = {}
        self.lock = threading.Lock()
        if path.exists():
            for line in path.read_text().splitlines():
                entry = json.loads(line)
                if entry["rtl"] == rtl:
                    self.known[entry["id"]] = entry

    def passed(self, ident):
        """Names of the tests, as they are now, that the mutant is known to pass."""
        entry = self.known.get(ident, {"passed": {}})
        return {name for name, source in entry["passed"].items() if self.source.get(name) == source}

    def killer(self, ident):
        """The entry of a mutant that a test, as it is now, has killed; else None."""
        entry = self.known.get(ident)
        if entry and entry["by"] and self.source.get(entry["by"]) == entry["by_source"]:
            return entry
        return None

    def note(self, ident, passed, by, how, seconds):
        entry = {"id": ident, "rtl": self.rtl, "by": by, "by_source": self.source.get(by), "how": how, "seconds": round(seconds, 2),
                 "passed": {name: self.source[name] for name in sorted(passed)}}
        with self.lock:
            self.known[ident] = entry
            with self.path.open("a") as out:
                out.write(json.dumps(entry) + "\n")


def meet(mutant, number, tests, results):
    """Runs one mutant against the tests it has not passed yet, until one fails."""
    start = time.monotonic()
    passed = results.passed(mutant.ident)
    for test in tests:
        if mutant.file in test.covers and test.name not in passed:
            with tempfile.TemporaryDirectory() as folder:
                how = test.run(number, folder, test.limit)
            if how:
                results.note(mutant.ident, passed, test.name, how, time.monotonic() - start)
                return
            passed.add(test.name)
    results.note(mutant.ident, passed, None, None, time.monotonic() - start)


def run(chosen, numbers, tests, results, jobs):
    """Runs the mutants whose result is not known; on a terminal it says how far it is."""
    needed = {m.ident: {test.name for test in tests if m.file in test.covers} for m in chosen}
    todo = [m for m in chosen if not results.killer(m.ident) and results.passed(m.ident) != needed[m.ident]]
    start = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        futures = [pool.submit(meet, m, numbers[m.ident], tests, results) for m in todo]
        try:
            for done, future in enumerate(concurrent.futures.as_completed(futures), 1):
                future.result()
                if sys.stdout.isatty():
                    left = (time.monotonic() - start) / done * (len(todo) - done)
                    print(f"\r[mutant {done}/{len(todo)}, {left:.0f} s left] ", end="", flush=True)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    if sys.stdout.isatty():
        print("\r" + " " * 60, end="\r")
    return len(todo), time.monotonic() - start


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path, help="folder for everything that is made")
    parser.add_argument("--count", type=int, default=400, help="mutants to take (400); 0: all")
    parser.add_argument("--seed", type=int, default=1, help="which ones (1)")
    parser.add_argument("--jobs", type=int, default=2, help="mutants at a time (2)")
    parser.add_argument("--score", type=float, default=95.0, help="per cent to reach (95)")
    parser.add_argument("--only", default="", help="of these, those whose id or file begins so")
    return parser.parse_args()


def main():
    options = arguments()
    build = options.build.resolve()
    rtl = ROOT / "rtl"
    found = mutants.find_all(rtl)
    equivalent = report.read_equivalent(EQUIVALENT, found)
    chosen = mutants.sample(found, options.count or len(found), options.seed)
    chosen = [m for m in chosen if m.ident.startswith(options.only) or m.file.startswith(options.only)]
    if not chosen:
        raise report.Error(f"--only {options.only}: none of the {options.count or len(found)} mutants drawn; --count 0 draws from all {len(found)}")
    tests = prepared(build, rtl, found)
    suite.baseline(tests)
    print(f"{len(found)} mutants, {len(chosen)} taken with seed {options.seed}; {len(tests)} tests, all pass without a mutant", flush=True)
    # Comments and layout do not count.
    sources = "".join(mutants.flat(path.read_text()) for path in sorted([*rtl.rglob("*.v"), *rtl.rglob("*.vh")]))
    sources = hashlib.sha256(sources.encode()).hexdigest()[:16]
    results = Results(build / "results.jsonl", sources, tests)
    ran, seconds = run(chosen, {m.ident: i + 1 for i, m in enumerate(found)}, tests, results, options.jobs)
    print(f"{ran} mutants run in {seconds:.0f} s, {len(chosen) - ran} known from before")
    return report.write(chosen, results, equivalent, options.score, build / "report.md")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (suite.Error, verilog.Error, report.Error) as error:
        print(f"mutate: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(2)
