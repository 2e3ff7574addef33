# Goal: ./demo says the truth. Method: play it whole, and with one fault at a time; each fault must be found by name.
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Played:
    """One ./demo --once from beginning to end, called from another folder."""

    def __init__(self, *faults):
        with tempfile.TemporaryDirectory() as folder:
            report = pathlib.Path(folder, "report.json")
            build = os.path.relpath(os.environ["ANTIPHON_BUILD"], os.path.realpath(folder))
            done = subprocess.run([str(ROOT / "demo"), "--once", "--report", report.name, *faults], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=150,
                                  cwd=folder, env=os.environ | {"ANTIPHON_BUILD": build})
            self.code, self.said = done.returncode, done.stdout
            self.report = json.loads(report.read_text()) if report.exists() else None


class Demo(unittest.TestCase):
    def play(self, *faults):
        self.assertTrue(os.environ.get("ANTIPHON_BUILD"), "say where the programs are: ANTIPHON_BUILD=FOLDER")
        played = Played(*faults)
        print(played.said)
        self.assertIsNotNone(played.report, "it ended before anything was measured")
        if played.report["pulse"]["freezes"] and any("stood still" in fault for fault in played.report["faults"]):
            self.skipTest(f"this machine stood still for {played.report['pulse']['longest_ms']} ms while it played")
        return played

    def test_passes_and_measures(self):
        played = self.play()
        self.assertEqual((played.code, played.report["faults"]), (0, []))
        self.assertLess(played.report["ruler"]["pairs"]["median_us"], 100)
        self.assertGreater(played.report["ruler"]["pairs"]["count"], 300)
        self.assertEqual(set(played.report["lost"].values()), {0})
        for mic in played.report["mics"]["mics"]:
            self.assertEqual(len(mic["speakers"]), 4)
            self.assertGreaterEqual(mic["windows"], 6)
        self.assertEqual({"coordinator", "broker", "hall", "foyer", "garden", "tower"} - {c["name"] for c in played.report["costs"]}, set())
        self.assertIn("PASSED", played.said)

    def test_a_killed_worker_is_back_and_the_gap_table_tells_the_truth(self):
        played = self.play("--kill")
        self.assertEqual((played.code, played.report["faults"]), (0, []))
        (gap,) = played.report["gaps"]
        self.assertEqual(gap["input"], "tower/mic")
        self.assertLess(gap["count"], 12 * 48000)
        self.assertIn("tower was killed", played.said)
        for mic in played.report["mics"]["mics"]:
            self.assertLess(mic["wander_us"], 1000)

    def test_fails_without_clock_agreement(self):
        played = self.play("--without-clock-agreement")
        self.assertEqual(played.code, 1)
        self.assertGreater(played.report["ruler"]["pairs"]["p95_us"], 100)
        self.assertIn("FAILED", played.said)

    def test_misses_a_mute_speaker_by_name(self):
        played = self.play("--mute", "garden")
        self.assertEqual(played.code, 1)
        self.assertEqual(played.report["faults"], ["garden/left is MISSING from the recordings"])

    def test_finds_a_late_speaker_by_name(self):
        played = self.play("--late", "foyer")
        self.assertEqual(played.code, 1)
        self.assertEqual(played.report["faults"], ["foyer/left is 5.0 ms LATE"])
        off = {s["name"]: s["signed_median_us"] for s in played.report["ruler"]["speakers"]}
        self.assertAlmostEqual(off["foyer/left"], 5000, delta=150)


if __name__ == "__main__":
    unittest.main()
