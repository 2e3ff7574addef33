# Goal: a full disk is told, stops no sound and no answer, and once there is room again all goes on by itself. Method: the data folder of
# the coordinator, or of a worker, on a file system of a few MB, which the test fills and frees while a session plays.
import ctypes
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from stage_for_tests import MELODY, RATE, Stage, long_programme, no_sample_lost, wait_for

CLONE_NEWNS = 0x20000


def of_our_own():
    """Mounts of this process and its children, which are gone with them. Why not, when that cannot be."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) != 0:
        return os.strerror(ctypes.get_errno())
    done = subprocess.run(["mount", "--make-rprivate", "/"], check=False, capture_output=True, text=True)
    return done.stderr.strip()


class DiskFull(unittest.TestCase):
    def setUp(self):
        if refused := of_our_own():
            self.skipTest(f"this machine lets us mount nothing: {refused}")

    def begin(self, name, size_mb):
        """A stage where the folder of `name` is that small."""
        folder = pathlib.Path(tempfile.mkdtemp(prefix="antiphon-full-", dir="/dev/shm"))
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        self.small = folder / name
        self.small.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size_mb}m", "none", self.small], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", self.small], check=True)
        self.stage = Stage(self, ("hall", "foyer"), folder=folder)

    def ask(self, *command, **how):
        return self.stage.cluster.antiphon(*command, **how)

    def fill(self):
        with open(self.small / "filler", "wb", buffering=0) as filler:
            for size in (1 << 16, 1 << 12, 1):
                try:
                    while filler.write(b"f" * size) == size:
                        pass
                except OSError:
                    continue
        self.assertLess(shutil.disk_usage(self.small).free, 4096)

    def free(self):
        (self.small / "filler").unlink()

    def position(self, session, name):
        return next(m["position_frames"] for m in self.stage.session(session)["members"] if m["worker"] == name)

    def check_goes_on(self, session):
        before = {name: self.position(session, name) for name in ("hall", "foyer")}
        for name, frames in before.items():
            self.assertTrue(wait_for(lambda: self.position(session, name) > frames + RATE, 5), f"{name} stopped at {frames}")

    # ---- laws

    def test_a_coordinator_without_room_refuses_what_it_cannot_keep_and_serves_the_rest(self):
        no_sample_lost(self, self.with_a_full_coordinator)

    def with_a_full_coordinator(self):
        self.begin("coordinator", 8)
        session = self.stage.play(RATE)
        self.ask("volume", "hall/left", "0.9")
        self.fill()
        for command in (["volume", "hall/left", "0.1"], ["zone", "create", "ground", "--outputs", "hall/left"], ["invite"], ["stop", session],
                        ["workers", "rename", "foyer", "cellar"], ["play", str(long_programme(self.stage.cluster.folder, 1)), "--to", "hall/left"]):
            self.assertIn("full", self.stage.refusal(*command), command)
        self.check_goes_on(session)
        self.assertEqual(self.ask("zone", "list")["zones"], [])
        self.assertIn(f"it plays session {session}", self.stage.why("foyer")[0])
        self.assertEqual(self.ask("workers", "ping", "hall")["activity"], "playing")
        self.assertEqual({output["name"]: output["volume"] for output in self.ask("devices")["outputs"]}, {"hall/left": 0.9, "foyer/left": 1})
        self.free()
        self.ask("volume", "hall/left", "0.8")
        self.ask("zone", "create", "ground", "--outputs", "hall/left")
        for name in ("hall", "foyer"):
            self.assertTrue(wait_for(lambda: self.stage.obeys(name), 10), self.stage.worker(name))
        heard = self.stage.end_of(self, session)
        self.assertTrue(self.ask("play", str(MELODY), "--to", "all")["id"])
        return heard

    def test_a_worker_without_room_plays_on_tells_what_it_cannot_record_and_obeys_once_there_is_room(self):
        no_sample_lost(self, self.with_a_full_worker)

    def with_a_full_worker(self):
        self.begin("hall", 8)
        session = self.stage.play(RATE)
        recording = self.ask("record", "start", "--from", "hall/mic")["id"]
        self.assertTrue(wait_for(lambda: self.track(recording)["frames"] > RATE, 10), self.track(recording))
        self.fill()
        self.ask("volume", "hall/left", "0.5")
        self.check_goes_on(session)
        self.assertTrue(wait_for(lambda: any("full" in line for line in self.stage.why(recording)), 15), self.stage.why(recording))
        self.assertTrue(any("has not reached it yet" in line for line in self.stage.why("hall")), self.stage.why("hall"))
        self.free()
        self.assertTrue(wait_for(lambda: self.stage.obeys("hall"), 15), self.stage.worker("hall"))
        heard = self.stage.end_of(self, session)
        self.check_what_was_recorded_is_kept(recording)
        return heard

    def check_what_was_recorded_is_kept(self, recording):
        """What had no room is a gap that says so; before and after it is recorded."""
        self.assertEqual(self.track(recording)["state"], "recording")
        self.assertTrue(wait_for(lambda: not self.track(recording)["reason"], 10), self.track(recording))
        before = self.track(recording)["frames"]
        self.assertTrue(wait_for(lambda: self.track(recording)["frames"] > before + RATE, 10), "it does not go on")
        stopped = self.ask("record", "stop", recording, "--wait")
        (track,) = stopped["tracks"]
        self.assertEqual((track["state"], track["gap_frames"] > RATE), ("uploaded", True), track)
        rows = [json.loads(path.read_text()) for path in (self.stage.cluster.folder / "coordinator/recordings" / recording / track["id"]).glob("*.json")]
        gaps = [gap for row in rows for gap in row["gaps"]]
        self.assertTrue(any("No space left" in gap["reason"] for gap in gaps), gaps)
        self.assertAlmostEqual(sum(gap["count"] for gap in gaps), track["gap_frames"], delta=50)  # by another clock

    def track(self, recording):
        return next(r for r in self.ask("recordings")["recordings"] if r["id"] == recording)["tracks"][0]


if __name__ == "__main__":
    unittest.main()
