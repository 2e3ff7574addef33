# Goal: who listens hears no more of a death than the speaker of the dead. Method: kill -9 in the middle of the melody.
import hashlib
import json
import subprocess
import unittest

from stage_for_tests import RATE, Stage, no_sample_lost, wait_for


class Killed(unittest.TestCase):
    def begin(self):
        self.stage = Stage(self, workers=("hall", "foyer"))
        self.session = self.stage.play(4 * RATE)
        self.assertTrue(self.session, "it never got going")

    def test_a_killed_worker_plays_on_in_time(self):
        no_sample_lost(self, self.with_a_killed_worker)

    def with_a_killed_worker(self):
        self.begin()
        boot = self.stage.worker("foyer")["boot"]
        ticks = self.stage.kill("foyer")
        self.assertTrue(self.stage.wait_for_new_life("foyer", ticks, 5), "its supervisor did not restart it within 5 s")
        self.assertTrue(wait_for(lambda: self.stage.plays_again(self.session, "foyer", boot), 10), f"it does not play again: {self.stage.session(self.session)}")
        self.check_together()

        heard = self.stage.end_of(self, self.session)
        self.assertGreater(heard["foyer"]["position_frames"], 20 * RATE)
        return {"hall": heard["hall"]}

    def test_a_recording_that_a_kill_cut_short_is_kept_and_says_so(self):
        self.stage = Stage(self, workers=("hall",))
        recording = self.stage.cluster.antiphon("record", "start", "--from", "hall/mic")["id"]
        self.assertTrue(wait_for(lambda: self.track(recording)["frames"] > 3 * RATE, 20), "it does not grow")
        ticks = self.stage.kill("hall")
        self.assertTrue(self.stage.wait_for_new_life("hall", ticks, 5), "its supervisor did not restart it within 5 s")
        self.stage.cluster.antiphon("record", "stop", recording)
        self.assertTrue(wait_for(lambda: self.track(recording)["state"] == "uploaded", 20), self.track(recording))

        track = self.track(recording)
        self.assertIn("cut short", track["reason"])
        self.assertGreater(track["frames"], 2 * RATE)
        folder = self.stage.cluster.folder / "coordinator/recordings" / recording / track["id"]
        row = json.loads((folder / "000000.json").read_text())
        self.assertGreater(row["frames"], 2 * RATE)
        self.assertEqual(hashlib.sha256((folder / "000000.flac").read_bytes()).hexdigest(), row["sha256"])
        events = self.stage.cluster.antiphon("events")["events"]
        self.assertTrue(any(e["event"] == "recording.complete" and "cut short" in e["text"] for e in events), events)

    def track(self, recording):
        return next(r for r in self.stage.cluster.antiphon("recordings")["recordings"] if r["id"] == recording)["tracks"][0]

    def check_together(self):
        done = subprocess.run(self.stage.cluster.ruler("watch", self.stage.cluster.room, "--seconds", 4, "--json"), check=False,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        measured = json.loads(done.stdout)
        self.assertEqual({speaker["name"] for speaker in measured["speakers"]}, {"hall/left", "foyer/left"})
        self.assertGreater(measured["pairs"]["count"], 20)


if __name__ == "__main__":
    unittest.main()
