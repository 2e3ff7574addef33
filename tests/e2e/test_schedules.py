# Goal: what is recorded by the clock begins and ends by itself, also while the coordinator cannot say so, and what was marked lies where it was. Method: real
# processes whose clocks have offsets of their own; the coordinator's calendar is read off its events.
import datetime
import json
import os
import signal
import time
import unittest

from stage_for_tests import RATE, Stage, wait_for


class Schedules(unittest.TestCase):
    def setUp(self):
        self.stage = Stage(self, workers=("hall", "tower"))
        self.cluster = self.stage.cluster

    def recordings(self):
        return self.cluster.antiphon("recordings")["recordings"]

    def calendar(self):
        """What the coordinator's clock shows now, to some hundredths of a second."""
        self.cluster.antiphon("zone", "set", "bell", "--outputs", "hall/left")
        told = self.cluster.antiphon("events")["events"][-1]
        self.assertEqual(told["object"], self.cluster.antiphon("zone", "list")["zones"][0]["id"], told)
        return datetime.datetime.fromtimestamp(told["time"] / 1e9, datetime.timezone.utc)

    def soon(self, seconds):
        """--on and --at of that time, which is a whole second."""
        then = (self.calendar() + datetime.timedelta(seconds=seconds + 1)).replace(microsecond=0)
        return ("--on", then.date().isoformat(), "--at", then.time().isoformat(), "--zone", "UTC"), then

    def freeze_the_coordinator(self, seconds, meanwhile=lambda: None):
        coordinator = self.cluster.pids()["coordinator"]
        resume = time.monotonic() + seconds
        os.kill(coordinator, signal.SIGSTOP)
        wait_for(lambda: time.monotonic() > resume - seconds / 2, seconds)
        meanwhile()
        wait_for(lambda: time.monotonic() > resume, seconds)
        os.kill(coordinator, signal.SIGCONT)

    def lengths(self, recording):
        return [track["frames"] / RATE for track in recording["tracks"]]

    def test_a_time_of_the_calendar_begins_and_ends_a_recording(self):
        when, then = self.soon(2)
        made = self.cluster.antiphon("schedule", "add", "--from", "all", *when, "--for", "4s", "--title", "morning")
        self.assertEqual((made["next"], made["title"]), (int(then.timestamp()) * 10**9, "morning"))
        self.assertEqual(self.recordings(), [])
        self.assertTrue(wait_for(lambda: [r["phase"] for r in self.recordings()] == ["complete"], 30), self.recordings())
        (recording,) = self.recordings()
        self.assertEqual((recording["title"], recording["schedule"]), ("morning", made["id"]))
        self.assertLess(abs(recording["created"] / 1e9 - then.timestamp()), 2, "the calendar is looked at each second")
        for seconds in self.lengths(recording):
            self.assertLess(abs(seconds - 4), 1.5, recording)
        (after,) = self.cluster.antiphon("schedule", "list")["schedules"]
        self.assertTrue(after["over"], after)
        self.assertEqual(after["last"]["recording"], recording["id"])
        self.assertIn("it is over", self.cluster.antiphon("why", made["id"])["verdict"])

    def test_one_that_was_missed_and_one_that_is_late_are_told_apart(self):
        when, then = self.soon(1)
        short = self.cluster.antiphon("schedule", "add", "--from", "hall/mic", *when, "--for", "2s")["id"]
        long = self.cluster.antiphon("schedule", "add", "--from", "tower/mic", *when, "--for", "15s")["id"]
        self.freeze_the_coordinator(6)
        self.assertTrue(wait_for(lambda: len(self.recordings()) == 1, 10), self.recordings())
        (late,) = self.recordings()
        self.assertEqual(late["schedule"], long)
        self.assertLess(late["ends"] / 1e9 - then.timestamp(), 15.1, "its end is that of the schedule")
        last = {s["id"]: s["last"] for s in self.cluster.antiphon("schedule", "list")["schedules"]}
        self.assertIn("over before this coordinator looked", last[short]["problem"])
        self.assertEqual(last[long]["recording"], late["id"])

    def test_a_recording_ends_in_time_while_the_coordinator_is_away(self):
        """Also on a board that is started anew after its end, and does not know the time."""
        self.cluster.antiphon("record", "start", "--from", "all", "--for", "6s")
        self.assertTrue(wait_for(lambda: min(self.lengths(self.recordings()[0])) > 1, 20), self.recordings())
        self.freeze_the_coordinator(20, meanwhile=lambda: self.stage.kill("hall"))
        self.assertTrue(wait_for(lambda: self.recordings()[0]["phase"] == "complete", 30), self.recordings())
        for seconds in self.lengths(self.recordings()[0]):
            self.assertGreater(seconds, 4)
            self.assertLess(seconds, 8, "the board knew the end, and did not keep it")

    def test_a_mark_lies_where_it_was_made(self):
        recording = self.cluster.antiphon("record", "start", "--from", "all", "--title", "a long evening")["id"]
        self.assertTrue(wait_for(lambda: min(self.lengths(self.recordings()[0])) > 3, 20), self.recordings())
        now = self.cluster.antiphon("record", "mark", recording, "Ännchen's entry")
        self.cluster.antiphon("record", "mark", recording, "before", "--ago", "2s")
        marked = min(self.lengths(self.recordings()[0]))
        self.assertTrue(wait_for(lambda: min(self.lengths(self.recordings()[0])) > marked + 1, 20), self.recordings())
        self.cluster.antiphon("record", "stop", recording, "--wait", seconds=60)
        folder = self.cluster.folder / "exported"
        manifest = self.cluster.antiphon("export", recording, "--to", str(folder))
        first, second = manifest["marks"]
        self.assertEqual((first["text"], second["text"]), ("before", "Ännchen's entry"))
        self.assertEqual(manifest["incarnation"], now["incarnation"])
        self.assertLess(abs(second["frame"] - (now["at_ns"] - manifest["origin_ns"]) * RATE // 10**9), 2)
        self.assertLess(abs(second["frame"] - first["frame"] - 2 * RATE), RATE)
        self.assertTrue(0 < first["frame"] < second["frame"] < manifest["frames"], manifest["marks"])
        labels = [line.split("\t") for line in (folder / "marks.txt").read_text().splitlines()]
        self.assertEqual([label[2] for label in labels], ["before", "Ännchen's entry"])
        self.assertAlmostEqual(float(labels[1][0]), second["frame"] / RATE, places=4)
        self.assertEqual(manifest["title"], "a long evening")
        self.assertEqual(json.loads((folder / "manifest.json").read_text()), manifest)


if __name__ == "__main__":
    unittest.main()
