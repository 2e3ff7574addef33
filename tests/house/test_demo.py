# Goal: the demo's last words are true wherever they are read. Method: measurements and folders made up here; nothing plays.
import json
import os
import pathlib
import subprocess
import sys
import unittest

from scratch import scratch_folder

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "demo.d"))

import report  # noqa: E402
import stage  # noqa: E402
from cluster import Cluster  # noqa: E402

# Tells its own name and what it was called with, a line each.
TELLER = '#!/bin/sh\nprintf "%s\\n" "$(basename "$0")" "$@" "url=$ANTIPHON_URL" "token=$ANTIPHON_TOKEN" "room=$ANTIPHON_ROOM"\n'


def speaker(name, **told):
    return {"name": name, "silent": False, "signed_median_us": 3.0, "skew": {"count": 200}} | told


def measured(speakers, verdict=None, faults_of_mics=(), pairs_us=5.0):
    """All is well but for what is given; `verdict` is the ruler's when it is not content."""
    return {"mics": {"faults": list(faults_of_mics), "mics": [{"name": "hall/mic", "gap_frames": 0}]},
            "ruler": {"pairs": {"count": 300, "median_us": pairs_us}, "speakers": speakers,
                      "within_limits": verdict is None, "verdict": verdict or "in sync"},
            "lost": {"hall": 0, "foyer": 0}, "gaps": [], "origin_s": 1000.0, "pulse": {"freezes": 0, "longest_ms": 9.0}}


class Verdict(unittest.TestCase):
    both = [speaker("hall/left"), speaker("foyer/left")]

    def test_nothing_is_wrong_when_all_are_content(self):
        self.assertEqual(report.faults_of(measured(self.both)), [])

    def test_what_only_the_ruler_found_is_a_fault(self):
        for verdict in ("foyer/left plays something else than the others",
                        "foyer/left was silent in 90 of 240 windows in which others sounded"):
            self.assertEqual(report.faults_of(measured(self.both, verdict)), [verdict])

    def test_what_the_ruler_found_is_not_told_twice(self):
        for one, words in ((speaker("foyer/left", silent=True), "foyer/left is silent"),
                           (speaker("foyer/left", signed_median_us=5000.0), "foyer/left is 5000 us late")):
            told = measured([speaker("hall/left"), one], "foyer/left, in the ruler's words")
            self.assertEqual(report.faults_of(told), [words])
        missing = measured([speaker("hall/left"), speaker("foyer/left", silent=True)], "foyer/left is silent",
                           ["foyer/left is MISSING from the recordings"])
        self.assertEqual(report.faults_of(missing), ["foyer/left is MISSING from the recordings"])


class Killed(unittest.TestCase):
    """The hall's worker, 9 s after the recording began."""

    def told(self, *gaps, verdict=None, lost=0):
        told = measured([speaker("hall/left"), speaker("foyer/left")], verdict)
        told["mics"]["mics"][0]["gap_frames"] = sum(count for _, count in gaps)
        return told | {"killed": {"worker": "hall", "after_s": 1009.0, "before_s": 1009.1}, "lost": {"hall": lost, "foyer": 0},
                       "gaps": [{"input": "hall/mic", "first": first, "count": count, "reason": "its end was cut short"} for first, count in gaps]}

    def test_its_gap_and_its_silence_are_no_faults(self):
        silent = "hall/left was silent in 30 of 240 windows in which others sounded"
        self.assertEqual(report.faults_of(self.told((428_000, 96_000), verdict=silent, lost=5000)), [])
        others = "foyer/left was silent in 30 of 240 windows in which others sounded"
        self.assertEqual(report.faults_of(self.told((428_000, 96_000), verdict=f"{silent}; {others}")), [others])

    def test_a_gap_table_that_does_not_tell_of_it_is_a_fault(self):
        for gaps, words in (((), "killed once and tells of 0 gaps"), (((428_000, 96_000), (900_000, 10)), "tells of 2 gaps"),
                            (((300_000, 96_000),), "a gap from -2.75 to -0.75 s of its worker's death"),
                            (((428_000, 100),), "a gap from -0.08 to -0.08 s"), (((480_000, 96_000),), "a gap from +1.00 to +3.00 s")):
            fault, = report.faults_of(self.told(*gaps))
            self.assertIn(words, fault)

    def test_the_table_tells_both(self):
        lines = "\n".join(report.gap_lines(self.told((428_000, 96_000))))
        self.assertRegex(lines, r"hall/mic +8\.917 +2\.000 +96,000  its end was cut short")
        self.assertIn("hall was killed between 9.000 and 9.100 s of", lines)


class Lost(unittest.TestCase):
    def test_what_a_worker_told_is_not_forgotten_at_the_end(self):
        lost = {}
        for hall, foyer in ((0, 0), (480, 0), (0, 96)):
            lost = report.lost_by_speaker({"members": [{"worker": "hall", "lost_frames": hall}, {"worker": "foyer", "lost_frames": foyer}]}, lost)
        self.assertEqual(lost, {"hall": 480, "foyer": 96})


class NextCommands(unittest.TestCase):
    def setUp(self):
        self.here = scratch_folder() / "a folder's name"
        self.cluster = Cluster("unused", self.here / "the cluster")
        self.cluster.url = "http://127.0.0.1:8740"
        self.build = self.here / "the build"
        (self.cluster.folder / "coordinator").mkdir(parents=True)
        (self.cluster.folder / "coordinator/token").write_text("secret\n")
        self.build.mkdir()
        for name in ("antiphon", "antiphon-ruler"):
            (self.build / name).write_text(TELLER)
            (self.build / name).chmod(0o755)

    def told(self, beginning):
        """What comes of the one command that begins so, given to a shell that stands at /, after the lines to copy first."""
        lines = stage.next_commands(self.cluster, self.build).splitlines()
        first = [line for line in lines if line.startswith("    ")]
        command, = (line for line in lines if beginning in line and line not in first)
        script = "\n".join(["shopt -s expand_aliases", *first, command])
        return subprocess.run(["bash", "-eu"], input=script, cwd="/", capture_output=True, text=True, check=True).stdout.splitlines()

    def test_work_from_any_folder_whatever_the_names(self):
        room = str(self.cluster.folder / "room")
        self.assertEqual(self.told("antiphon play"), ["antiphon", "play", str(ROOT / "share/melody.flac"), "--to", "all",
                                                      "url=http://127.0.0.1:8740", "token=secret", f"room={room}"])
        self.assertEqual(self.told("antiphon-ruler")[:3], ["antiphon-ruler", "watch", room])

    def test_the_end_is_found_from_any_folder(self):
        (self.build / "demo-cluster.json").write_text(json.dumps(self.cluster.describe()))
        last = stage.next_commands(self.cluster, self.build).splitlines()[-1]
        done = subprocess.run(["bash", "-euc", last.removesuffix(" ends it.")], cwd="/", capture_output=True, text=True, check=True)
        self.assertIn(f"ending the cluster in {self.cluster.folder}", done.stdout)
        self.assertFalse(self.cluster.folder.exists())

    def test_a_build_folder_is_named_from_where_one_stands(self):
        (self.build / "demo-cluster.json").write_text(json.dumps(self.cluster.describe()))
        done = subprocess.run([ROOT / "demo", "--stop"], cwd=self.here, env=os.environ | {"ANTIPHON_BUILD": "the build"},
                              capture_output=True, text=True, check=True)
        self.assertIn(f"ending the cluster in {self.cluster.folder}", done.stdout)


if __name__ == "__main__":
    unittest.main()
