# Goal: a live source is heard everywhere at once, and whatever happens to it is told. Method: a pipe that this test writes noise to, and the ruler.
import array
import contextlib
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import unittest
import urllib.request

from noise_for_tests import PIECE, Writer
from stage_for_tests import RATE, Pulse, Stage, wait_for

BOARDS = ("hall", "foyer", "garden")
LOOKS_MAX = 3
STOOD_STILL_MS = 50  # of the 300 ms that the sessions have, the speakers hold 200


class Live(unittest.TestCase):
    def setUp(self):
        self.stage = Stage(self, BOARDS)
        self.cluster = self.stage.cluster
        self.pipe = str(self.cluster.folder / "radio")
        os.mkfifo(self.pipe)

    def writer(self):
        writer = Writer(self.pipe)
        self.addCleanup(writer.stop)
        return writer

    def play(self, source, *options):
        session = self.cluster.antiphon("play", source, "--to", "all", *options)
        self.assertEqual(session["live"]["source"], source)
        return session["id"]

    def plays_everywhere(self, session):
        return self.stage.wait_for_session(session, lambda now: now["phase"] == "playing" and all(m["state"] == "playing" for m in now["members"]), 15)

    def live_state(self, session, state, seconds=15):
        return self.stage.wait_for_session(session, lambda now: now["live"] and now["live"]["state"] == state, seconds)

    def played(self, session, seconds):
        """Waits until it has gone on for so long."""
        reached = self.stage.session(session)["position_frames"] + seconds * RATE
        self.assertTrue(self.stage.wait_for_session(session, lambda now: now["position_frames"] >= reached, seconds + 10))

    def lost(self, session):
        return [member["lost_frames"] for member in self.stage.session(session)["members"]]

    def assert_in_sync(self, session):
        """All sound, at one time, and lose nothing. A look while this machine stood still proves nothing: it is told and taken again."""
        self.played(session, 1)  # so long may who has just joined take
        for look in range(1, LOOKS_MAX + 1):
            pulse, before = Pulse(), self.lost(session)
            report = self.stage.ruled()
            self.played(session, 3)  # reports come each 2 s
            after, felt = self.lost(session), pulse.stop()
            well = [speaker["missed_windows"] for speaker in report["speakers"]] == [0] * len(BOARDS) and report["pairs"]["median_us"] < 100
            if well and before == after:
                return
            told = f"lost {before}, then {after}; this machine stood still for {felt['longest_ms']} ms at most; {json.dumps(report)}; {json.dumps(self.stage.session(session))}"
            self.assertGreater(felt["longest_ms"], STOOD_STILL_MS, told)
            print(f"look {look} of {LOOKS_MAX} is spoiled: {told}", file=sys.stderr)
        self.skipTest(f"this machine stood still in each of {LOOKS_MAX} looks")

    def test_a_pipe_is_heard_everywhere_at_once(self):
        self.writer()
        session = self.play(f"pipe:{self.pipe}", "--latency", "300")
        self.assertTrue(self.plays_everywhere(session), self.stage.session(session))
        self.assertTrue(self.live_state(session, "flowing"))
        self.assert_in_sync(session)
        self.assertEqual(self.stage.metric("antiphon_live_listeners"), len(BOARDS))
        for member in self.stage.session(session)["members"]:
            (output,) = member["outputs"]
            self.assertEqual(output["output"], member["worker"] + "/left")
            self.assertLess(abs(output["error_ns"]), 1_000_000, output)
            self.assertGreater(output["ahead_ns"], 0)
            self.assertGreater(member["stream"]["arrived"], 200)
            self.assertGreater(self.stage.worker(member["worker"])["wakeups_per_s"], 50)

    def test_opus_is_heard_everywhere_at_once(self):
        self.writer()
        session = self.play(f"pipe:{self.pipe}", "--latency", "300", "--codec", "opus")
        self.assertTrue(self.plays_everywhere(session), self.stage.session(session))
        self.assertEqual(self.stage.session(session)["live"]["codec"], "opus")
        self.assert_in_sync(session)
        for member in self.stage.session(session)["members"]:
            self.assertGreater(member["stream"]["arrived"], 100)

    def test_a_source_without_a_writer_is_a_state_with_a_reason(self):
        session = self.play(f"pipe:{self.pipe}", "--latency", "300")
        stalled = self.live_state(session, "stalled")
        self.assertEqual(stalled["live"]["reason"], f"no program writes to {self.pipe} yet")
        self.assertIn("gives nothing: no program writes", " ".join(self.stage.why("hall")))
        writer = self.writer()
        self.assertTrue(self.live_state(session, "flowing"), self.stage.session(session))
        writer.stop()
        gone = self.live_state(session, "stalled")
        self.assertEqual(gone["live"]["reason"], f"the program that wrote to {self.pipe} has gone")
        self.assertEqual(gone["phase"], "playing", "another may come")
        self.writer()
        self.assertTrue(self.live_state(session, "flowing"))

    def test_a_killed_coordinator_opens_its_sources_again(self):
        self.writer()
        session = self.play("tone:440")
        self.assertTrue(self.plays_everywhere(session))
        self.assertTrue(self.stage.wait_for_new_life("coordinator", self.stage.kill("coordinator"), 10))
        self.assertTrue(wait_for(self.cluster.answers, 10))
        self.assertTrue(self.live_state(session, "flowing"))
        self.assertTrue(self.plays_everywhere(session), self.stage.session(session))
        self.assertTrue(wait_for(lambda: self.stage.metric("antiphon_live_listeners") == len(BOARDS), 15), "nobody came back")
        self.assertTrue(wait_for(lambda: all(self.lost(session)), 10), f"the gap is not told: {self.lost(session)}")

    def test_who_comes_late_joins_in_time(self):
        self.writer()
        session = self.play(f"pipe:{self.pipe}", "--latency", "300")
        self.assertTrue(self.plays_everywhere(session))
        boot = self.stage.worker("foyer")["boot"]
        self.assertTrue(self.stage.wait_for_new_life("foyer", self.stage.kill("foyer"), 10))
        self.assertTrue(wait_for(lambda: self.stage.plays_again(session, "foyer", boot), 15), self.stage.session(session))
        self.assertTrue(self.plays_everywhere(session))
        self.assertTrue(wait_for(lambda: self.stage.metric("antiphon_live_listeners") == len(BOARDS), 10))
        self.assertTrue(wait_for(lambda: self.stage.worker("foyer")["clock_error_ns"] < 200_000, 15), "its clock does not settle")
        self.assert_in_sync(session)

    def test_a_pause_goes_on_at_the_present(self):
        session = self.play("tone:440")
        self.assertTrue(self.plays_everywhere(session))
        self.cluster.antiphon("pause", session)
        self.assertTrue(wait_for(lambda: self.stage.metric("antiphon_live_listeners") == 0, 10), "they listen on")
        before = self.stage.session(session)["position_frames"]
        paused = time.monotonic()
        self.assertTrue(wait_for(lambda: time.monotonic() > paused + 1.5, 5))
        self.cluster.antiphon("resume", session)
        self.assertTrue(self.plays_everywhere(session))
        moved = self.stage.session(session)["position_frames"] - before
        self.assertGreater(moved, (time.monotonic() - paused - 1) * RATE, "it went on where it was, not at the present")
        self.assertIn("plays a live source", self.stage.refusal("seek", session, "10"))

    def test_stopping_closes_the_source(self):
        writer = self.writer()
        session = self.play(f"pipe:{self.pipe}", "--latency", "300")
        self.assertTrue(self.plays_everywhere(session))
        self.cluster.antiphon("stop", session)
        self.assertTrue(wait_for(lambda: self.stage.metric("antiphon_live_sources") == 0, 10))
        self.assertTrue(wait_for(lambda: writer.failure, 10), "the pipe is still read")

    def test_what_cannot_be_played_is_refused_and_plays_nothing(self):
        for source, words in (("tone:9", "no frequency from 20 to 20000 Hz"), ("pipe:/nowhere/radio", "make it with: mkfifo /nowhere/radio"),
                              ("pipe:radio", "no absolute path"), (f"pipe:{self.pipe},rate=1", "not from 8000 to 192000"),
                              (f"pipe:{self.cluster.folder}", "is no named pipe"), ("pipe:/etc/hostname", "is no named pipe")):
            self.assertIn(words, self.stage.refusal("play", source, "--to", "all"))
        self.assertIn("write flac or opus", self.stage.refusal("play", "tone:440", "--to", "all", "--codec", "mp3"))
        self.assertIn("needs a latency of", self.stage.refusal("play", "tone:440", "--to", "all", "--latency", "40ms"))
        self.assertIn("leave the start out", self.stage.refusal("play", "tone:440", "--to", "all", "--from", "5"))
        self.assertEqual(self.cluster.status()["sessions"], [])

    def test_the_key_is_told_to_nobody_over_http(self):
        session = self.play("tone:440")
        self.assertTrue(self.plays_everywhere(session))
        asked = urllib.request.Request(f"{self.cluster.url}/v1/workers/hall", headers={"Authorization": f"Bearer {self.cluster.environment['ANTIPHON_TOKEN']}"})
        with urllib.request.urlopen(asked, timeout=10) as answer:
            documents = json.load(answer)
        door = documents["desired"]["sessions"][0]["programme"]["live"]["door"]
        self.assertGreater(door["port"], 0)
        self.assertEqual(door["key"], "")

    def feed(self):
        """`antiphon play -`, and the session that it feeds."""
        command = [str(self.cluster.build / "antiphon"), "play", "-", "--to", "all", "--latency", "300", "--json"]
        log = self.cluster.folder / "feed.log"
        with log.open("w") as told:
            program = subprocess.Popen(command, env=self.cluster.environment, stdin=subprocess.PIPE, stdout=told, stderr=told)
        self.addCleanup(program.wait)
        self.addCleanup(self.close_unheard, program.stdin)
        self.addCleanup(program.kill)
        session = wait_for(lambda: [s["id"] for s in self.cluster.status()["sessions"] if s["live"] and s["live"]["source"] == "feed"], 10)
        self.assertTrue(session, "it asks for no session")
        return program, session[0]

    @staticmethod
    def close_unheard(stream):
        with contextlib.suppress(BrokenPipeError):
            stream.close()

    def write_noise(self, stream, seconds, until=None):
        """As fast as it is taken, for so long, or longer: until it is told. How many frames that were."""
        noise, pieces = random.Random(7), 0
        while pieces < seconds * RATE // PIECE or (until and not until.is_set()):
            pieces += 1
            stream.write(array.array("h", (value for _ in range(PIECE) for value in (noise.randrange(-8000, 8000),) * 2)).tobytes())
        return pieces * PIECE

    def test_what_a_program_writes_to_us_is_heard_to_its_end(self):
        program, session = self.feed()
        enough, frames = threading.Event(), []
        writer = threading.Thread(target=lambda: frames.append(self.write_noise(program.stdin, 12, enough)), daemon=True)
        begun = time.monotonic()
        writer.start()
        self.addCleanup(enough.set)
        self.assertTrue(self.plays_everywhere(session), self.stage.session(session))
        self.assertTrue(self.live_state(session, "flowing"))
        self.assert_in_sync(session)
        self.assertEqual(self.stage.refusal("seek", session, "3").count("live source"), 1)
        enough.set()
        writer.join(30)
        program.stdin.close()
        self.assertEqual(program.wait(20), 0, (self.cluster.folder / "feed.log").read_text())
        self.assertGreater(time.monotonic() - begun, frames[0] / RATE - 1, "nobody held it back")
        ended = self.stage.wait_for_session(session, lambda now: now["phase"] == "ended", 15)
        self.assertTrue(ended, self.stage.session(session))
        self.assertGreater(ended["position_frames"], frames[0], "its end was cut off")

    def test_who_stops_feeding_is_missed_and_another_may_go_on(self):
        program, session = self.feed()
        self.write_noise(program.stdin, 1)
        self.assertTrue(self.live_state(session, "flowing"))
        program.kill()
        program.wait(10)
        stalled = self.live_state(session, "stalled")
        self.assertTrue(stalled, self.stage.session(session))
        self.assertEqual(stalled["live"]["reason"], "who fed it has gone")
        door = http.client.HTTPConnection("127.0.0.1", int(self.cluster.url.rsplit(":", 1)[1]), timeout=30)
        self.addCleanup(door.close)
        door.request("PUT", f"/v1/sessions/{session}/feed", bytes(4 * RATE) + b"\x10\x27" * 2 * RATE,
                     {"Authorization": f"Bearer {self.cluster.environment['ANTIPHON_TOKEN']}", "Content-Type": "application/octet-stream"})
        self.assertTrue(self.live_state(session, "flowing"))
        self.assertEqual(door.getresponse().status, 204)
        self.assertTrue(self.stage.wait_for_session(session, lambda now: now["phase"] == "ended", 15), self.stage.session(session))

    def test_a_board_that_stands_still_is_back_within_a_second(self):
        self.writer()
        session = self.play(f"pipe:{self.pipe}", "--latency", "300")
        self.assertTrue(self.plays_everywhere(session))
        pid = self.cluster.pids()["foyer"]
        os.kill(pid, signal.SIGSTOP)
        self.played(session, 3)
        os.kill(pid, signal.SIGCONT)
        self.played(session, 1)
        self.assert_in_sync(session)
        self.assertTrue(self.plays_everywhere(session))


if __name__ == "__main__":
    unittest.main()
