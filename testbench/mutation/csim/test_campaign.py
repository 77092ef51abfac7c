# SPDX-License-Identifier: Apache-2.0
"""The mutation campaign on sample/tiny: exactly the known mutants of it survive a weak test and a strong one."""
import json
import os
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
EQUIVALENT = """tiny.c tiny_clamp
- if (x > limit)
+ if ((x) >= (limit))
At x = limit both ways return the same.
"""
KILLED = EQUIVALENT.replace("+ if ((x) >= (limit))", "+ if (0)")
GONE = EQUIVALENT.replace("limit)", "bound)")
ONE_SIDED = "tiny.c tiny_clamp\n- if (x > limit)\nNo line with +.\n"


class Campaign(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def run_campaign(self, word, *options, equivalent=None):
        """(exit status, output, {(function, after): row})"""
        result = os.path.join(self.folder, "mutants.json")
        if equivalent is not None:
            options += ("--equivalent", self.write("equivalent.txt", equivalent))
        done = subprocess.run([sys.executable, "-B", f"{HERE}/campaign.py", "--source", f"{HERE}/sample/tiny",
                               "--work", self.folder, "--build", f"{HERE}/sample/build.sh", "--json", result,
                               "--programs", self.write("programs.txt", f"test_tiny {word}\n"), *options],
                              capture_output=True, text=True, check=False)
        rows = []
        if os.path.exists(result):
            with open(result, encoding="utf-8") as file:
                rows = json.load(file)
        return done.returncode, done.stdout + done.stderr, {(row["function"], row["after"]): row for row in rows}

    def test_weak(self):
        """Of tiny_clamp the weak test asks for one value above the limit; it comes past nothing else."""
        status, output, rows = self.run_campaign("weak")
        self.assertEqual(status, 1, output)
        survivors = {key for key, row in rows.items() if row["result"] == "survived" and row["reached"]}
        self.assertEqual(survivors, {("tiny_clamp", "if (1)"), ("tiny_clamp", "if ((x) >= (limit))"),
                                     ("tiny_clamp", "if ((unsigned)(x) > (unsigned)(limit))")})
        killed = {key for key, row in rows.items() if row["result"] == "killed"}
        self.assertEqual(killed, {("tiny_clamp", "if (0)"), ("tiny_clamp", "if ((x) <= (limit))"),
                                  ("tiny_clamp", "/* nothing */;")})
        self.assertEqual({function for (function, _), row in rows.items() if not row["reached"]},
                         {"tiny_count", "tiny_bit", "tiny_choose"})
        self.assertEqual(output.count("SURVIVED"), sum(row["result"] == "survived" for row in rows.values()))
        self.assertIn("SURVIVED tiny.c:5 condition", output)

    def test_strong(self):
        """What the strong test leaves over is equivalent; what only sanitizers, time or the compiler see is counted as that."""
        status, output, rows = self.run_campaign("strong", equivalent=EQUIVALENT)
        self.assertEqual(status, 0, output)
        self.assertEqual([key for key, row in rows.items() if row["result"] == "survived"],
                         [("tiny_clamp", "if ((x) >= (limit))")])
        self.assertEqual(rows["tiny_bit", "return (k) <= (32) ? 1U << k & 0xFFFFFFFE : 0;"]["result"], "sanitizer")
        self.assertEqual(rows["tiny_count", "/* nothing */;"]["result"], "timeout")
        self.assertEqual(rows["tiny_choose", "default: /* nothing */;"]["result"], "does not compile")
        self.assertIn("100.0 %", output)

    def test_arguments(self):
        """An argument for a mutant that is killed, or that there is none of, is an error, and so is a broken entry."""
        only = ("--no-sanitizers", "--count", "1")
        status, output, _ = self.run_campaign("weak", "--no-sanitizers", equivalent=KILLED)
        self.assertEqual(status, 1)
        self.assertIn("ERROR argued equivalent, but killed: tiny.c tiny_clamp: + if (0)", output)
        status, output, _ = self.run_campaign("strong", *only, equivalent=GONE)
        self.assertEqual(status, 1)
        self.assertIn("ERROR argued equivalent, but no such mutant: tiny.c tiny_clamp", output)
        status, output, _ = self.run_campaign("strong", *only, equivalent=ONE_SIDED)
        self.assertEqual(status, 2)
        status, output, _ = self.run_campaign("strong", *only, equivalent=EQUIVALENT + "\n" + EQUIVALENT)
        self.assertEqual(status, 2)
        self.assertIn("twice", output)

    def test_sample(self):
        """A seed chooses, always the same."""
        first, again, other = (set(self.run_campaign("weak", "--no-sanitizers", "--count", "9", "--seed", seed)[2])
                               for seed in ("1", "1", "2"))
        self.assertEqual(len(first), 9)
        self.assertEqual(first, again)
        self.assertNotEqual(first, other)

    def test_wrong_input(self):
        status, output, _ = self.run_campaign("weak", "--files", "other.c")
        self.assertEqual(status, 2)
        self.assertIn("must be of tiny.c", output)


if __name__ == "__main__":
    unittest.main()
