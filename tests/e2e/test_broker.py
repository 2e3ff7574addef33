# Goal: the broker carries words and keeps none: whatever becomes of it, all converge. Method: Debian's Mosquitto, frozen, killed
# and wiped in the middle of the melody, while commands are given.
import contextlib
import os
import pathlib
import shutil
import signal
import time
import unittest

from stage_for_tests import RATE, Stage, no_sample_lost, started_at, wait_for

FROZEN_S = 20


class Broker(unittest.TestCase):
    def begin(self):
        self.stage = Stage(self, workers=("hall", "foyer"))
        self.session = self.stage.play(2 * RATE)
        self.assertTrue(self.session, "it never got going")

    def set_volume(self, name, volume):
        """Acknowledged, so it holds from now on."""
        before = self.stage.worker(name)["generation"]
        self.stage.cluster.antiphon("volume", f"{name}/left", volume)
        self.assertGreater(self.stage.worker(name)["generation"], before)

    def check_converged(self, **volumes):
        for name in volumes:
            self.assertTrue(wait_for(lambda: self.stage.obeys(name), 30), f"{name} did not obey: {self.stage.worker(name)}")
        kept = {output["name"].split("/")[0]: output["volume"] for output in self.stage.cluster.antiphon("devices")["outputs"]}
        self.assertEqual(kept, volumes)

    # ---- laws

    def test_a_killed_broker_is_not_heard_and_no_command_is_lost(self):
        no_sample_lost(self, self.with_a_killed_broker)

    def with_a_killed_broker(self):
        self.begin()
        ticks = self.stage.kill("broker")
        self.set_volume("hall", "0.8")  # nobody can carry it yet
        self.assertTrue(self.stage.wait_for_new_life("broker", ticks, 10), "the coordinator did not bring it back")
        self.set_volume("foyer", "0.7")
        self.check_converged(hall=0.8, foyer=0.7)
        return self.stage.end_of(self, self.session)

    def test_a_broker_that_lost_its_folder_is_given_a_new_one(self):
        no_sample_lost(self, self.with_a_wiped_broker)

    def with_a_wiped_broker(self):
        self.begin()
        command = pathlib.Path(f"/proc/{self.stage.cluster.pids()['broker']}/cmdline").read_bytes().split(b"\0")
        folder = pathlib.Path(command[command.index(b"-c") + 1].decode()).parent
        shutil.rmtree(folder)
        ticks = self.stage.kill("broker")
        self.set_volume("hall", "0.8")
        self.assertTrue(self.stage.wait_for_new_life("broker", ticks, 10), "the coordinator did not bring it back")
        self.set_volume("foyer", "0.7")
        self.check_converged(hall=0.8, foyer=0.7)
        return self.stage.end_of(self, self.session)

    def test_a_frozen_broker_is_not_heard_and_what_was_wanted_meanwhile_comes(self):
        no_sample_lost(self, self.with_a_frozen_broker)

    def with_a_frozen_broker(self):
        self.begin()
        broker = self.stage.cluster.pids()["broker"]
        os.kill(broker, signal.SIGSTOP)
        thaw = time.monotonic() + FROZEN_S
        self.set_volume("hall", "0.8")
        self.assertTrue(wait_for(lambda: any("has not reached it yet" in line for line in self.stage.why("hall")), 5), self.stage.why("hall"))
        self.set_volume("foyer", "0.7")
        wait_for(lambda: time.monotonic() > thaw, FROZEN_S)
        with contextlib.suppress(ProcessLookupError):  # unless the coordinator lost patience
            os.kill(broker, signal.SIGCONT)
        self.check_converged(hall=0.8, foyer=0.7)
        return self.stage.end_of(self, self.session)

    def test_a_broker_that_hangs_for_good_is_killed_and_comes_back(self):
        no_sample_lost(self, self.with_a_hanging_broker)

    def with_a_hanging_broker(self):
        self.begin()
        broker = self.stage.cluster.pids()["broker"]
        ticks = started_at(broker)
        os.kill(broker, signal.SIGSTOP)
        begun = time.monotonic()
        self.set_volume("hall", "0.8")
        self.assertTrue(self.stage.wait_for_new_life("broker", ticks, 30), "the coordinator leaves a frozen broker be")
        print(f"the frozen broker was replaced after {time.monotonic() - begun:.1f} s")
        self.assertIn("it listened and did not answer", pathlib.Path(self.stage.cluster.processes["coordinator"].log).read_text())
        self.set_volume("foyer", "0.7")
        self.check_converged(hall=0.8, foyer=0.7)
        return self.stage.end_of(self, self.session)


if __name__ == "__main__":
    unittest.main()
