# Goal: who listens does not hear the coordinator die. Method: kill -9 in the middle of the melody, under its supervisor.
import os
import signal
import time
import unittest

from stage_for_tests import RATE, Stage, long_programme, no_sample_lost, wait_for

PAUSED_S = 40  # longer than a worker may be silent


class Coordinator(unittest.TestCase):
    def test_a_killed_coordinator_is_not_heard(self):
        no_sample_lost(self, self.with_a_killed_coordinator)

    def with_a_killed_coordinator(self):
        stage = Stage(self)
        cluster = stage.cluster
        recording = cluster.antiphon("record", "start", "--from", "hall/mic")["id"]
        session = stage.play(5 * RATE)
        self.assertTrue(session, "it never got going")
        before = cluster.status()
        self.assertGreater(before["recordings"][0]["tracks"][0]["frames"], 2 * RATE, "it does not tell how far the recording is")

        self.assertTrue(stage.wait_for_new_life("coordinator", stage.kill("coordinator"), 10), "nobody restarted it")
        after = wait_for(cluster.answers, 10)
        self.assertTrue(after, "it does not answer after its restart")
        self.check_state(before, after, session, recording)

        heard = stage.end_of(self, session)
        self.check_recording(cluster, recording)
        self.assertEqual(len(heard), 4)
        return heard

    def test_a_worker_does_not_wait_for_a_frozen_coordinator(self):
        stage = Stage(self, ("hall",))
        log = stage.cluster.folder / "hall.log"
        lives = log.read_text().count("worker.started")
        os.kill(stage.cluster.pids()["coordinator"], signal.SIGSTOP)
        stage.kill("hall")
        self.assertTrue(wait_for(lambda: log.read_text().count("worker.started") > lives, 5), log.read_text()[-2000:])

    def test_a_paused_coordinator_is_not_heard_and_takes_up_where_it_was(self):
        no_sample_lost(self, self.with_a_paused_coordinator)

    def with_a_paused_coordinator(self):
        stage = Stage(self, ("hall", "foyer"))
        recording = stage.cluster.antiphon("record", "start", "--from", "hall/mic")["id"]
        session = stage.play(RATE, long_programme(stage.cluster.folder, PAUSED_S + 20))
        before = stage.cluster.status()
        coordinator = stage.cluster.pids()["coordinator"]
        resume = time.monotonic() + PAUSED_S
        os.kill(coordinator, signal.SIGSTOP)
        self.assertIsNone(stage.cluster.answers(), "it is not paused")
        wait_for(lambda: time.monotonic() > resume, PAUSED_S, 0.5)
        os.kill(coordinator, signal.SIGCONT)

        self.assertTrue(wait_for(lambda: stage.obeys("hall") and stage.obeys("foyer"), 30), stage.cluster.status()["workers"])
        after = stage.cluster.status()
        self.assertEqual(after["cluster"]["epoch"], before["cluster"]["epoch"])
        self.assertEqual({w["name"]: w["boot"] for w in after["workers"]}, {w["name"]: w["boot"] for w in before["workers"]})
        told = stage.wait_for_session(session, lambda now: min(m["position_frames"] for m in now["members"]) > PAUSED_S * RATE, 10)
        self.assertTrue(told, stage.session(session))
        stopped = stage.cluster.antiphon("record", "stop", recording, "--wait", seconds=40)
        self.assertEqual((stopped["phase"], stopped["tracks"][0]["gap_frames"]), ("complete", 0))
        self.assertGreater(stopped["tracks"][0]["frames"], PAUSED_S * RATE)
        return stage.heard[session]

    def check_state(self, before, after, session, recording):
        self.assertGreater(after["cluster"]["epoch"], before["cluster"]["epoch"])
        self.assertEqual(after["cluster"]["id"], before["cluster"]["id"])
        self.assertEqual({w["name"] for w in after["workers"]}, {w["name"] for w in before["workers"]})
        self.assertIn(session, [s["id"] for s in after["sessions"]])
        self.assertIn(recording, [r["id"] for r in after["recordings"]])

    def check_recording(self, cluster, recording):
        stopped = cluster.antiphon("record", "stop", recording, "--wait", seconds=40)
        self.assertEqual(stopped["phase"], "complete")
        self.assertGreater(stopped["tracks"][0]["frames"], 20 * RATE)
        self.assertIn(recording, [view["id"] for view in cluster.antiphon("recordings")["recordings"]])


if __name__ == "__main__":
    unittest.main()
