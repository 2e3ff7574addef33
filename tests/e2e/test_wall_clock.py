# Goal: no decision hangs on the wall clock. Method: it steps by years, both ways, in each process, while a session plays and is recorded;
# a library between the programs and the C library shifts what they see of it, the kernel's receive stamps included.
import json
import pathlib
import shutil
import struct
import tempfile
import time
import unittest

from stage_for_tests import RATE, Stage, no_sample_lost, preloaded, wait_for

YEAR_NS = 365 * 86400 * 10**9
STEPS_NS = (10 * YEAR_NS, -10 * YEAR_NS, 0, 3600 * 10**9, -(10**9))

class WallClock(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="antiphon-wall-"))
        self.addClassCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.step_file = self.folder / "step"
        self.step(0)
        self.variables = {"LD_PRELOAD": preloaded(self.folder, "step_wall_clock.c"), "STEP_FILE": str(self.step_file)}

    def step(self, shift_ns):
        """In place: all have it mapped."""
        with open(self.step_file, "r+b" if self.step_file.exists() else "wb", buffering=0) as out:
            out.write(struct.pack("=q", shift_ns))

    def test_years_forth_and_back_drop_no_session_and_no_sample(self):
        no_sample_lost(self, self.with_steps)

    def with_steps(self):
        stage = Stage(self, ("hall", "foyer"), self.variables)
        self.stage = stage
        self.unshifted_ns = self.label_ns()
        boots, began = {name: worker["boot"] for name, worker in stage.cluster.workers().items()}, time.monotonic()
        recording = stage.cluster.antiphon("record", "start", "--from", "hall/mic")["id"]
        session = stage.play(RATE)
        for shift_ns in STEPS_NS:
            self.step(shift_ns)
            self.check_seen(shift_ns)
            before = stage.session(session)["position_frames"]
            advances = stage.wait_for_session(session, lambda now: min(m["position_frames"] for m in now["members"]) > before + RATE, 6)
            self.assertTrue(advances, stage.session(session))
        heard = stage.end_of(self, session)
        stopped = stage.cluster.antiphon("record", "stop", recording, "--wait", seconds=40)
        elapsed = time.monotonic() - began
        track = stopped["tracks"][0]
        self.assertEqual((stopped["phase"], track["gap_frames"]), ("complete", 0))
        self.assertAlmostEqual(track["frames"] / RATE, elapsed, delta=4)
        self.check_manifest(stage, recording, track)
        self.assertEqual({name: worker["boot"] for name, worker in stage.cluster.workers().items()}, boots)
        for name in ("hall", "foyer"):
            self.assertTrue(stage.obeys(name) and stage.worker(name)["clock_synchronised"], stage.worker(name))
        return heard

    def label_ns(self):
        """How far the stamp of what is decided now is from our own clock."""
        self.stage.cluster.antiphon("invite")
        return self.stage.cluster.antiphon("events")["events"][-1]["time"] - time.time_ns()

    def check_seen(self, shift_ns):
        """The coordinator does see another year, else nothing is tested; and it goes on taking commands."""
        seen = wait_for(lambda: abs(self.label_ns() - self.unshifted_ns - shift_ns) < 10**9 // 2, 3)
        self.assertTrue(seen, (shift_ns, self.label_ns(), self.unshifted_ns))

    def check_manifest(self, stage, recording, track):
        row = json.loads((stage.cluster.folder / "coordinator/recordings" / recording / track["id"] / "000000.json").read_text())
        self.assertAlmostEqual(row["frames"], track["frames"], delta=300)  # 100 ppm
        anchors = row["anchors"]
        self.assertTrue(all(a["frame"] < b["frame"] and a["cluster_ns"] < b["cluster_ns"] for a, b in zip(anchors, anchors[1:])), anchors[:5])

if __name__ == "__main__":
    unittest.main()
