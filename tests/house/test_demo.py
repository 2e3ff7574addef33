# Goal: the demo's last words are true wherever they are read. Method: measurements and folders made up here; nothing plays.
import pathlib
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "demo.d"))

import report  # noqa: E402


def speaker(name, **told):
    return {"name": name, "silent": False, "signed_median_us": 3.0, "skew": {"count": 200}} | told


def measured(speakers, verdict=None, faults_of_mics=(), pairs_us=5.0):
    """All is well but for what is given; `verdict` is the ruler's when it is not content."""
    return {"mics": {"faults": list(faults_of_mics), "mics": [{"name": "hall/mic", "gap_frames": 0}]},
            "ruler": {"pairs": {"count": 300, "median_us": pairs_us}, "speakers": speakers,
                      "within_limits": verdict is None, "verdict": verdict or "in sync"},
            "lost": {"hall": 0, "foyer": 0}, "pulse": {"freezes": 0, "longest_ms": 9.0}}


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


class Lost(unittest.TestCase):
    def test_what_a_worker_told_is_not_forgotten_at_the_end(self):
        lost = {}
        for hall, foyer in ((0, 0), (480, 0), (0, 96)):
            lost = report.lost_by_speaker({"members": [{"worker": "hall", "lost_frames": hall}, {"worker": "foyer", "lost_frames": foyer}]}, lost)
        self.assertEqual(lost, {"hall": 480, "foyer": 96})


if __name__ == "__main__":
    unittest.main()
