# Goal: the microphone of one board is heard on another as it comes, and whatever happens to it is told. Method: noise in the room, and the ruler.
import os
import signal
import subprocess
import unittest

from noise_for_tests import play_noise
from stage_for_tests import RATE, Stage, wait_for


class PlayedInput(unittest.TestCase):
    def setUp(self):
        self.stage = Stage(self, ("hall", "foyer"))
        self.cluster = self.stage.cluster

    def play_input(self):
        session = self.cluster.antiphon("play", "input:hall/mic", "--to", "foyer/left", "--latency", "300")["id"]
        self.assertTrue(self.state(session, "flowing"), self.stage.session(session))
        return session

    def state(self, session, state, seconds=15):
        return self.stage.wait_for_session(session, lambda now: now["live"] and now["live"]["state"] == state, seconds)

    def does(self, board, activity):
        return wait_for(lambda: (worker := self.stage.worker(board)) and worker["activity"] == activity, 15)

    def speaker(self, name):
        return next((speaker for speaker in self.stage.ruled(2)["speakers"] if speaker["name"] == name), None)

    def recorded(self, recording):
        return next(r for r in self.cluster.antiphon("recordings")["recordings"] if r["id"] == recording)["tracks"][0]

    def test_what_one_board_hears_another_plays_while_it_is_recorded_too(self):
        play_noise(self, self.cluster, "hall/left")
        recording = self.cluster.antiphon("record", "start", "--from", "hall/mic")["id"]
        session = self.play_input()
        self.assertTrue(wait_for(lambda: self.recorded(recording)["frames"] > 3 * RATE, 20), self.recorded(recording))
        # What the foyer plays is what the hall played: later by the session's latency and the way from the board.
        heard = wait_for(lambda: (heard := self.speaker("foyer/left")) and heard["matched_windows"] > 5 and not heard["missed_windows"] and heard, 60)
        self.assertTrue(heard, self.stage.ruled())
        self.assertGreater(heard["skew"]["median_us"], 350_000)
        self.assertLess(heard["skew"]["median_us"], 600_000)
        self.assertTrue(self.does("hall", "playing_and_recording"))
        self.cluster.antiphon("stop", session)
        self.cluster.antiphon("record", "stop", recording)
        self.assertTrue(self.does("hall", "playing"), "its microphone is not let go of")
        self.assertTrue(wait_for(lambda: self.recorded(recording)["state"] == "uploaded", 20))

    def test_a_board_that_dies_is_missed_by_name_and_heard_again(self):
        session = self.play_input()
        os.kill(self.cluster.pids()["hall"], signal.SIGSTOP)  # killed, it would be back too soon to be missed
        stalled = self.state(session, "stalled")
        self.assertTrue(stalled, self.stage.session(session))
        self.assertEqual(stalled["live"]["reason"], "nothing comes from the input hall/mic")
        self.assertTrue(self.stage.wait_for_new_life("hall", self.stage.kill("hall"), 10))
        self.assertTrue(self.state(session, "flowing"), self.stage.session(session))
        self.assertTrue(self.does("hall", "recording"))

    def test_a_coordinator_that_dies_hears_it_again(self):
        session = self.play_input()
        self.assertTrue(self.stage.wait_for_new_life("coordinator", self.stage.kill("coordinator"), 10))
        self.assertTrue(wait_for(self.cluster.answers, 10))
        self.assertTrue(self.state(session, "flowing"), self.stage.session(session))
        self.cluster.antiphon("stop", session)
        self.assertTrue(self.does("hall", "waiting"))

    def test_who_may_not_record_may_not_listen(self):
        self.assertIn("there is no input", self.stage.refusal("play", "input:hall/horn", "--to", "foyer/left"))
        self.assertIn("write input:hall/mic", self.stage.refusal("play", "input:hall", "--to", "foyer/left"))
        player = self.cluster.antiphon("token", "create", "player", "--may", "view,play")["secret"]
        variables = self.cluster.environment | {"ANTIPHON_TOKEN": player}
        play = [str(self.cluster.build / "antiphon"), "play", "input:hall/mic", "--to", "foyer/left"]
        refused = subprocess.run(play, env=variables, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("'record'", refused.stderr)
        self.assertEqual(self.cluster.answers()["sessions"], [])


if __name__ == "__main__":
    unittest.main()
