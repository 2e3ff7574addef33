# Goal: what an output plays is a track beside what microphones hear of it, on the same line of time. Method: noise on one speaker; where it is in each exported
# track, to the frame.
import array
import math
import subprocess
import unittest

from noise_for_tests import play_noise
from stage_for_tests import MICROPHONES, RATE, SPEAKERS, Stage, wait_for

SOUND_METRES_PER_S = 343
LOOKED_AT = RATE // 10  # frames whose sound is looked for
WITHIN = RATE // 20  # of that place


def lag(track, reference, at):
    """How many frames later the sound of `reference` is in `track`, and how alike the two are: 1 for the same but for loudness."""
    wanted = reference[at:at + LOOKED_AT]
    power = sum(value * value for value in wanted)
    best = max(range(-WITHIN, WITHIN), key=lambda shift: sum(a * b for a, b in zip(track[at + shift:at + shift + LOOKED_AT:7], wanted[::7])))
    found = track[at + best:at + best + LOOKED_AT]
    return best, sum(a * b for a, b in zip(found, wanted)) / (power * sum(value * value for value in found)) ** 0.5


class Monitor(unittest.TestCase):
    def setUp(self):
        self.stage = Stage(self, ("hall", "tower"))
        self.cluster = self.stage.cluster

    def recorded(self, recording):
        return next(r for r in self.cluster.antiphon("recordings")["recordings"] if r["id"] == recording)["tracks"]

    def samples(self, path):
        raw = subprocess.run(["sox", str(path), "-t", "s16", "-"], capture_output=True, check=True, timeout=60).stdout
        return array.array("h", raw)

    def test_what_is_played_is_a_track_beside_what_is_heard_of_it(self):
        recording = self.cluster.antiphon("record", "start", "--from", "hall/left-monitor,hall/mic,tower/mic")["id"]
        self.assertTrue(wait_for(lambda: min(t["frames"] for t in self.recorded(recording)) > RATE, 20), "what nobody plays is silence, and no gap")
        session = play_noise(self, self.cluster, "hall/left")
        self.assertTrue(self.stage.wait_for_session(session, lambda now: now["phase"] == "playing" and now["live"]["state"] == "flowing", 15))
        self.assertTrue(wait_for(lambda: all(t["frames"] > 5 * RATE and t["level"]["rms_db"] > -60 for t in self.recorded(recording)), 20), self.recorded(recording))
        self.cluster.antiphon("stop", session)
        self.cluster.antiphon("record", "stop", recording, "--wait", seconds=60)
        folder = self.cluster.folder / "exported"
        manifest = self.cluster.antiphon("export", recording, "--to", str(folder))
        tracks = {track["input"]: track for track in manifest["tracks"]}
        self.assertEqual(sum(gap["count"] for gap in tracks["hall/left-monitor"]["gaps"]), 0, tracks["hall/left-monitor"])
        played, near, far = (self.samples(folder / tracks[name]["file"]) for name in ("hall/left-monitor", "hall/mic", "tower/mic"))
        at = min(len(played), len(near), len(far)) - 2 * RATE
        # on its own board a clock's error is in both; the clocks of two may differ by tens of microseconds while the machine is busy
        for board, heard, frames_off in (("hall", near, 1.5), ("tower", far, 4)):
            frames, alike = lag(heard, played, at)
            metres = math.dist(SPEAKERS["hall"], MICROPHONES[board])
            with self.subTest(board, lag=frames, alike=alike):
                self.assertGreater(alike, 0.5, "half a frame apart, noise is like itself by 0.64")
                self.assertAlmostEqual(frames, metres / SOUND_METRES_PER_S * RATE, delta=frames_off)
        self.assertTrue(wait_for(lambda: self.stage.worker("hall")["activity"] == "waiting", 15), "its output is not let go of")


if __name__ == "__main__":
    unittest.main()
