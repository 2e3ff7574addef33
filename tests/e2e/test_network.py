# Goal: a cut link costs no sound, is told, and heals by itself. Method: the coordinator and two workers in network namespaces of their own,
# joined by veth pairs; links taken down, and directions led astray by a wrong MAC address, which nobody is told of.
import os
import subprocess
import unittest

from stage_for_tests import RATE, Stage, long_programme, no_sample_lost, wait_for

COORDINATOR = "10.77.0.1"
BOARDS = {"hall": 1, "foyer": 2}  # the third number of their networks
NOBODY = "02:00:00:00:00:99"


def ip(*arguments):
    done = subprocess.run(["ip", *arguments], check=False, capture_output=True, text=True, timeout=20)
    if done.returncode != 0:
        raise OSError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")


class Networks:
    """Of these namespaces: one for the coordinator, one for each board, and a cable between it and each."""

    def __init__(self, test):
        self.names = {name: f"antiphon-{os.getpid()}-{name}" for name in ("coordinator", *BOARDS)}
        for name in self.names.values():
            ip("netns", "add", name)
            test.addCleanup(subprocess.run, ["ip", "netns", "delete", name], check=False, capture_output=True)
            ip("-n", name, "link", "set", "lo", "up")
        ip("-n", self.names["coordinator"], "address", "add", f"{COORDINATOR}/32", "dev", "lo")
        for board, number in BOARDS.items():
            self.lay_cable(board, number)

    def lay_cable(self, board, number):
        there, here = self.names["coordinator"], self.names[board]
        ip("-n", there, "link", "add", "name", board, "type", "veth", "peer", "name", "eth0", "netns", here)
        for namespace, link, last in ((there, board, 1), (here, "eth0", 2)):
            ip("-n", namespace, "address", "add", f"10.77.{number}.{last}/24", "dev", link)
            ip("-n", namespace, "link", "set", link, "up")
        ip("-n", here, "route", "add", COORDINATOR, "via", f"10.77.{number}.1")

    def within(self, name):
        return ["ip", "netns", "exec", self.names[name]]

    def unplug(self, board):
        ip("-n", self.names["coordinator"], "link", "set", board, "down")

    def plug(self, board):
        ip("-n", self.names["coordinator"], "link", "set", board, "up")

    def lose_what_goes_to(self, board):
        ip("-n", self.names["coordinator"], "neighbour", "replace", f"10.77.{BOARDS[board]}.2", "lladdr", NOBODY, "dev", board, "nud", "permanent")

    def lose_what_comes_from(self, board):
        ip("-n", self.names[board], "neighbour", "replace", f"10.77.{BOARDS[board]}.1", "lladdr", NOBODY, "dev", "eth0", "nud", "permanent")

    def find_again(self):
        for board, number in BOARDS.items():
            ip("-n", self.names["coordinator"], "neighbour", "flush", "dev", board, "nud", "all")
            ip("-n", self.names[board], "neighbour", "flush", "dev", "eth0", "nud", "all")


class Apart(Stage):
    """A stage whose processes see each other through cables only."""

    def __init__(self, test, networks):
        self.networks = networks
        super().__init__(test, tuple(BOARDS))

    def gather(self, workers):
        self.cluster.within = self.networks.within("coordinator")
        self.cluster.start_coordinator("--insecure-lan", address=COORDINATOR, within=self.cluster.within)
        for name in workers:
            self.cluster.start_worker(name, within=self.networks.within(name))


class Network(unittest.TestCase):
    def setUp(self):
        name = f"antiphon-{os.getpid()}-try"
        tried = subprocess.run(["ip", "netns", "add", name], check=False, capture_output=True, text=True)
        if tried.returncode == 0:
            tried = subprocess.run(["ip", "-n", name, "link", "add", "name", "a", "type", "veth", "peer", "name", "b"], check=False, capture_output=True, text=True)
            subprocess.run(["ip", "netns", "delete", name], check=True)
        if tried.returncode != 0:
            self.skipTest(f"this machine gives us no network namespaces with cables: {tried.stderr.strip()}")

    def begin(self):
        self.networks = Networks(self)
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
