# Goal: a cut link costs no sound, is told, and heals by itself. Method: the coordinator and two workers in network namespaces of their own,
# joined by veth pairs; links taken down, and directions led astray by a wrong MAC address, which nobody is told of.
import unittest

from cables import Apart, Networks, why_no_cables
from stage_for_tests import RATE, long_programme, no_sample_lost, wait_for

BOARDS = ("hall", "foyer")


class Network(unittest.TestCase):
    def setUp(self):
        if why := why_no_cables():
            self.skipTest(why)

    def begin(self):
        self.networks = Networks(self, BOARDS)
        self.stage = Apart(self, self.networks)
        self.session = self.stage.play(RATE, long_programme(self.stage.cluster.folder, 90))
        self.assertTrue(self.session, "it never got going")

    def check_cut(self, *boards):
        """They are told to be offline, and take no command, which is kept for them."""
        self.assertTrue(wait_for(lambda: not any(self.stage.worker(name)["online"] for name in boards), 40), self.stage.cluster.workers())
        for name in boards:
            self.assertTrue(any("it is offline: its last word came" in line for line in self.stage.why(name)), self.stage.why(name))
            self.stage.cluster.antiphon("volume", f"{name}/left", "0.5")

    def check_healed(self):
        """All obey; and each has played on all the while."""
        for name in BOARDS:
            self.assertTrue(wait_for(lambda: self.stage.obeys(name), 30), self.stage.worker(name))
        volumes = {output["name"]: output["volume"] for output in self.stage.cluster.antiphon("devices")["outputs"]}
        self.assertEqual(set(volumes.values()), {0.5}, volumes)
        told = self.stage.wait_for_session(self.session, lambda now: min(m["position_frames"] for m in now["members"]) > 21 * RATE, 30)
        self.assertTrue(told, self.stage.session(self.session))
        self.assertEqual({member["state"] for member in told["members"]}, {"playing"})
        return self.stage.heard[self.session]

    # ---- laws

    def test_unplugged_boards_play_on_and_come_back(self):
        no_sample_lost(self, self.with_unplugged_boards)

    def with_unplugged_boards(self):
        self.begin()
        for board in BOARDS:
            self.networks.unplug(board)
        self.check_cut("hall", "foyer")
        for board in BOARDS:
            self.networks.plug(board)
        return self.check_healed()

    def test_boards_that_only_hear_or_only_speak_play_on_and_come_back(self):
        no_sample_lost(self, self.with_one_way_links)

    def with_one_way_links(self):
        self.begin()
        self.networks.lose_what_goes_to("hall")
        self.networks.lose_what_comes_from("foyer")
        self.check_cut("hall", "foyer")
        self.networks.find_again()
        return self.check_healed()


if __name__ == "__main__":
    unittest.main()
