# Goal: a headset is found, paired and played on by the API, in time with every other speaker, and comes back for ever. Method: a BlueZ of our own
# whose headsets sound in the virtual room, and the ruler.
import time
import unittest

from headsets_for_tests import Headsets
from noise_for_tests import noise_file
from stage_for_tests import Stage, wait_for

LEFT, RIGHT = "AA:00:00:00:00:01", "AA:00:00:00:00:02"
IN_SYNC_US = 1000
BACK_WITHIN_S = 5


class Bluetooth(unittest.TestCase):
    def setUp(self):
        self.stage = Stage(self, ("hall",))
        self.cluster = self.stage.cluster
        self.headsets = Headsets(self, self.cluster.folder, self.cluster.room, {LEFT: 180, RIGHT: "240,aptx"})
        self.cluster.variables = {"DBUS_SYSTEM_BUS_ADDRESS": self.headsets.address}
        invitation = self.cluster.antiphon("invite")["invitation"]
        self.cluster.start("foyer", "worker", "--name", "foyer", "--join", invitation, "--data", self.cluster.folder / "foyer", "--adapter", "hci0")
        self.cluster.expect(self.cluster.ready, 30, "the workers are not ready", "foyer")
        self.assertTrue(wait_for(lambda: self.bluetooth()["adapters"], 10), self.bluetooth())

    def bluetooth(self):
        return self.cluster.antiphon("bluetooth", "list", "foyer")

    def device(self, address=LEFT):
        return next((d for d in self.bluetooth()["devices"] if d["address"] == address), None)

    def becomes(self, state, seconds, address=LEFT):
        return wait_for(lambda: (device := self.device(address)) and device["state"] == state, seconds)

    def pair(self, address=LEFT, name="ear"):
        return self.cluster.antiphon("bluetooth", "pair", "foyer", address, "--as", name, seconds=90)

    def play(self, seconds, *to):
        programme = noise_file(self.cluster.folder, seconds)
        session = self.cluster.antiphon("play", str(programme), "--to", ",".join(to))["id"]
        self.assertTrue(self.stage.wait_for_session(session, self.all_play, 20), self.stage.session(session))
        return session

    @staticmethod
    def all_play(session):
        return all(m["state"] == "playing" and not m["reason"] for m in session["members"])

    def assert_in_sync(self, sounding=2):
        report = {}

        def is_good():
            report.update(self.stage.ruled(5))
            heard = [speaker for speaker in report["speakers"] if speaker["missed_windows"] == 0]
            return len(heard) == sounding and report["pairs"]["median_us"] < IN_SYNC_US

        self.assertTrue(wait_for(is_good, 30), report)

    def test_it_is_paired_by_the_api_and_plays_in_time_with_every_other_speaker(self):
        self.assertEqual(self.stage.why(f"bluetooth:{LEFT}")[0], "no board holds it: it is free to be played on")
        paired = self.pair()
        self.assertEqual((paired["device"], paired["output"]), (f"bluetooth:{LEFT}", "foyer/ear"))
        self.pair(RIGHT, "other")
        self.assertTrue(self.becomes("ready", 20), self.device())
        self.assertTrue(self.becomes("ready", 20, RIGHT), self.device(RIGHT))
        self.assertEqual([self.headsets.tell("codec", address) for address in (LEFT, RIGHT)], ["sbc", "aptx"])
        self.play(60, "hall/left", "foyer/ear", "foyer/other")
        self.assertTrue(self.becomes("streaming", 10), self.device())
        self.assert_in_sync(3)
        self.headsets.tell("delay", LEFT, 230)
        self.assert_in_sync(3)
        self.assertEqual(self.stage.why(f"bluetooth:{LEFT}")[0], "it is played on")

    def test_one_that_goes_away_is_told_and_plays_on_in_time_when_it_is_back(self):
        self.pair()
        self.assertTrue(self.becomes("ready", 20), self.device())
        session = self.play(90, "hall/left", "foyer/ear")
        self.headsets.tell("away", LEFT)
        self.headsets.tell("drop", LEFT)
        self.assertTrue(self.becomes("absent", 10), self.device())
        self.assertEqual(self.stage.why(f"bluetooth:{LEFT}")[0], "it is absent: it is away, or off")
        self.assertTrue(wait_for(lambda: "it is away, or off" in " ".join(self.stage.why("foyer/ear")), 5), self.stage.why("foyer/ear"))
        self.headsets.tell("near", LEFT)
        self.headsets.tell("come", LEFT)
        self.assertTrue(self.becomes("streaming", 10), self.device())
        self.assertTrue(self.stage.wait_for_session(session, self.all_play, 10), self.stage.session(session))
        self.assert_in_sync()

    def test_a_hundred_times_it_calls_and_is_there_within_seconds(self):
        self.pair()
        self.assertTrue(self.becomes("ready", 20), self.device())
        took = []
        for _ in range(100):
            self.headsets.tell("away", LEFT)
            self.headsets.tell("drop", LEFT)
            self.assertTrue(self.becomes("absent", 10), self.device())
            self.headsets.tell("near", LEFT)
            called = time.monotonic()
            self.headsets.tell("come", LEFT)
            self.assertTrue(self.becomes("ready", 20), self.device())
            took.append(time.monotonic() - called)
        self.assertLess(sorted(took)[int(0.99 * len(took))], BACK_WITHIN_S, took)

    def test_bluetoothd_that_ends_is_survived_and_the_rest_plays_on(self):
        self.pair()
        self.assertTrue(self.becomes("ready", 20), self.device())
        session = self.play(60, "hall/left", "foyer/ear")
        self.headsets.tell("restart")
        self.assertTrue(self.becomes("streaming", 20), self.device())
        self.assertTrue(self.stage.wait_for_session(session, self.all_play, 10), self.stage.session(session))
        self.assert_in_sync()

    def test_a_killed_board_has_its_headsets_again(self):
        self.pair()
        self.assertTrue(self.becomes("ready", 20), self.device())
        session = self.play(60, "hall/left", "foyer/ear")
        self.assertTrue(self.stage.wait_for_new_life("foyer", self.stage.kill("foyer"), 10))
        self.assertTrue(self.becomes("streaming", 20), self.device())
        self.assertTrue(self.stage.wait_for_session(session, self.all_play, 20), self.stage.session(session))
        self.assert_in_sync()

    def test_what_is_forgotten_is_no_output_any_more(self):
        self.pair()
        self.assertTrue(self.becomes("ready", 20), self.device())
        self.assertIn("is bluetooth:", self.stage.refusal("bluetooth", "pair", "foyer", RIGHT, "--as", "ear"))
        self.cluster.antiphon("bluetooth", "forget", "foyer", LEFT)
        self.assertTrue(wait_for(lambda: not any(o["name"] == "foyer/ear" for o in self.cluster.antiphon("devices")["outputs"]), 10))
        self.assertIn("RemoveDevice", self.headsets.calls())
        self.assertIn("drives no Bluetooth", self.stage.refusal("bluetooth", "scan", "hall"))


if __name__ == "__main__":
    unittest.main()
