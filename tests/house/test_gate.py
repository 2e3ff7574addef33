# Goal: ./check tells the truth: what failed, what was skipped and why, and the counts. Method: a copy with fake tools.
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from scratch import scratch_folder

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOLS = "setup format tidy fault-rows shell clang-tidy unit ctest-counted sweep readme-commands fuzz bench-smoke same-traces bluetooth-modules"


class Gate:
    """A project of nothing but the gate; each tool is a line of shell."""

    def __init__(self):
        self.folder = scratch_folder()
        for path in ("tools", "bin", "tests/house", "build"):
            (self.folder / path).mkdir(parents=True)
        shutil.copy(ROOT / "check", self.folder / "check")
        shutil.copy(ROOT / "tools/steps.sh", self.folder / "tools/steps.sh")
        for tool in [f"tools/{name}" for name in TOOLS.split()] + ["tests/house/run", "bin/cmake", "bin/ctest"]:
            self.script(tool, "exit 0")
        subprocess.run(["git", "init", "-q", str(self.folder)], check=True)

    def script(self, path, body):
        (self.folder / path).parent.mkdir(exist_ok=True)
        (self.folder / path).write_text(f"#!/bin/sh\n{body}\n")
        (self.folder / path).chmod(0o755)

    def check(self, *verbs):
        environment = os.environ | {"PATH": f"{self.folder}/bin:{os.environ['PATH']}", "ANTIPHON_SWEEP_SEED": "77"}
        return subprocess.run(["./check", *verbs], cwd=self.folder, env=environment, check=False, text=True, timeout=60,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def last_line(run):
    return run.stdout.splitlines()[-1]


class Check(unittest.TestCase):
    def test_ends_with_the_counts(self):
        for verb in ((), ("fast",), ("full",)):
            run = Gate().check(*verb)
            self.assertEqual(run.returncode, 0, run.stdout)
            self.assertRegex(last_line(run), r"^\d+ passed, 0 failed, \d+ skipped$")

    def test_numbers_its_steps_and_tells_their_times(self):
        rows = re.findall(r"^ *(\d+)  \S.*?(?:[\d.]+ s  \d+ passed|skipped)", Gate().check("fast").stdout.split("summary")[0], re.MULTILINE)
        self.assertEqual(rows, [str(n) for n in range(1, len(rows) + 1)])
        self.assertGreater(len(rows), 7)

    def test_adds_up_what_the_tools_count(self):
        gate = Gate()
        before = int(last_line(gate.check("fast")).split()[0])
        gate.script("tools/unit", "echo 41 passed, 0 failed, 1 skipped; echo skipped: Radio.Works: there is no radio")
        run = gate.check("fast")
        self.assertEqual(int(last_line(run).split()[0]), before - 1 + 41)
        self.assertIn("\nskipped: unit: Radio.Works: there is no radio\n", run.stdout)

    def test_goes_on_after_a_failure_and_fails(self):
        gate = Gate()
        gate.script("tools/format", "echo crooked; exit 1")
        run = gate.check("fast")
        self.assertEqual(run.returncode, 1)
        self.assertIn("| crooked\n", run.stdout)
        self.assertRegex(run.stdout, r"unit +ok")
        self.assertIn(" 1 failed, ", last_line(run))

    def test_fails_when_a_tool_counts_failures_but_exits_well(self):
        gate = Gate()
        gate.script("tools/tidy", "echo 3 passed, 2 failed, 0 skipped")
        run = gate.check("fast")
        self.assertEqual(run.returncode, 1)
        self.assertIn(" 2 failed, ", last_line(run))

    def test_fails_when_a_tool_counts_no_failure_but_exits_badly(self):
        gate = Gate()
        gate.script("tools/tidy", "echo 3 passed, 0 failed, 0 skipped; exit 1")
        self.assertIn(" 1 failed, ", last_line(gate.check("fast")))

    def test_runs_nothing_that_needs_a_build_that_failed(self):
        gate = Gate()
        gate.script("bin/cmake", "echo it does not compile; exit 1")
        gate.script("tools/unit", "touch ran")
        run = gate.check()
        self.assertEqual(run.returncode, 1)
        self.assertIn("skipped: the rest: it needs the build, which failed\n", run.stdout)
        self.assertFalse((gate.folder / "ran").exists())

    def test_without_its_packages_stops_at_once(self):
        gate = Gate()
        gate.script("tools/setup", "exit 1")
        run = gate.check()
        self.assertEqual((run.returncode, last_line(run)), (1, "0 passed, 1 failed, 0 skipped"))

    def test_skips_what_does_not_exist_yet_and_says_so(self):
        run = Gate().check()
        for what in ("simulation", "README", "demo", "fuzz", "bench", "arm64 build"):
            self.assertRegex(run.stdout, rf"\nskipped: {what}[^\n]*: [^\n]+\n")

    def test_runs_what_exists(self):
        gate = Gate()
        for path in ("build/antiphon-sim", "build-asan/antiphon-sim", "demo", "README.md"):
            gate.script(path, "exit 0")
        self.assertNotRegex(gate.check().stdout, r"skipped: (simulation|demo|README)")

    def test_samples_long_sweeps_by_a_printed_seed(self):
        gate = Gate()
        gate.script("build/antiphon-sim", "exit 0")
        gate.script("tools/sweep", 'echo "$*" >>sweeps')
        self.assertIn("ANTIPHON_SWEEP_SEED=77", gate.check().stdout)
        gate.check("fast")
        gate.check("full")
        self.assertEqual([line.split()[1:] for line in (gate.folder / "sweeps").read_text().splitlines()],
                         [["10000", "77"], ["10000", "77", "--recordings"], ["500", "1"], ["500", "1", "--recordings"],
                          ["1000000", "1"], ["100000", "1", "--recordings"]])

    def test_refuses_what_it_does_not_know(self):
        for verbs in (("slow",), ("fast", "full")):
            self.assertEqual(Gate().check(*verbs).returncode, 2)

    def test_is_what_continuous_integration_runs(self):
        self.assertIn("exec ./check\n", (ROOT / ".ci/run").read_text())


class Sweep(unittest.TestCase):
    def sweep(self, body, count, first, *option):
        with tempfile.TemporaryDirectory() as folder:
            program = pathlib.Path(folder, "sim")
            program.write_text(f"#!/bin/sh\n{body}\n")
            program.chmod(0o755)
            return subprocess.run([str(ROOT / "tools/sweep"), str(program), str(count), str(first), *option], check=False, text=True,
                                  timeout=60, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def test_covers_each_seed_once(self):
        run = self.sweep('echo "$2 from $4"', 600, 11)
        self.assertEqual(sorted(re.findall(r"\d+ from \d+", run.stdout)), ["100 from 511", "250 from 11", "250 from 261"])
        self.assertTrue(run.stdout.endswith("3 passed, 0 failed, 0 skipped\n"), run.stdout)

    def test_sweeps_what_its_option_names(self):
        self.assertEqual(re.findall(r"--\w+ 9 --first 3", self.sweep('echo "$*"', 9, 3).stdout), ["--sweep 9 --first 3"])
        self.assertEqual(re.findall(r"--\w+ 9 --first 3", self.sweep('echo "$*"', 9, 3, "--recordings").stdout), ["--recordings 9 --first 3"])

    def test_names_the_batch_that_failed_and_shows_it(self):
        run = self.sweep('[ "$4" != 251 ] || { echo broken at 300; exit 1; }', 500, 1)
        self.assertEqual(run.returncode, 1)
        self.assertIn("failed: the batch from seed 251 (exit 1)\nbroken at 300\n", run.stdout)
        self.assertTrue(run.stdout.endswith("1 passed, 1 failed, 0 skipped\n"), run.stdout)


class SameTraces(unittest.TestCase):
    def compare(self, here, board):
        folder = scratch_folder()
        # the fake qemu runs what it is given: -L / PROGRAM SEED
        for name, body in (("here", here), ("board", board), ("qemu-aarch64-static", 'exec "$3" "$4"')):
            (folder / name).write_text(f"#!/bin/sh\n{body}\n")
            (folder / name).chmod(0o755)
        return subprocess.run([str(ROOT / "tools/same-traces"), str(folder / "here"), str(folder / "board"), "3"], check=False, text=True, timeout=60,
                              env=os.environ | {"PATH": f"{folder}:{os.environ['PATH']}"}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def test_pass_where_each_seed_is_the_same_run(self):
        run = self.compare('echo "run $1"', 'echo "run $1"')
        self.assertEqual((run.returncode, run.stdout), (0, "3 passed, 0 failed, 0 skipped\n"))

    def test_a_seed_that_differs_or_says_nothing_is_named(self):
        run = self.compare('echo "run $1"', '[ "$1" != 2 ] && echo "run $1" || echo "another run"')
        self.assertEqual(run.returncode, 1)
        self.assertIn("failed: seed 2 is another run on a board", run.stdout)
        self.assertTrue(run.stdout.endswith("2 passed, 1 failed, 0 skipped\n"), run.stdout)
        self.assertIn("0 passed, 3 failed", self.compare("true", "true").stdout)


class JunitCounts(unittest.TestCase):
    def counts(self, cases):
        with tempfile.NamedTemporaryFile("w", suffix=".xml") as report:
            report.write(f"<testsuite>{cases}</testsuite>")
            report.flush()
            return subprocess.run([str(ROOT / "tools/junit-counts"), report.name], check=False, text=True, timeout=60,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def test_tell_passed_failed_and_skipped_with_the_reason(self):
        run = self.counts('<testcase name="A.b" status="run"/><testcase name="A.c" status="fail"><failure/><system-out>x is 3</system-out></testcase>'
                          '<testcase name="A.d" status="notrun"><skipped message="x"/>'
                          "<system-out>/a.cpp:3: Skipped\nno radio\n\n</system-out></testcase>")
        self.assertEqual(run.stdout, "x is 3\nfailed: A.c\nskipped: A.d: no radio\n1 passed, 1 failed, 1 skipped\n")
        self.assertEqual(run.returncode, 1)

    def test_of_no_test_at_all_is_a_failure(self):
        self.assertEqual(self.counts("").returncode, 1)

    def test_read_what_googletest_writes(self):
        run = self.counts('<testcase name="B" classname="A" status="run"/><testcase name="C" classname="A" status="run"><failure>x is 3</failure></testcase>'
                          '<testcase name="D" classname="A" status="run"><skipped message="/a.cpp:3&#10;no radio&#10;"/></testcase>')
        self.assertEqual(run.stdout, "x is 3\nfailed: A.C\nskipped: A.D: no radio\n1 passed, 1 failed, 1 skipped\n")


class Unit(unittest.TestCase):
    PASSES = '<testsuite><testcase name="B" classname="A" status="run"/></testsuite>'

    def run_unit(self, programs, *asked):
        folder = scratch_folder()
        for name, body in programs.items():
            (folder / name).write_text(f"#!/bin/sh\nreport=${{1#--gtest_output=xml:}}\n{body}\n")
            (folder / name).chmod(0o755)
        (folder / "unit-tests.txt").write_text("".join(f"{folder}/{name}\n" for name in [*programs, *self.unbuilt]))
        return subprocess.run([str(ROOT / "tools/unit"), str(folder), *asked], check=False, text=True, timeout=60, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)

    unbuilt = ()

    def test_adds_up_the_reports_of_all_programs(self):
        run = self.run_unit({"a_test": f"echo '{self.PASSES}' >$report", "b_test": f"echo '{self.PASSES}' >$report"})
        self.assertEqual((run.returncode, run.stdout), (0, "2 passed, 0 failed, 0 skipped\n"))

    def test_a_program_that_dies_has_failed_and_shows_its_last_words(self):
        for body in ("echo it hurts; kill -9 $$", f"echo '{self.PASSES}' >$report; echo it hurts; exit 66"):
            run = self.run_unit({"a_test": f"echo '{self.PASSES}' >$report", "b_test": body})
            self.assertEqual(run.returncode, 1, run.stdout)
            self.assertIn("it hurts\nfailed: b_test ended with", run.stdout)

    def test_a_program_that_was_not_built_has_failed_unless_others_are_asked_for(self):
        self.unbuilt = ("c_test",)
        programs = {"a_test": f"echo '{self.PASSES}' >$report"}
        self.assertIn("failed: c_test wrote no report", self.run_unit(programs).stdout)
        self.assertEqual(self.run_unit(programs, "a_test").stdout, "1 passed, 0 failed, 0 skipped\n")
        self.assertEqual(self.run_unit(programs, "a_test", "d_test").returncode, 1)


if __name__ == "__main__":
    unittest.main()
