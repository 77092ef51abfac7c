# SPDX-License-Identifier: Apache-2.0
"""A run that is stopped and started again ends with the same bits as one that is not, however it was stopped."""
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import support

SMALL = "--pieces 400 --hidden 32 --layers 2 --intermediate 64 --streams 4 --window 32 --save-every 10".split()


def held(folder):
    """The save as plain values, without what the clock decides."""
    import torch

    save = torch.load(os.path.join(folder, "resume.pt"), weights_only=False)
    moments = [(k, n, v) for k, entry in sorted(save["optimizer"]["state"].items()) for n, v in sorted(entry.items())]
    tensors = [*sorted(save["network"].items()), *enumerate(save["state"]), *((f"{k} {n}", v) for k, n, v in moments)]
    log = [{k: v for k, v in line.items() if k != "cpu_seconds"} for line in save["log"]]
    return tensors, (save["step"], save["recent"], log)


def content(folder, name):
    with open(os.path.join(folder, name), "rb") as file:
        return file.read()


class Resume(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = cls.temporary.name
        cls.text = support.write(cls.folder, "text.txt", support.kjv(0, 1200))
        cls.valid = support.write(cls.folder, "valid.txt", support.kjv(3000, 40))
        cls.whole = cls.path("whole")
        done = cls.run_trainer("whole", "--steps", 30)
        assert done.returncode == 0, done.stderr

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    @classmethod
    def path(cls, name):
        return os.path.join(cls.folder, name)

    @classmethod
    def words(cls, name, *more):
        return [cls.text, "--valid", cls.valid, "--out", cls.path(name), *SMALL, "--hold", 20, "--warm-up", 5, *more]

    @classmethod
    def run_trainer(cls, name, *more):
        return support.train(*cls.words(name, *more))

    def assert_same(self, folder):
        import torch

        for (name, a), (_, b) in zip(*(held(f)[0] for f in (self.whole, folder))):
            self.assertTrue(torch.equal(a, b), name)
        self.assertGreater(len(held(folder)[0]), 60)
        self.assertEqual(held(self.whole)[1], held(folder)[1])
        for name in ("model.safetensors", "config.json", "tokenizer.model", "calibration.txt", "heldout.txt"):
            self.assertEqual(content(self.whole, name), content(folder, name), name)

    def test_stopped_by_a_signal_at_any_step(self):
        """SIGTERM as soon as the first save is there; exit code 143 and a save of the step it had come to."""
        words = [str(word) for word in self.words("signal", "--steps", 30)]
        command = [sys.executable, "-B", os.path.join(support.TRAIN, "train.py"), *words]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=120)
        if process.returncode != 0:  # it may have finished first on a fast machine
            self.assertEqual(process.returncode, 128 + signal.SIGTERM, errors)
            self.assertIn("stopped and saved at step", errors)
            self.assertFalse(os.path.exists(os.path.join(self.path("signal"), "model.safetensors")))
        self.assertEqual(self.run_trainer("signal", "--steps", 30).returncode, 0)
        self.assert_same(self.path("signal"))

    def test_killed(self):
        """SIGKILL between two saves: the steps since the last save are done again."""
        words = [str(word) for word in self.words("killed", "--steps", 30)]
        command = [sys.executable, "-B", os.path.join(support.TRAIN, "train.py"), *words]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        process.stdout.readline()
        time.sleep(0.05)
        process.kill()
        process.communicate()
        self.assertEqual(self.run_trainer("killed", "--steps", 30).returncode, 0)
        self.assert_same(self.path("killed"))

    def test_a_finished_run_started_again_changes_nothing(self):
        before = {name: content(self.whole, name) for name in sorted(os.listdir(self.whole)) if name != "curve.png"}
        self.assertEqual(self.run_trainer("whole", "--steps", 30).returncode, 0)
        self.assertEqual(before, {name: content(self.whole, name) for name in before})

    def test_another_seed_is_another_run(self):
        self.assertEqual(self.run_trainer("seed", "--steps", 30, "--seed", 2).returncode, 0)
        self.assertNotEqual(content(self.whole, "model.safetensors"), content(self.path("seed"), "model.safetensors"))

    def refused(self, words):
        """The failure of a run with these options, in this process."""
        import options
        import texts
        from failure import Failure
        from run import Run

        args = options.parse([str(word) for word in words])
        with self.assertRaises(Failure) as caught:
            Run(args, (texts.read(args.text), texts.read([args.valid])))
        return caught.exception

    def test_a_save_of_another_run_is_refused(self):
        other = support.write(self.folder, "other.txt", support.kjv(100, 1200))
        whole = self.words("whole", "--steps", 30)
        for code, reason, words in (
            (2, "--seed was 1, now 2", [*whole, "--seed", 2]),
            (2, "--hidden was 32, now 64", [*whole, "--hidden", 64]),
            (2, "--steps was 30, now 40", [*whole, "--steps", 40]),
            (7, "SHA-256 of text was", [other, *whole[1:]]),
            (7, "SHA-256 of --valid was", [*whole, "--valid", other]),
        ):
            with self.subTest(reason):
                failure = self.refused(words)
                self.assertEqual(failure.code, code)
                self.assertIn(reason, str(failure))
                self.assertIn("save of another run", str(failure))

    def test_a_damaged_save_is_refused(self):
        whole = content(self.whole, "resume.pt")
        os.makedirs(self.path("damaged"))
        for size in (0, 100, len(whole) // 2, len(whole) - 1):
            with self.subTest(size):
                support.write(self.path("damaged"), "resume.pt", whole[:size])
                failure = self.refused(self.words("damaged", "--steps", 30))
                self.assertEqual(failure.code, 7)
                self.assertIn("damaged", str(failure))

    def test_a_damaged_tokenizer_is_refused(self):
        os.makedirs(self.path("torn"))
        support.write(self.path("torn"), "resume.pt", content(self.whole, "resume.pt"))
        support.write(self.path("torn"), "tokenizer.model", b"no model")
        failure = self.refused(self.words("torn", "--steps", 30))
        self.assertEqual(failure.code, 7)
        self.assertIn("tokenizer.model: not a SentencePiece model", str(failure))

    def test_training_json(self):
        told = json.loads(content(self.whole, "training.json"))
        self.assertEqual(told["arguments"]["seed"], 1)
        self.assertEqual([line["step"] for line in told["log"]], [10, 20, 30])
        self.assertEqual(told["log"][-1]["tokens"], 30 * 4 * 32)
        self.assertLess(told["log"][-1]["valid_nll"], told["log"][0]["valid_nll"])
        self.assertEqual(content(self.whole, "curve.png")[:4], b"\x89PNG")
