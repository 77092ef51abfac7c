# SPDX-License-Identifier: Apache-2.0
"""The campaign on a counter of 30 lines: a weak testbench lets exactly the mutants live that it must, a strong one almost none."""

import contextlib
import io
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import campaign
import mutants
import report
import suite

TINY = suite.HERE / "tiny"
INSTRUMENT = suite.ROOT / "testbench/variants/instrument.py"


class Tiny(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.build = pathlib.Path(self.folder.name)
        self.found = mutants.find_all(TINY / "rtl")
        self.numbers = {m.ident: i + 1 for i, m in enumerate(self.found)}
        listing = [{"number": self.numbers[m.ident], "file": m.file, "kind": m.kind, "begin": m.begin, "end": m.end, "new": m.new}
                   for m in self.found]
        (self.build / "variants.json").write_text(json.dumps(listing))
        subprocess.run(["/usr/bin/python3", INSTRUMENT, TINY / "rtl", self.build / "variants.json", self.build / "rtl"], check=True)

    def bench(self, name, rtl):
        bench = suite.Bench(name, {"nt_tiny.v"}, "1", ["nt_tiny"], self.build / name, ["-t", TINY / name])
        bench.compile(rtl)
        return bench

    def met(self, *names):
        """Results of all mutants against testbenches, and how many were run."""
        tests = [self.bench(name, self.build / "rtl") for name in names]
        suite.baseline(tests)
        results = campaign.Results(self.build / "results.jsonl", "rtl", tests)
        ran, _ = campaign.run(self.found, self.numbers, tests, results, 2)
        return results, ran

    def survivors(self, results):
        return sorted(f"{m.line} {mutants.flat(m.old)} -> {mutants.flat(m.new) or '-'}" for m in self.found
                      if not results.killer(m.ident))

    def verdict(self, results, equivalent, score=100.0):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            status = report.write(self.found, results, equivalent, score, self.build / "report.md")
        return status, out.getvalue()

    def test_strong(self):
        results, ran = self.met("strong")
        self.assertEqual(ran, len(self.found))
        self.assertEqual(self.survivors(results), STRONG)
        self.assertEqual(self.verdict(results, {})[0], 1)
        reasons = {m.ident: "asked only when up_i is 0" for m in self.found if not results.killer(m.ident)}
        self.assertEqual(self.verdict(results, reasons)[0], 0)
        # A reason for a mutant that is killed is wrong.
        dead = next(m for m in self.found if results.killer(m.ident))
        status, text = self.verdict(results, {**reasons, dead.ident: "no"})
        self.assertEqual(status, 1)
        self.assertIn("STALE", text)

    def test_weak_then_strong(self):
        results, _ = self.met("weak")
        weak = self.survivors(results)
        self.assertEqual(weak, WEAK)
        # A second run knows all; one with a further test runs only what lives.
        self.assertEqual(self.met("weak")[1], 0)
        results, ran = self.met("weak", "strong")
        self.assertEqual(ran, len(weak))
        self.assertEqual(self.survivors(results), STRONG)

    def test_baseline(self):
        text = (TINY / "rtl/nt_tiny.v").read_text()
        bad = self.build / "bad"
        bad.mkdir()
        (bad / "nt_tile.f").write_text("nt_tiny.v\n")
        (bad / "include").mkdir()
        (bad / "nt_tiny.v").write_text(text.replace("2'd3", "2'd2"))
        with self.assertRaisesRegex(suite.Error, "fails on the tile without a mutant"):
            suite.baseline([self.bench("strong", bad)])

    def test_no_mutant_is_no_pass(self):
        command = [sys.executable, "-B", str(pathlib.Path(__file__).parent / "campaign.py"), str(self.build), "--only", "nt_none"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        self.assertEqual(done.returncode, 2)
        self.assertIn("--only nt_none: none of the", done.stderr)

    def test_equivalent_file(self):
        path = self.build / "equivalent.txt"
        first = self.found[0]
        path.write_text(f"# comment\n{first.ident} nt_tiny.v because\n  of that\n")
        self.assertEqual(report.read_equivalent(path, self.found), {first.ident: "because of that"})
        for text in ("00000000 nt_tiny.v no such mutant", f"{first.ident} nt_other.v wrong file", f"{first.ident} nt_tiny.v",
                     f"{first.ident} nt_tiny.v a\n{first.ident} nt_tiny.v b"):
            path.write_text(text + "\n")
            with self.assertRaises(report.Error):
                report.read_equivalent(path, self.found)


# The second condition is asked only when up_i is 0: its !up_i is redundant, and nothing can tell.
STRONG = ["20 down_i && !up_i -> (down_i) != '0"]
# Never up when full, never down at 0, never both, never neither between counts.
WEAK = sorted([
    "19 !full_o -> 1'b1",
    "20 2'd0 -> 2'h1",
    "20 down_i && !up_i && count_q != 2'd0 -> (count_q != 2'd0) != '0",
    "20 down_i && !up_i && count_q != 2'd0 -> (down_i && !up_i) != '0",
    "20 down_i && !up_i && count_q != 2'd0 -> (down_i && !up_i) || (count_q != 2'd0)",
    "20 down_i && !up_i && count_q != 2'd0 -> 1'b1",
    "20 down_i && !up_i -> (!up_i) != '0",
    "20 down_i && !up_i -> (down_i) != '0",
    "20 down_i && !up_i -> (down_i) || (!up_i)",
])

if __name__ == "__main__":
    unittest.main()
