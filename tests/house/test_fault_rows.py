# Goal: a fault that nothing covers is told, and a test that is gone is missed. Method: tools/fault-rows on tables of our own.
import pathlib
import shutil
import subprocess
import unittest

from scratch import scratch_folder

ROOT = pathlib.Path(__file__).resolve().parents[2]


class FaultRows(unittest.TestCase):
    def setUp(self):
        self.folder = scratch_folder()
        for path in ("tools/tidylib", "docs", "core", "tests/e2e"):
            (self.folder / path).mkdir(parents=True)
        shutil.copy(ROOT / "tools/fault-rows", self.folder / "tools/fault-rows")
        (self.folder / "tools/tidy").write_text("")
        (self.folder / "tools/tidylib/rules.py").write_text('"wall-clock": ""')
        (self.folder / "core/worker.test.cpp").write_text("")
        (self.folder / "tests/e2e/test_broker.py").write_text("")

    def tearDown(self):
        shutil.rmtree(self.folder)

    def judge(self, *rows):
        table = "| fault | what must hold | test |\n|---|---|---|\n" + "".join(f"| {fault} | it holds | {where} |\n" for fault, where in rows)
        (self.folder / "docs/testing.md").write_text("| law | where |\n|---|---|\n| I1 | `nowhere` |\n\n" + table)
        done = subprocess.run([self.folder / "tools/fault-rows"], check=False, capture_output=True, text=True, timeout=20)
        return done.returncode, done.stdout.splitlines()

    def test_a_row_whose_tests_are_there_passes(self):
        self.assertEqual(self.judge(("killed", "`core`; end to end (`broker`; more with `ANTIPHON_SWEEP=whole`)"), ("lost", "simulation"),
                                    ("stepped", "`core` (`worker`); `tools/tidy` (`wall-clock`)")), (0, ["3 passed, 0 failed, 0 skipped"]))

    def test_a_row_that_nothing_covers_is_told_with_its_reason(self):
        self.assertEqual(self.judge(("killed", "`core`"), ("cut", "not yet: comes later")),
                         (0, ["skipped: cut: not yet: comes later", "1 passed, 0 failed, 1 skipped"]))

    def test_a_test_that_is_gone_fails_its_row(self):
        code, lines = self.judge(("killed", "`core`; end to end (`coordinator`)"), ("cut", "somewhere"))
        self.assertEqual(code, 1)
        self.assertEqual(lines, ["failed: killed: there is no test coordinator", "failed: cut: 'somewhere' names no test", "0 passed, 2 failed, 0 skipped"])

    def test_no_table_is_no_success(self):
        (self.folder / "docs/testing.md").write_text("nothing\n")
        done = subprocess.run([self.folder / "tools/fault-rows"], check=False, capture_output=True, text=True, timeout=20)
        self.assertNotEqual(done.returncode, 0)


if __name__ == "__main__":
    unittest.main()
