# SPDX-License-Identifier: Apache-2.0
"""Cleaning a made-up miniature book (book.txt) with one case of each rule, and the command on a folder of books."""
import hashlib
import json
import os
import tempfile
import unittest

import support
import gutenberg
from failure import Failure

MARKER = "*** %s OF THIS PROJECT GUTENBERG EBOOK THE TIN FABLES ***"
WANTED = [
    'There was once a clock that could not sleep. "Tick," said the clock--and the goose answered: \'Tock.\'',
    'The g"oose" was called AEgidius, and he lived in a small cafe near the sea. He oeiled the clock...',
    "Then they both slept.",
    "",
    "One kettle sang. So did the other two.",
]


def between(text):
    """A text between markers."""
    return f"{MARKER % 'START'}\n\n{text}\n\n{MARKER % 'END'}\n"


def book():
    with open(os.path.join(support.HERE, "book.txt"), encoding="utf-8") as file:
        return file.read()


class Clean(unittest.TestCase):
    def test_book(self):
        self.assertEqual(gutenberg.clean(book()), WANTED)

    def test_line_ends(self):
        self.assertEqual(gutenberg.clean(book().replace("\n", "\r\n")), WANTED)

    def test_old_markers(self):
        old = book().replace(MARKER % "START", "*END*THE SMALL PRINT! FOR ETEXTS*END*")
        old = old.replace(MARKER % "END", "End of the Project Gutenberg Etext of The Tin Fables")
        self.assertEqual(gutenberg.clean(old), WANTED)

    def test_encodings(self):
        for text, encoding, found in (
            ("caf\u00e9 \u2014", "utf-8", "utf-8"),
            ("\ufeffcaf\u00e9", "utf-8", "utf-8"),
            ("caf\u00e9", "latin-1", "latin-1"),
        ):
            decoded, name = gutenberg.decode(text.encode(encoding))
            self.assertEqual((decoded, name), (text, found))
            self.assertTrue(gutenberg.to_ascii(decoded).startswith("cafe"))

    def test_kept(self):
        """What looks like something to drop and is not."""
        for kept in (
            '"YES!" he cried.',  # capitals with other text
            '"Good day, King John," said Robin Hood.',  # many names, but a sentence
            "And so he went home (it was late) and slept.",  # brackets inside
            "From the hill he saw the whole of the wide sea, and he wept.",  # not before a heading
        ):
            self.assertEqual(gutenberg.clean(between(f"{kept}\n\nIt ends.")), [kept, "It ends."])

    def test_notes_only_at_the_back(self):
        text = book().replace("Collected by Nobody of Note", "NOTES")
        self.assertEqual(gutenberg.clean(text), WANTED)

    def test_refused(self):
        start, rest = book().split(MARKER % "START")
        for text in ("", "no markers", start + rest.split(MARKER % "END")[0], rest, MARKER % "END" + MARKER % "START", between("X")):
            with self.assertRaises(Failure) as caught:
                gutenberg.clean(text, "name.txt")
            self.assertEqual(caught.exception.code, 7)
            self.assertIn("name.txt", str(caught.exception))


class Command(unittest.TestCase):
    def test_folder(self):
        """Forty long books: one in twenty 8 kB blocks goes to valid.txt, nothing is lost, the counts are right."""
        with tempfile.TemporaryDirectory() as folder:
            os.mkdir(os.path.join(folder, "books"))
            paragraphs = []
            for i in range(40):
                mine = [f"Paragraph {k} of book {i:02} goes on for quite a while, as they do." for k in range(100)]
                support.write(os.path.join(folder, "books"), f"{i:02}.txt", between("\n\n".join(mine)))
                paragraphs += ([""] if i else []) + mine
            books, out = (os.path.join(folder, name) for name in ("books", "out"))
            done = support.train(books, "--out", out, script="gutenberg.py")
            self.assertEqual(done.returncode, 0, done.stderr)
            texts = {}
            for name in ("train.txt", "valid.txt", "corpus.json"):
                with open(os.path.join(folder, "out", name)) as file:
                    texts[name] = file.read()
            report = json.loads(texts["corpus.json"])
            self.assertEqual([b["file"] for b in report["books"]], [f"{i:02}.txt" for i in range(40)])
            self.assertEqual(report["books"][3]["paragraphs"], 100)
            for name in ("train.txt", "valid.txt"):
                self.assertEqual(report[name]["sha256"], hashlib.sha256(texts[name].encode()).hexdigest())
                self.assertEqual(report[name]["bytes"], len(texts[name]))
            train, valid = (texts[name].splitlines() for name in ("train.txt", "valid.txt"))
            self.assertEqual(sorted(train + valid), sorted(paragraphs))
            whole = "".join(line + "\n" for line in paragraphs)
            self.assertIn(texts["valid.txt"], whole)  # one block of a text of 31: the twentieth
            self.assertAlmostEqual(whole.index(texts["valid.txt"]), 19 * 8192, delta=19 * 80)
            self.assertAlmostEqual(len(texts["valid.txt"]), 8192, delta=80)
