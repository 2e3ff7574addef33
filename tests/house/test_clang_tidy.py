# Goal: tools/clang-tidy looks at what changed and at nothing else. Method: a project of two sources, fake programs on PATH.
import json
import os
import pathlib
import shutil
import subprocess
import unittest

from scratch import scratch_folder

ROOT = pathlib.Path(__file__).resolve().parents[2]
FAKE_CLANG_TIDY = """case $* in
*--version*) echo version 19;;
*) for source; do :; done; basename "$source" >>"$M/looked"; ! grep -n BAD "$source";;
esac"""


class Project:
    def __init__(self):
        self.folder = scratch_folder()
        for path in ("tools", "core", "bin", "build"):
            (self.folder / path).mkdir()
        shutil.copy(ROOT / "tools/clang-tidy", self.folder / "tools/clang-tidy")
        self.write(".clang-tidy", "Checks: x\n")
        self.script("clang-tidy-19", FAKE_CLANG_TIDY)
        self.script("ninja", 'cat "$M/deps"')
        names = ("a", "b", "a.test")
        for name in names:
            self.write(f"core/{name}.cpp", "int n;\n")
        self.write("core/a.hpp", "")
        self.write("deps", "".join(f"{n}.o: #deps 2, deps mtime 1 (VALID)\n    ../core/{n}.cpp\n    ../core/a.hpp\n\n" for n in names if n != "b")
                   + "b.o: #deps 1, deps mtime 1 (VALID)\n    ../core/b.cpp\n")
        self.write("build/compile_commands.json", json.dumps(
            [{"directory": "build", "file": f"{self.folder}/core/{n}.cpp", "command": f"c++ -o {n}.o -c {n}.cpp"} for n in names]))

    def write(self, path, text):
        (self.folder / path).write_text(text)

    def script(self, name, body):
        self.write(f"bin/{name}", f"#!/bin/sh\nM={self.folder}\n{body}\n")
        (self.folder / "bin" / name).chmod(0o755)

    def look(self, *options):
        """The sources that were looked at, and the run."""
        self.write("looked", "")
        run = subprocess.run([str(self.folder / "tools/clang-tidy"), *options], check=False, text=True, timeout=60,
                             env=os.environ | {"PATH": f"{self.folder}/bin:{os.environ['PATH']}"},
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return sorted((self.folder / "looked").read_text().split()), run


class ClangTidy(unittest.TestCase):
    def test_looks_at_each_source_once_and_at_no_test(self):
        project = Project()
        self.assertEqual(project.look()[0], ["a.cpp", "b.cpp"])
        looked, run = project.look()
        self.assertEqual(looked, [])
        self.assertTrue(run.stdout.endswith("2 passed, 0 failed, 0 skipped\n"), run.stdout)

    def test_looks_again_when_a_header_changed(self):
        project = Project()
        project.look()
        project.write("core/a.hpp", "int m;\n")
        self.assertEqual(project.look()[0], ["a.cpp"])

    def test_looks_again_when_the_rules_changed(self):
        project = Project()
        project.look()
        project.write(".clang-tidy", "Checks: y\n")
        self.assertEqual(project.look()[0], ["a.cpp", "b.cpp"])

    def test_looks_again_at_what_failed(self):
        project = Project()
        project.write("core/b.cpp", "BAD\n")
        for _ in range(2):
            looked, run = project.look()
            self.assertIn("b.cpp", looked)
            self.assertEqual(run.returncode, 1)
            self.assertIn("failed: core/b.cpp\n", run.stdout)

    def test_out_of_time_says_what_it_left(self):
        looked, run = Project().look("--seconds", "0.000001")
        self.assertEqual(looked, [])
        self.assertIn("skipped: 2 files", run.stdout)
        self.assertTrue(run.stdout.endswith("0 passed, 0 failed, 1 skipped\n"), run.stdout)


if __name__ == "__main__":
    unittest.main()
