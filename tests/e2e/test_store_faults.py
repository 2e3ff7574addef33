# Goal: what the coordinator acknowledged is there after its death, and what it did not is whole or absent. Method: it is killed at a
# random moment, and at each change of its database, while commands run; a model knows what must be there.
import contextlib
import http.client
import json
import os
import pathlib
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import unittest

from stage_for_tests import BUILD, MELODY, free_ports, preloaded, seal, topic_of, wait_for

WHOLE = os.environ.get("ANTIPHON_SWEEP") == "whole"
SEED = int(os.environ.get("ANTIPHON_SWEEP_SEED", 0)) or random.SystemRandom().randrange(1, 1 << 20)


class Died(Exception):
    """The coordinator did, before it answered."""


class Coordinator:
    """One folder through many lives."""

    def __init__(self, folder):
        self.folder, self.ports = folder, free_ports(3)
        self.process, self.joined, self.lives = None, None, 0

    def begin(self, **variables):
        """A new life. False when it ended before it could be asked anything."""
        self.lives += 1
        http_port, mqtt, clock = self.ports
        with open(self.folder / "coordinator.log", "ab") as log:
            self.process = subprocess.Popen([BUILD / "antiphon", "coordinator", "--data", self.folder / "data", "--listen", f"127.0.0.1:{http_port}",
                                             "--mqtt-port", str(mqtt), "--clock-port", str(clock)], env=clean_environment() | variables,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_for(lambda: self.process.poll() is not None or self.healthy(), 20, 0.01)
        return self.process.poll() is None

    def healthy(self):
        try:
            return self.ask("GET", "/v1/workers") is not None
        except Died:
            return False

    def ask(self, method, target, body=None, **headers):
        """The answer's JSON; what is refused fails the test."""
        connection = http.client.HTTPConnection("127.0.0.1", self.ports[0], timeout=20)
        with contextlib.closing(connection):
            try:
                content, kind = (body, "application/octet-stream") if isinstance(body, (bytes, type(None))) else (json.dumps(body), "application/json")
                connection.request(method, target, content, {"Authorization": f"Bearer {self.token()}", "Content-Type": kind} | headers)
                answer = connection.getresponse()
                text = answer.read().decode()
            except (OSError, http.client.HTTPException) as gone:
                raise Died from gone
        if answer.status >= 400:
            raise AssertionError(f"{method} {target} {body}: {text}")
        return json.loads(text) if text else {}

    def token(self):
        path = self.folder / "data/token"
        return path.read_text().strip() if path.exists() else ""

    def make_worker(self):
        """Joins one of which there is nothing but its words, which speak() publishes."""
        token = self.ask("POST", "/v1/invitations")["invitation"].partition("#")[2]
        self.joined = self.ask("POST", "/v1/join", {"token": token, "name": "hall", "public_key": "", "v": 1})

    def speak(self):
        """True once the coordinator has heard the worker of its outputs."""
        document = {"boot": self.lives, "sequence": 1, "epoch": self.joined["epoch"], "applied": 0, "stamp": 0, "activity": "waiting",
                    "clock": {"synchronised": True, "error_bound_ns": 1000, "rate_ppm": 0}, "inputs": [], "sessions": [], "tracks": [],
                    "outputs": [{"name": name, "device": "virtual:speaker", "failure": ""} for name in ("left", "right")]}
        message = {"v": 1, "id": f"x{self.lives}", "epoch": self.joined["epoch"], "sent": 0, "kind": "reported", "body": {"document": document}}

        def spoken():
            if self.process.poll() is not None:
                return True
            subprocess.run(["mosquitto_pub", "-h", "127.0.0.1", "-p", str(self.ports[1]), "-u", self.joined["id"], "-P", self.joined["credential"],
                            "-i", self.joined["id"], "-r", "-q", "1", "-t", topic_of(self.joined, "reported"), "-m", seal(self.joined, "reported", json.dumps(message))],
                           stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=20)
            with contextlib.suppress(Died):
                return wait_for(lambda: self.ask("GET", "/v1/devices")["outputs"], 0.2, 0.01)
        return wait_for(spoken, 10, 0.02) and self.process.poll() is None

    def end(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        if self.process:
            self.process.wait(10)

    def last_words(self):
        return (self.folder / "coordinator.log").read_text()[-2000:]

    def snapshot(self):
        """What must survive, by what people call it."""
        sessions = self.ask("GET", "/v1/sessions")["sessions"]
        return {"zones": {zone["name"]: zone["outputs"] for zone in self.ask("GET", "/v1/zones")["zones"]},
                "volumes": {output["name"]: output["volume"] for output in self.ask("GET", "/v1/devices")["outputs"]},
                "workers": sorted(worker["name"] for worker in self.ask("GET", "/v1/workers")["workers"]),
                "sessions": {session["title"]: session["phase"] == "stopped" for session in sessions}}

    def check_integrity(self):
        """Of what the dead one left, on a copy."""
        copy = self.folder / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir()
        for path in (self.folder / "data").glob("antiphon.db*"):
            if not path.name.endswith("-shm"):
                shutil.copy(path, copy)
        with contextlib.closing(sqlite3.connect(copy / "antiphon.db")) as database:
            return database.execute("PRAGMA integrity_check").fetchall()


def clean_environment():
    return {name: value for name, value in os.environ.items() if not name.startswith("ANTIPHON_")}


SESSIONS_COMPARED = 50  # the oldest that are over are forgotten after a while


def newest(state):
    titles = sorted(state["sessions"], key=lambda title: int(title[1:]))[-SESSIONS_COMPARED:]
    return state | {"sessions": {title: state["sessions"][title] for title in titles}}


class Model:
    """What must be there; and of the one command without an answer, what may be."""

    def __init__(self, coordinator, chance):
        self.coordinator, self.chance = coordinator, chance
        self.state = {"zones": {}, "volumes": {"hall/left": 1, "hall/right": 1}, "workers": ["hall"], "sessions": {}}
        self.pending, self.acknowledged, self.unacknowledged, self.serial = None, 0, 0, 0
        self.blob = coordinator.ask("POST", "/v1/blobs", MELODY.read_bytes())["blob"]
        self.ids = {}  # of sessions, by title

    def command(self):
        """One at random: how to ask for it, and what it makes of the state."""
        zones, self.serial = self.state["zones"], self.serial + 1
        after = json.loads(json.dumps(self.state))
        outputs = self.chance.choice([["hall/left"], ["hall/right"], ["hall/left", "hall/right"]])
        running = [title for title, stopped in self.state["sessions"].items() if not stopped and title in self.ids]
        kind = self.chance.choice(["zone"] * 3 + ["rename", "delete", "volume", "join", "stop" if running else "play"])
        if kind == "volume":
            after["volumes"]["hall/left"] = self.serial % 100 / 100
            return ("PUT", "/v1/volume", {"target": "hall/left", "volume": self.serial % 100 / 100}), after
        if kind == "play":
            after["sessions"][f"t{self.serial}"] = False
            return ("POST", "/v1/sessions", {"source": f"blob:{self.blob}", "to": outputs, "title": f"t{self.serial}"}), after
        if kind == "stop":
            after["sessions"][running[0]] = True
            return ("POST", f"/v1/sessions/{self.ids[running[0]]}/stop", None), after
        if kind == "rename" and zones:
            after["zones"][f"z{self.serial}"] = after["zones"].pop(name := self.chance.choice(sorted(zones)))
            return ("POST", f"/v1/zones/{name}/rename", {"name": f"z{self.serial}"}), after
        if kind == "delete" and zones:
            del after["zones"][name := self.chance.choice(sorted(zones))]
            return ("DELETE", f"/v1/zones/{name}", None), after
        if kind == "join" and len(self.state["workers"]) < 40:
            token = self.coordinator.ask("POST", "/v1/invitations")["invitation"].partition("#")[2]
            after["workers"] = sorted([*after["workers"], f"w{self.serial}"])
            return ("POST", "/v1/join", {"token": token, "name": f"w{self.serial}", "public_key": "ab", "v": 1}), after
        name = self.chance.choice(sorted(zones)) if len(zones) > 8 else f"z{self.serial}"
        after["zones"][name] = outputs
        return ("PUT", f"/v1/zones/{name}", {"outputs": outputs}), after

    def give(self):
        """One command; raises Died when there was no answer."""
        asked, after = self.command()
        key = f"k{self.serial}"
        self.pending = (asked, key, after)
        self.say()
        self.acknowledged += 1

    def say(self):
        asked, key, after = self.pending
        answer = self.coordinator.ask(*asked, **{"Idempotency-Key": key})
        if asked[1] == "/v1/sessions":
            self.ids[answer["title"]] = answer["id"]
        self.state, self.pending = after, None

    def check(self, test):
        """What is there is what must be; the command without an answer is said again, and is done once."""
        found = newest(self.coordinator.snapshot())
        if not self.pending:
            return test.assertEqual(found, newest(self.state))
        test.assertIn(found, (newest(self.state), newest(self.pending[2])), f"half done: {self.pending[0]}")
        self.say()
        self.unacknowledged += 1
        test.assertEqual(newest(self.coordinator.snapshot()), newest(self.state))


class StoreFaults(unittest.TestCase):
    def setUp(self):
        print(f"seed {SEED}; the same again: ANTIPHON_SWEEP_SEED={SEED}", file=sys.stderr)
        self.chance = random.Random(SEED)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="antiphon-store-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.coordinator = Coordinator(self.folder)
        self.addCleanup(self.coordinator.end)
        self.assertTrue(self.coordinator.begin(), self.coordinator.last_words())
        self.coordinator.make_worker()
        self.assertTrue(self.coordinator.speak(), self.coordinator.last_words())
        self.model = Model(self.coordinator, self.chance)
        self.coordinator.end()

    def live(self, kill_after_s=None, commands_max=400, **variables):
        """One life: what the one before left is right, then commands until it dies. Where it got to."""
        self.check_left_whole()
        try:
            if not self.coordinator.begin(**variables):
                return "died at its start"
            if not self.coordinator.speak():
                self.fail("it does not hear its worker")
            self.model.check(self)
            if kill_after_s is not None:
                threading.Timer(kill_after_s, self.coordinator.process.kill).start()
            for _ in range(commands_max):
                self.model.give()
            return "survived"
        except Died:
            self.coordinator.process.wait(10)
            self.assertEqual(self.coordinator.process.returncode, -signal.SIGKILL, "it did not die of us")
            return "died"
        finally:
            self.coordinator.end()

    def check_left_whole(self):
        self.assertEqual(self.coordinator.check_integrity(), [("ok",)])

    def finish(self, lives, fates):
        self.assertEqual(self.live(commands_max=1), "survived")
        told = f"{lives} lives: {fates}; {self.model.acknowledged} commands acknowledged, {self.model.unacknowledged} said again"
        print(told, file=sys.stderr)
        self.assertGreater(self.model.acknowledged, lives, told)

    def test_killed_at_a_random_moment_it_has_all_that_it_acknowledged(self):
        lives, fates = 200 if WHOLE else 20, {}
        for _ in range(lives):
            fate = self.live(kill_after_s=self.chance.uniform(0.002, 0.25))
            fates[fate] = fates.get(fate, 0) + 1
        self.assertGreater(fates.get("died", 0), lives // 2, fates)
        self.finish(lives, fates)

    def test_killed_at_each_change_of_its_database_it_has_all_that_it_acknowledged(self):
        shim = preloaded(self.folder, "die_at_write.c")
        calls = range(1, 161)
        chosen = calls if WHOLE else sorted(self.chance.sample(calls, 30))
        fates = {}
        for call in chosen:
            fate = self.live(LD_PRELOAD=shim, DIE_AT=str(call))
            fates[fate] = fates.get(fate, 0) + 1
        self.assertEqual(fates.keys() - {"died", "died at its start"}, set(), fates)
        self.finish(len(chosen), fates)


if __name__ == "__main__":
    unittest.main()
