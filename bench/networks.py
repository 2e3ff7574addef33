# Three boards with crystals that run wrong, behind a switch with bad weather; for measurements.
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "demo.d"))

from cluster import Trouble  # noqa: E402

CRYSTALS = {"hall": 0, "foyer": 40, "garden": -60}  # ppm
UPLINK = "10.78.0.1"


def ip(*arguments):
    subprocess.run(["ip", *map(str, arguments)], check=True, capture_output=True, timeout=20)


class Networks:
    """A namespace for the coordinator and one for each worker, joined by a switch with weather."""

    def __init__(self, stack, build, weather, seed):
        self.names = {name: f"antiphon-bench-{os.getpid()}-{name}" for name in ("coordinator", *CRYSTALS)}
        taps = {name: f"ab{os.getpid() % 10000}{name[0]}" for name in self.names}
        self.switch = subprocess.Popen([str(build / "sync_switch"), *taps.values(), *weather, "--seed", str(seed)], stdout=subprocess.PIPE, text=True)
        stack.callback(self.switch.wait)
        stack.callback(self.switch.kill)
        if self.switch.stdout.readline() != "ready\n":
            raise Trouble("the switch does not begin: are we root, and is there /dev/net/tun?")
        for number, (name, namespace) in enumerate(self.names.items(), 1):
            ip("netns", "add", namespace)
            stack.callback(subprocess.run, ["ip", "netns", "delete", namespace], check=False, capture_output=True)
            ip("link", "set", taps[name], "netns", namespace)
            ip("-n", namespace, "address", "add", f"10.78.0.{number}/24", "dev", taps[name])
            ip("-n", namespace, "link", "set", taps[name], "up")
            ip("-n", namespace, "link", "set", "lo", "up")

    def within(self, name):
        return ["ip", "netns", "exec", self.names[name]]


def percentile(values, part):
    return sorted(values)[min(len(values) - 1, int(part * len(values)))] if values else None


def middle(values):
    known = sorted(value for value in values if value is not None)
    return known[len(known) // 2] if known else None
