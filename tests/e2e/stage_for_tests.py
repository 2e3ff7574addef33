# A cluster for one test, with what tests wait for. Everything it started is ended, whatever happens.
import array
import hashlib
import hmac
import json
import math
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import urllib.request
import wave

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "demo.d"))

from cluster import MICROPHONES, SPEAKERS, Cluster, Trouble, free_ports, fresh_folder  # noqa: E402, F401
from processes import started_at, wait_for  # noqa: E402
from pulse import Pulse  # noqa: E402, F401

BUILD = pathlib.Path(os.environ.get("ANTIPHON_BUILD", ROOT / "build"))
RATE = 48000
MELODY = ROOT / "share/melody.flac"


class Stage:
    def __init__(self, test, workers=tuple(SPEAKERS), variables=None, folder=None):
        self.cluster = Cluster(BUILD, folder)
        self.cluster.variables = variables or {}
        self.heard = {}  # by session and worker: the furthest position and the most lost frames that it told
        test.addCleanup(shutil.rmtree, self.cluster.folder, ignore_errors=True)
        test.addCleanup(self.cluster.end)
        self.gather(workers)
        self.cluster.expect(self.cluster.ready, 30, "the workers are not ready", "coordinator")

    def gather(self, workers):
        self.cluster.start_coordinator()
        for name in workers:
            self.cluster.start_worker(name)

    def session(self, session):
        """As the status has it; none while nobody answers."""
        status = self.cluster.answers()
        now = next((s for s in status["sessions"] if s["id"] == session), None) if status else None
        for member in now["members"] if now else ():
            heard = self.heard.setdefault(session, {}).setdefault(member["worker"], {"position_frames": 0, "lost_frames": 0})
            for what in heard:
                heard[what] = max(heard[what], member[what])
        return now

    def wait_for_session(self, session, what, seconds):
        """The session once `what` holds of it; fails the test by returning none."""
        return wait_for(lambda: (now := self.session(session)) and what(now) and now, seconds)

    def play(self, frames, programme=MELODY):
        """A session on all, once it is `frames` into it; none when that does not come."""
        session = self.cluster.antiphon("play", str(programme), "--to", "all")["id"]
        return self.wait_for_session(session, lambda now: now["position_frames"] > frames, 30) and session

    def end_of(self, test, session):
        """What its members told of the session, once it has come to its end."""
        ended = self.wait_for_session(session, lambda now: now["phase"] in ("ended", "failed"), 40)
        test.assertTrue(ended, f"the session did not end: {self.session(session)}")
        test.assertEqual((ended["phase"], ended["reason"]), ("ended", ""))
        return self.heard[session]

    def worker(self, name):
        """As the status has it; none while nobody answers."""
        return self.cluster.workers().get(name)

    def plays_again(self, session, name, boot):
        """Whether the worker that was in its life `boot` plays the session in another one: what it said before counts no more."""
        worker, now = self.worker(name), self.session(session)
        if not worker or not now or worker["boot"] == boot:
            return False
        played = next(member for member in now["members"] if member["worker"] == name)
        return worker["online"] and worker["clock_synchronised"] and played["state"] == "playing"

    def obeys(self, name):
        """The worker, if it is what it shall be."""
        worker = self.worker(name)
        return worker if worker and worker["online"] and worker["applied"] == worker["generation"] else None

    def why(self, what):
        """The verdict, and what else keeps it from it."""
        told = self.cluster.antiphon("why", what)
        return [told["verdict"], *told["grounds"]]

    def refusal(self, *command):
        """What the command line says to somebody whose wish is not granted; fails when it is."""
        try:
            answer = self.cluster.antiphon(*command)
        except Trouble as trouble:
            return str(trouble)
        raise AssertionError(f"{command} was not refused: {answer}")

    def identity(self, board):
        """What the worker on this board was given when it joined."""
        return json.loads((self.cluster.folder / board / "identity.json").read_text())["joined"]

    def ruled(self, seconds=4):
        """What the ruler says of the speakers now."""
        done = subprocess.run(self.cluster.ruler("watch", self.cluster.room, "--seconds", seconds, "--json"), check=False, capture_output=True, text=True, timeout=60)
        return json.loads(done.stdout)

    def metric(self, series):
        """The value of one series, written as on the page; fails when there is none."""
        asked = urllib.request.Request(f"{self.cluster.url}/metrics", headers={"Authorization": f"Bearer {self.cluster.environment['ANTIPHON_TOKEN']}"})
        with urllib.request.urlopen(asked, timeout=10) as page:
            return float(next(line for line in page.read().decode().splitlines() if line.startswith(series + " ")).rpartition(" ")[2])

    def kill(self, name):
        """kill -9; the ticks at which it had begun, for wait_for_new_life()."""
        pid = self.cluster.pids()[name]
        ticks = started_at(pid)
        os.kill(pid, signal.SIGKILL)
        return ticks

    def wait_for_new_life(self, name, ticks, seconds):
        """The pid of `name` once it is another process than the one that began at `ticks`."""
        return wait_for(lambda: (pid := self.cluster.pids().get(name)) and started_at(pid) not in (None, ticks) and pid, seconds)


def seal(joined, leaf, text, topic=None):
    """The text as the member with this identity would say it on its topic, or as it would on `topic`."""
    topic = topic or topic_of(joined, leaf)
    code = hmac.new(bytes.fromhex(joined["message_key"]), topic.encode() + b"\0" + text.encode(), hashlib.sha256).hexdigest()
    return f'{text[:-1]},"mac":"{code}"}}'


def topic_of(joined, leaf):
    return f"antiphon/v1/{joined['cluster']}/workers/{joined['id']}/{leaf}"


def long_programme(folder, seconds):
    """A file of that length: a tone that swells and fades each second."""
    path = pathlib.Path(folder) / "long.wav"
    beat = array.array("h", (int(6000 * math.sin(math.pi * i / RATE) * math.sin(2 * math.pi * 330 * i / RATE)) for i in range(RATE)))
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 2, RATE, 0, "NONE", ""))
        for _ in range(seconds):
            out.writeframesraw(beat.tobytes())
    return path


def preloaded(folder, source):
    """The library that a C file beside this one makes, in `folder`: for LD_PRELOAD, which puts it between a program and its C library."""
    library = pathlib.Path(folder) / f"{source}.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", library, HERE / source, "-ldl"], check=True, timeout=60)
    return str(library)


RUNS_MAX = 3


def no_sample_lost(test, scene):
    """Plays scene(), which returns Stage.heard of its session: each worker played on to the end without one sample of
    silence. A run in which this machine itself stood still proves nothing: it is told and played again."""
    for run in range(1, RUNS_MAX + 1):
        pulse = Pulse()
        heard = scene()
        felt = pulse.stop()
        for name, told in heard.items():
            test.assertGreater(told["position_frames"], 20 * RATE, f"{name} told too little to know what it lost")
        lost = {name: told["lost_frames"] for name, told in heard.items()}
        if not any(lost.values()):
            return
        test.assertTrue(felt["freezes"], f"frames were lost: {lost}; this machine stood still for {felt['longest_ms']} ms at most")
        print(f"run {run} of {RUNS_MAX} is spoiled: this machine stood still {felt['freezes']} times, for up to "
              f"{felt['longest_ms']} ms; lost: {lost}", file=sys.stderr)
        test.doCleanups()
    test.skipTest(f"this machine stood still in each of {RUNS_MAX} runs")
