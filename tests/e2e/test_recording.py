# Goal: what the microphones heard is there afterwards, on one line of time, and what is missing is told to the sample. Method: a virtual room, boards and a
# coordinator that are killed, and programs of others that open what is exported.
import json
import pathlib
import subprocess
import time
import unittest

from stage_for_tests import MELODY, RATE, Stage, wait_for


class Recording(unittest.TestCase):
    def begin(self, workers=("hall", "tower")):
        self.stage = Stage(self, workers=workers)
        self.cluster = self.stage.cluster
        self.recording = self.cluster.antiphon("record", "start", "--from", "all")["id"]
        self.assertTrue(wait_for(lambda: min(t["frames"] for t in self.tracks()) > RATE, 20), "it does not grow")

    def tracks(self):
        return next(r for r in self.cluster.antiphon("recordings")["recordings"] if r["id"] == self.recording)["tracks"]

    def grows_by(self, frames):
        before = [t["frames"] for t in self.tracks()]
        return wait_for(lambda: all(t["frames"] > b + frames for t, b in zip(self.tracks(), before)), 20)

    def export(self, *options):
        """Its manifest, once it is stopped."""
        folder = self.cluster.folder / "exported"
        manifest = self.cluster.antiphon("export", self.recording, "--to", str(folder), *options)
        self.assertEqual(json.loads((folder / "manifest.json").read_text()), manifest)
        return folder, manifest

    def stop(self):
        stopped = self.cluster.antiphon("record", "stop", self.recording, "--wait", seconds=60)
        self.assertEqual(stopped["phase"], "complete", stopped)
        return stopped

    def left_on(self, board):
        return [path for path in (self.cluster.folder / board / "recordings").rglob("*") if path.is_file()]

    def test_a_killed_board_goes_on_and_the_gap_tells_the_truth(self):
        self.begin()
        boot = self.stage.worker("hall")["boot"]
        ticks = self.stage.kill("hall")
        self.assertTrue(self.stage.wait_for_new_life("hall", ticks, 5))
        self.assertTrue(wait_for(lambda: (w := self.stage.worker("hall")) and w["boot"] != boot and w["clock_synchronised"], 15), "it does not come back")
        self.assertTrue(self.grows_by(3 * RATE), f"it does not go on: {self.tracks()}")
        self.stop()
        _, manifest = self.export()
        hall, tower = sorted(manifest["tracks"], key=lambda track: track["input"])
        self.assertEqual(tower["gaps"], [])
        (gap,) = hall["gaps"]
        self.assertIn("cut short", gap["reason"])
        self.assertIn("cut short", hall["note"])
        self.assertGreater(gap["count"], RATE // 20)
        self.assertLess(gap["count"], 12 * RATE)
        begins, ends = gap["first"], gap["first"] + gap["count"]
        self.assertGreater(begins, RATE)
        self.assertLess(ends, manifest["frames"] - 2 * RATE)
        self.assertFalse(hall["by_wall_clock"])
        self.assertTrue(wait_for(lambda: not self.left_on("hall"), 10), f"what is safe stays on the board: {self.left_on('hall')}")

    def test_without_the_coordinator_it_goes_on_without_a_gap(self):
        self.begin(("hall",))
        ticks = self.stage.kill("coordinator")
        self.assertTrue(self.stage.wait_for_new_life("coordinator", ticks, 10))
        self.assertTrue(wait_for(self.cluster.answers, 10))
        self.assertTrue(self.grows_by(2 * RATE))
        began = time.monotonic()
        stopped = self.stop()
        self.assertLess(time.monotonic() - began, 30)
        self.assertEqual([t["gap_frames"] for t in stopped["tracks"]], [0])
        _, manifest = self.export()
        self.assertEqual(manifest["tracks"][0]["gaps"], [])

    def test_on_sound_only_what_is_heard_is_kept_with_what_was_before(self):
        self.stage = Stage(self, workers=("hall", "tower"))
        self.cluster = self.stage.cluster
        self.recording = self.cluster.antiphon("record", "start", "--from", "hall/mic", "--on-sound", "-50dB", "--pre-roll", "1s", "--hold", "2s")["id"]
        deaf = self.cluster.antiphon("record", "start", "--from", "tower/mic", "--on-sound", "0dB")["id"]
        self.assertTrue(wait_for(lambda: self.tracks()[0]["frames"] > 3 * RATE, 20), f"what is left out counts as passed: {self.tracks()}")
        self.assertEqual(self.left_on("hall"), [], "nothing was to be heard")
        session = self.stage.play(RATE)
        self.assertTrue(wait_for(lambda: self.tracks()[0]["level"]["peak_db"] > -50, 20), f"its meter does not move: {self.tracks()}")
        self.stage.wait_for_session(session, lambda now: now["position_frames"] > 3 * RATE, 20)
        self.cluster.antiphon("stop", session)
        self.assertTrue(self.grows_by(4 * RATE))
        self.assertTrue(wait_for(lambda: not [f for f in self.left_on("hall") if f.suffix == ".part"], 10), "it is closed while it is quiet")
        stopped = self.stop()
        self.assertEqual(stopped["tracks"][0]["gap_frames"], 0, "nothing is lost")
        _, manifest = self.export()
        (track,) = manifest["tracks"]
        before, after = track["gaps"]
        self.assertEqual({(gap["quiet"], gap["reason"]) for gap in (before, after)}, {(True, "it was quieter than -50 dB")})
        self.assertEqual(before["first"], 0)
        kept = after["first"] - before["count"]
        self.assertGreater(kept, 5 * RATE)  # what was played, 1 s before and 2 s behind
        self.assertLess(kept, 10 * RATE)
        silent = self.cluster.antiphon("record", "stop", deaf, "--wait", seconds=60)
        self.assertEqual(silent["phase"], "complete", silent)
        self.assertIn("no sound is here", self.stage.refusal("export", deaf, "--to", str(self.cluster.folder / "deaf")))

    def test_others_open_what_is_exported(self):
        self.begin()
        self.assertTrue(self.grows_by(2 * RATE))
        self.stop()
        folder, manifest = self.export("--format", "wav", "--one-file")
        file = folder / manifest["tracks"][0]["file"]
        self.assertEqual([(t["file"], t["channel"]) for t in manifest["tracks"]], [(file.name, 0), (file.name, 1)])
        seconds = manifest["frames"] / RATE
        probe = json.loads(subprocess.run(["ffprobe", "-v", "error", "-of", "json", "-show_streams", "-show_format", file], check=True, capture_output=True, text=True,
                                          timeout=30).stdout)
        (stream,) = probe["streams"]
        self.assertEqual((stream["channels"], stream["sample_rate"], stream["bits_per_sample"]), (2, str(RATE), 24))
        self.assertAlmostEqual(float(stream["duration"]), seconds, places=3)
        told = {name.lower(): value for name, value in (probe["format"].get("tags", {}) | stream.get("tags", {})).items()}
        since_midnight = manifest["started"] % (86400 * 10**9) / 1e9
        self.assertAlmostEqual(int(told["time_reference"]) / RATE, since_midnight, places=3)
        for what, value in (("-c", "2"), ("-r", str(RATE)), ("-s", str(manifest["frames"]))):
            self.assertEqual(subprocess.run(["soxi", what, file], check=True, capture_output=True, text=True, timeout=30).stdout.strip(), value)
        for kind in ("flac", "opus"):
            other = self.cluster.folder / kind
            one = self.cluster.antiphon("export", self.recording, "--to", str(other), "--format", kind)["tracks"][0]
            length = subprocess.run(["ffprobe", "-v", "error", "-of", "csv=p=0", "-show_entries", "format=duration", other / one["file"]], check=True, capture_output=True,
                                    text=True, timeout=30).stdout
            self.assertAlmostEqual(float(length), seconds, delta=0.03, msg=kind)
        self.assertTrue((other / "hall.mic.svg").read_text().startswith("<svg"))

    def test_recordings_take_no_more_of_a_board_than_they_may(self):
        self.stage = Stage(self, workers=("foyer",))
        self.cluster = self.stage.cluster
        self.cluster.start_worker("hall", options=("--recordings-max", "0.5MB"))
        self.cluster.expect(self.cluster.ready, 30, "it does not come online", "hall")
        self.cluster.antiphon("play", str(MELODY), "--to", "all")
        self.recording = self.cluster.antiphon("record", "start", "--from", "hall/mic")["id"]
        self.assertTrue(wait_for(lambda: "room for" in self.tracks()[0]["reason"], 60), f"nothing is said before: {self.tracks()}")
        self.assertEqual(self.tracks()[0]["gap_frames"], 0)
        self.assertTrue(wait_for(lambda: "have filled the 0.5 MB" in self.tracks()[0]["reason"], 30), self.tracks())
        self.assertTrue(wait_for(lambda: self.tracks()[0]["gap_frames"] > RATE, 20), self.tracks())
        self.assertTrue(wait_for(lambda: "have filled" not in self.tracks()[0]["reason"], 20), f"it does not go on: {self.tracks()}")
        self.assertTrue(self.grows_by(RATE), "the gap that has just ended is told with it")
        missing = self.tracks()[0]["gap_frames"]
        self.assertTrue(self.grows_by(2 * RATE))
        self.assertEqual(self.tracks()[0]["gap_frames"], missing, "once there is room it records")
        self.stop()
        folder, manifest = self.export()
        self.assertIn("have filled the 0.5 MB", manifest["tracks"][0]["gaps"][-1]["reason"])
        sizes = [f.stat().st_size for f in (self.cluster.folder / "coordinator/recordings").rglob("*.flac")]
        self.assertLess(max(sizes), 520_000)
        self.assertGreater(max(sizes), 400_000)

    def test_a_bit_that_flips_on_the_coordinators_disk_is_found_and_told(self):
        self.begin()
        self.assertTrue(self.grows_by(3 * RATE))
        self.stop()
        check = self.cluster.antiphon("record", "check", self.recording)
        self.assertEqual((check["checked"], check["damaged"]), (2, []))
        tracks = self.cluster.folder / "coordinator/recordings" / self.recording
        file = sorted(tracks.glob("*.mic/000000.flac"))[0]
        sound = bytearray(file.read_bytes())
        sound[len(sound) // 2] ^= 16
        file.write_bytes(sound)
        self.assertIn("cannot be read any more", self.stage.refusal("record", "check", self.recording))
        self.assertTrue(file.with_name("000000.flac.damaged").exists())
        folder, manifest = self.export()
        damaged = [t for t in manifest["tracks"] if t["gaps"]]
        self.assertEqual([g["reason"] for g in damaged[0]["gaps"]], ["damaged on the coordinator's disk"])
        self.assertEqual(len(damaged), 1)
        (gap,) = damaged[0]["gaps"]
        self.assertGreater(gap["first"], manifest["frames"] // 4)
        self.assertAlmostEqual(gap["count"], 2048, delta=2, msg="a block, in the cluster's frames")
        self.assertIn("damaged", damaged[0]["note"])
        (row,) = [r for r in self.cluster.antiphon("recordings")["recordings"] if r["id"] == self.recording]
        (told,) = [t for t in row["tracks"] if t["reason"]]
        self.assertEqual(told["reason"], "damaged on the coordinator's disk")
        self.assertAlmostEqual(told["gap_frames"], 2048, delta=2)
        self.assertIn("recording.damaged", [event["event"] for event in self.cluster.antiphon("events")["events"]])
        for gone in tracks.glob("*.mic/000000.flac"):
            gone.unlink()
        manifest = self.cluster.antiphon("export", self.recording, "--to", str(self.cluster.folder / "nothing"))
        for track in manifest["tracks"]:
            self.assertAlmostEqual(sum(gap["count"] for gap in track["gaps"]), manifest["frames"], delta=RATE // 5, msg=track)

    def test_what_is_recorded_is_exported_as_far_as_it_is_here(self):
        self.begin(("hall",))
        self.assertIn("no sound is here", self.stage.refusal("export", self.recording, "--to", str(self.cluster.folder / "early")))
        self.assertIn("write flac, wav or opus", self.stage.refusal("export", self.recording, "--to", str(self.cluster.folder / "early"), "--format", "mp3"))
        self.assertIn("there is no recording", self.stage.refusal("export", "r99", "--to", str(self.cluster.folder / "early")))
        self.stop()
        taken = self.cluster.folder / "taken"
        pathlib.Path(taken).write_text("a file")
        self.assertIn("cannot make the folder", self.stage.refusal("export", self.recording, "--to", str(taken)))


if __name__ == "__main__":
    unittest.main()
