# Goal: whoever may hears a microphone as it comes, with any player, and leaves no trace on the boards when he goes. Method: a tone in the room, ffmpeg and the
# command line as players, a reader who does not read.
import contextlib
import itertools
import math
import pathlib
import signal
import socket
import statistics
import subprocess
import unittest
import wave

from api_door import Door
from stage_for_tests import RATE, Stage, wait_for
from tones_for_tests import part_of_tone, place_of_tone, samples_of

HERTZ = 1000
DRIFT_MAX = 500e-6  # of a listened tone, in s per s: twice what was seen on a machine that starts eight clusters at once
LIVE = "/v1/inputs/hall/mic/live"


class Listen(unittest.TestCase):
    def setUp(self):
        self.stage = Stage(self, ("hall",))
        self.cluster = self.stage.cluster
        self.port = int(self.cluster.url.rsplit(":", 1)[1])
        self.folder = pathlib.Path(self.cluster.folder)

    def play_tone(self):
        session = self.cluster.antiphon("play", f"tone:{HERTZ}", "--to", "hall/left")["id"]
        self.assertTrue(self.stage.wait_for_session(session, lambda now: now["phase"] == "playing" and now["live"]["state"] == "flowing", 15))

    def does(self, activity, seconds=15):
        return wait_for(lambda: (worker := self.stage.worker("hall")) and worker["activity"] == activity, seconds)

    def ears(self, count):
        return wait_for(lambda: self.stage.metric("antiphon_live_ears") == count, 10)

    def command(self, *words, **how):
        return subprocess.Popen([str(self.cluster.build / "antiphon"), "listen", *words], env=self.cluster.environment, stdin=subprocess.DEVNULL,
                                stderr=subprocess.PIPE, text=True, **how)

    def is_tone(self, path):
        """Judged by tenths of its last second: what is listened to follows a microphone's clock, and drifts, unheard, where a jump is a fault."""
        samples = samples_of(path)
        pieces = [samples[at:at + RATE // 10] for at in range(len(samples) - RATE, len(samples), RATE // 10)]
        part = statistics.mean(part_of_tone(piece, HERTZ) for piece in pieces)
        places = [place_of_tone(piece, HERTZ) for piece in pieces]
        steps = [math.remainder(after - before, 1 / HERTZ) for before, after in itertools.pairwise(places)]
        if part <= 0.95 or max(map(abs, steps)) > DRIFT_MAX * 0.1:
            silent = [i * 100 for i, piece in enumerate(pieces) if max(map(abs, piece)) < 100]
            speaker = [member["outputs"] for session in self.cluster.antiphon("status")["sessions"] for member in session["members"]]
            self.fail(f"{part:.3f} of it is the tone, {[round(place * 1e6) for place in places]} us early, silent at {silent} ms; the speaker: {speaker}")
        return len(samples) / RATE

    def connect(self, target=f"{LIVE}?format=wav", **options):
        """A client that reads only what it is told to; and the head of its answer."""
        client = socket.socket()
        self.addCleanup(client.close)
        if "buffer" in options:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, options["buffer"])
        client.settimeout(30)
        client.connect(("127.0.0.1", self.port))
        token = options.get("token", self.cluster.environment["ANTIPHON_TOKEN"])
        client.sendall(f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
        return client

    def hears(self, client, enough=RATE):
        got = 0
        while got < enough and (piece := client.recv(65536)):
            got += len(piece)
        return got >= enough

    def ended(self, client):
        """All that was left has come, and it is whole."""
        tail = b""
        with contextlib.suppress(TimeoutError):
            while piece := client.recv(65536):
                tail = (tail + piece)[-16:]
                if tail.endswith(b"0\r\n\r\n"):
                    return True
        return False

    def test_players_hear_it_as_long_as_they_like_and_the_board_is_let_go(self):
        self.play_tone()
        path = self.folder / "heard.wav"
        listened = self.cluster.antiphon("listen", "hall/mic", "--output", str(path), "--for", "5s", seconds=30)
        self.assertEqual((listened["input"], listened["format"]), ("hall/mic", "wav"))
        self.assertAlmostEqual(self.is_tone(path), 5, delta=0.4)
        with wave.open(str(path)) as whole:
            self.assertEqual(path.stat().st_size, 44 + whole.getnframes() * 4, "its head tells its length")
        self.assertIn("choose another name", self.stage.refusal("listen", "hall/mic", "--output", str(path), "--for", "1s"))
        # Opus over HTTP, with the token where a browser's <audio> would have it; a second program on the same input.
        token = self.cluster.environment["ANTIPHON_TOKEN"]
        other = self.command("hall/mic", "--format", "wav", stdout=subprocess.DEVNULL)
        self.addCleanup(other.kill)
        decoded = self.folder / "decoded.wav"
        ffmpeg = subprocess.run(["ffmpeg", "-nostdin", "-loglevel", "error", "-y", "-i", f"{self.cluster.url}{LIVE}?access_token={token}", "-t", "2", str(decoded)],
                                capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual((ffmpeg.returncode, ffmpeg.stderr), (0, ""))
        self.assertAlmostEqual(self.is_tone(decoded), 2, delta=0.1)
        self.assertEqual(other.poll(), None)
        self.assertTrue(self.does("playing_and_recording"))
        self.assertIn("it is listened to", self.stage.why("hall/mic"))
        self.assertEqual(self.cluster.antiphon("devices")["inputs"][0]["uses"], ["listened to"])
        other.send_signal(signal.SIGINT)
        self.assertEqual((other.wait(10), other.stderr.read()), (0, ""))
        other.stderr.close()
        brief = self.command("hall/mic", stdout=subprocess.PIPE)
        self.addCleanup(brief.kill)
        self.assertEqual(brief.stdout.buffer.read(4), b"OggS")
        brief.stdout.close()
        self.assertEqual((brief.wait(10), brief.stderr.read()), (0, ""), "whoever reads a pipe may have enough")
        brief.stderr.close()
        self.assertTrue(self.ears(0))
        self.assertTrue(self.does("playing"), "its microphone is not let go of")
        told = [event["event"] for event in self.cluster.antiphon("events")["events"]]
        self.assertEqual([topic for topic in told if topic.startswith("input.")][-1], "input.unheard")

    def test_who_does_not_read_is_cut_off_and_the_others_hear_on(self):
        slow = self.connect(buffer=4096)
        good = self.connect()
        self.assertTrue(self.hears(good))
        self.assertTrue(self.ears(2))
        self.assertTrue(wait_for(lambda: self.hears(good) and self.stage.metric("antiphon_live_ears") == 1, 30), "the slow one is still there")
        self.assertTrue(self.hears(good, 4 * RATE))
        with contextlib.suppress(ConnectionError, TimeoutError):
            while slow.recv(65536):
                pass

    def test_a_board_that_dies_is_silent_and_heard_again_and_a_coordinator_that_stops_says_so(self):
        self.play_tone()
        path = self.folder / "heard.wav"
        listener = self.command("hall/mic", "--output", str(path))
        self.addCleanup(listener.kill)
        self.assertTrue(wait_for(lambda: path.exists() and path.stat().st_size > RATE, 15))
        self.assertTrue(self.stage.wait_for_new_life("hall", self.stage.kill("hall"), 10))
        self.assertTrue(self.does("playing_and_recording"))
        before = path.stat().st_size
        self.assertTrue(wait_for(lambda: path.stat().st_size > before + 16 * RATE, 20))
        self.cluster.stop("coordinator")
        self.assertEqual(listener.wait(10), 1)
        said = listener.stderr.read()
        listener.stderr.close()
        self.assertIn("the coordinator has ended it", said)
        self.is_tone(path)

    def test_who_may_not_record_may_not_listen_and_a_token_that_ends_ends_it(self):
        door = Door(self.stage)
        player = door.make_token("player", "view", "play")
        refused = door.ask(403, "GET", LIVE, token=player).json()
        self.assertIn("'record'", refused["detail"])
        door.ask(401, "GET", f"{LIVE}?access_token=guess", token="")
        door.ask(404, "GET", "/v1/inputs/hall/horn/live")
        door.ask(400, "GET", f"{LIVE}?format=mp3")
        guest = door.make_token("guest", "record")
        listener = self.connect(token=guest)
        self.assertTrue(self.hears(listener))
        self.cluster.antiphon("token", "revoke", "guest")
        self.assertTrue(self.ended(listener))
        self.assertTrue(self.ears(0))
        self.assertIn("there is no input", self.stage.refusal("listen", "hall/horn", "--output", str(self.folder / "no.wav")))
        self.assertFalse((self.folder / "no.wav").exists())
        self.cluster.stop("hall")
        self.assertTrue(wait_for(lambda: not self.stage.worker("hall")["online"], 15))
        self.assertIn("worker 'hall' is offline: nothing comes from hall/mic", self.stage.refusal("listen", "hall/mic", "--output", str(self.folder / "no.wav")))


if __name__ == "__main__":
    unittest.main()
