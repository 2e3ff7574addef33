# What happens in a guest with Bluetooth: a cluster of one board plays a tone to a headset of somebody else's making. Told by lines on the console; what the
# headset heard is in /mnt, for the host to judge.
import importlib.machinery
import importlib.util
import os
import pathlib
import re
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "demo.d")]

from cluster import Cluster  # noqa: E402
from radio import Bluetoothd, Headset, must_come, tell  # noqa: E402

SHARED = pathlib.Path("/mnt")
BUILD = pathlib.Path(os.environ["BUILD"])
SOUND = SHARED / "tone.wav"


class Scene:
    worker = "foyer"

    def __init__(self):
        self.headset = Headset()
        must_come(lambda: pathlib.Path("/sys/class/bluetooth/hci1").exists(), 60, "the virtual controllers do not come")
        self.bluetoothd = Bluetoothd()
        self.bluetoothd.start()
        self.headset.begin()
        self.board, self.ear = self.headset.address("hci0"), self.headset.address("hci1")
        self.cluster = Cluster(BUILD)
        self.cluster.start_coordinator()
        tell("cluster")

    def join(self):
        self.start_board(self.cluster.antiphon("invite")["invitation"])

    def start_board(self, invitation=None):
        join = ["--join", invitation] if invitation else []
        self.cluster.start("foyer", "worker", "--name", "foyer", *join, "--data", self.cluster.folder / "foyer", "--adapter", "hci0")
        self.cluster.expect(self.cluster.ready, 120, "the worker is not ready", "foyer")

    def device(self):
        devices = self.cluster.antiphon("bluetooth", "list", self.worker)["devices"]
        return next((device for device in devices if device["address"] == self.ear), {})

    def becomes(self, state, seconds=60):
        must_come(lambda: self.device().get("state") == state, seconds, f"the headset does not become {state}: {self.device()}")

    def let_in(self):
        """Once the board has its agent."""
        must_come(lambda: self.cluster.antiphon("bluetooth", "list", self.worker)["adapters"], 60, "the board has no adapter")
        self.headset.pairing_mode()

    def begin_again(self):
        self.bluetoothd.start()
        self.headset.begin()

    def pair(self):
        self.join()
        self.headset.know_end_points_of(self.board)
        self.let_in()
        began = time.monotonic()
        paired = self.cluster.antiphon("bluetooth", "pair", "foyer", self.ear, "--as", "ear", seconds=90)
        tell("paired", paired["output"], f"{time.monotonic() - began:.1f} s")
        self.becomes("ready")
        tell("ready", f"{time.monotonic() - began:.1f} s")

    def play(self):
        self.session = self.cluster.antiphon("play", str(SOUND), "--to", "foyer/ear")["id"]

    def line_ended(self):
        """What the board tells of what it sent, once sound has ended."""
        self.cluster.antiphon("stop", self.session)
        log = self.cluster.folder / f"{self.worker}.log"

        def told():
            return re.findall(r"sent_frames=\d+ .*longest_wait_us=\d+", log.read_text(errors="replace"))

        return must_come(told, 20, "the board does not tell of the line that has ended")[-1]

    def hear(self, name, seconds=6):
        """The headset keeps what it hears for so long."""
        self.becomes("streaming")
        recording = self.headset.record(self.board, seconds, SHARED / name)
        recording.wait(timeout=seconds + 60)
        tell("heard", name)


def plays(scene):
    scene.pair()
    scene.play()
    scene.hear("first.wav")
    tell("line:", scene.line_ended())


def comes_back(scene):
    """The headset is switched off in the middle, and on again."""
    scene.pair()
    scene.play()
    scene.becomes("streaming")
    scene.headset.switch(False)
    scene.becomes("absent")
    tell("away")
    scene.headset.switch(True)
    scene.hear("back.wav")


def survives(scene):
    """bluetoothd dies in the middle; then the whole board is started anew, with the bond that it has."""
    scene.pair()
    scene.play()
    scene.becomes("streaming")
    scene.headset.end()
    scene.bluetoothd.kill()
    scene.becomes("absent")
    tell("away")
    scene.begin_again()
    scene.let_in()
    scene.hear("survived.wav")
    scene.cluster.stop("foyer")
    scene.headset.end()
    scene.bluetoothd.kill()
    scene.begin_again()
    scene.start_board()
    scene.let_in()
    scene.hear("remembered.wav")


def blocks_of_the_readme():
    """The commands of its section on headsets, as tools/readme-commands has them."""
    loader = importlib.machinery.SourceFileLoader("readme_commands", str(ROOT / "tools/readme-commands"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    section = (ROOT / "README.md").read_text().split("\n## Bluetooth headsets\n")[1].split("\n## ")[0]
    return [block.commands for block in module.blocks_of(section)]


class Shell:
    """A user's, in which blocks of commands are run as they are written."""

    def __init__(self, environment):
        self.process = subprocess.Popen(["bash"], cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.run("set -eo pipefail; trap \"echo 'that failed'\" EXIT")

    def run(self, commands):
        """What they say; one that fails is the end."""
        self.process.stdin.write(f"{commands}\necho 'that was all'\n")
        self.process.stdin.flush()
        said = []
        for line in self.process.stdout:
            if line == "that was all\n":
                return "".join(said)
            if line == "that failed\n":
                break
            tell("$", line.rstrip())
            said.append(line)
        raise AssertionError(f"the commands failed: {commands}")


def readme(scene):
    """README's section on headsets, followed as it is written."""
    joins, scans, plays_to_it = blocks_of_the_readme()
    scene.worker = "lounge"
    shell = Shell(scene.cluster.environment | {"PATH": f"{BUILD}:{os.environ['PATH']}", "DATA": str(scene.cluster.folder)})
    shell.run(joins)
    scene.headset.know_end_points_of(scene.board)
    scene.let_in()
    if scene.ear not in (found := shell.run(scans)):
        raise AssertionError(f"`scan` does not show {scene.ear}: {found}")
    shell.run(f"HEADSET={scene.ear}\n{plays_to_it}")
    scene.hear("melody.wav")


SCENES = {"plays": plays, "comes-back": comes_back, "survives": survives, "readme": readme}


def tell_logs():
    for log in (*pathlib.Path("/run").glob("*.log"), *pathlib.Path("/run/tmp").glob("*/*.log")):
        for line in log.read_text(errors="replace").splitlines()[-25:]:
            tell(f"{log.name}: {line}")


try:
    SCENES[sys.argv[1]](Scene())
    tell("done")
except Exception as problem:  # noqa: BLE001: all of it has to be told on the console
    tell_logs()
    tell("failed:", problem)
    sys.exit(1)
