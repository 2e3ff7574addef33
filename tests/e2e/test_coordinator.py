# Goal: who listens does not hear the coordinator die. Method: kill -9 in the middle of the melody, under its supervisor.
import unittest

from stage_for_tests import Stage, no_sample_lost, wait_for


class Coordinator(unittest.TestCase):
    def test_a_killed_coordinator_is_not_heard(self):
        no_sample_lost(self, self.with_a_killed_coordinator)

    def with_a_killed_coordinator(self):
        stage = Stage(self)
        cluster = stage.cluster
        recording = cluster.antiphon("record", "start", "--from", "hall/mic")["id"]
        session = stage.play(5 * 48000)
        self.assertTrue(session, "it never got going")
        before = cluster.status()
        self.assertGreater(before["recordings"][0]["tracks"][0]["frames"], 2 * 48000, "it does not tell how far the recording is")

        self.assertTrue(stage.wait_for_new_life("coordinator", stage.kill("coordinator"), 10), "nobody restarted it")
        after = wait_for(cluster.answers, 10)
        self.assertTrue(after, "it does not answer after its restart")
        self.check_state(before, after, session, recording)

        heard = stage.end_of(self, session)
        self.check_recording(cluster, recording)
        self.assertEqual(len(heard), 4)
        return heard

    def check_state(self, before, after, session, recording):
        self.assertGreater(after["cluster"]["epoch"], before["cluster"]["epoch"])
        self.assertEqual(after["cluster"]["id"], before["cluster"]["id"])
        self.assertEqual({w["name"] for w in after["workers"]}, {w["name"] for w in before["workers"]})
        self.assertIn(session, [s["id"] for s in after["sessions"]])
        self.assertIn(recording, [r["id"] for r in after["recordings"]])

    def check_recording(self, cluster, recording):
        stopped = cluster.antiphon("record", "stop", recording, "--wait", seconds=40)
        self.assertEqual(stopped["phase"], "complete")
        self.assertGreater(stopped["tracks"][0]["frames"], 20 * 48000)
        self.assertIn(recording, [view["id"] for view in cluster.antiphon("recordings")["recordings"]])


if __name__ == "__main__":
    unittest.main()
