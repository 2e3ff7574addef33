# The coordinator and some boards, each in a network namespace of its own, with a cable between it and each that may be pulled out.
import os
import subprocess

from stage_for_tests import Stage

COORDINATOR = "10.77.0.1"
NOBODY = "02:00:00:00:00:99"


def ip(*arguments):
    done = subprocess.run(["ip", *arguments], check=False, capture_output=True, text=True, timeout=20)
    if done.returncode != 0:
        raise OSError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")


class Networks:
    """Of these namespaces: one for the coordinator, one for each board, and a cable between it and each."""

    def __init__(self, test, boards):
        self.numbers = {board: number for number, board in enumerate(boards, 1)}  # the third of their networks' addresses
        self.names = {name: f"antiphon-{os.getpid()}-{name}" for name in ("coordinator", *boards)}
        for name in self.names.values():
            ip("netns", "add", name)
            test.addCleanup(subprocess.run, ["ip", "netns", "delete", name], check=False, capture_output=True)
            ip("-n", name, "link", "set", "lo", "up")
        ip("-n", self.names["coordinator"], "address", "add", f"{COORDINATOR}/32", "dev", "lo")
        for board, number in self.numbers.items():
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
        ip("-n", self.names["coordinator"], "neighbour", "replace", f"10.77.{self.numbers[board]}.2", "lladdr", NOBODY, "dev", board, "nud", "permanent")

    def lose_what_comes_from(self, board):
        ip("-n", self.names[board], "neighbour", "replace", f"10.77.{self.numbers[board]}.1", "lladdr", NOBODY, "dev", "eth0", "nud", "permanent")

    def find_again(self):
        for board, number in self.numbers.items():
            ip("-n", self.names["coordinator"], "neighbour", "flush", "dev", board, "nud", "all")
            ip("-n", self.names[board], "neighbour", "flush", "dev", "eth0", "nud", "all")


class Apart(Stage):
    """A stage whose processes see each other through cables only."""

    def __init__(self, test, networks):
        self.networks = networks
        super().__init__(test, tuple(networks.numbers))

    def gather(self, workers):
        self.cluster.within = self.networks.within("coordinator")
        self.cluster.start_coordinator("--insecure-lan", address=COORDINATOR, within=self.cluster.within)
        for name in workers:
            self.cluster.start_worker(name, within=self.networks.within(name))


def why_no_cables():
    """Why this machine gives us none; nothing: it does."""
    name = f"antiphon-{os.getpid()}-try"
    tried = subprocess.run(["ip", "netns", "add", name], check=False, capture_output=True, text=True)
    if tried.returncode == 0:
        tried = subprocess.run(["ip", "-n", name, "link", "add", "name", "a", "type", "veth", "peer", "name", "b"], check=False, capture_output=True, text=True)
        subprocess.run(["ip", "netns", "delete", name], check=True)
    return f"this machine gives us no network namespaces with cables: {tried.stderr.strip()}" if tried.returncode != 0 else ""
