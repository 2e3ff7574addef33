# Goal: programs that are not ours tune in to a live session where an operator opened its door. Method: ffmpeg and GStreamer, each with the SDP that the
# coordinator gives; the tone is looked for in the files that they wrote.
import os
import pathlib
import signal
import socket
import subprocess
import unittest

from stage_for_tests import RATE, Stage, wait_for
from tones_for_tests import part_of_tone, samples_of

HERTZ = 1000
SECONDS = 3


def two_free_ports():
    """The first of two UDP ports in a row that nobody has: below those that the kernel gives away, and elsewhere than another test looks at the same time."""
    for attempt in range(5000):
        port = 12000 + 2 * ((os.getpid() + attempt) % 10000)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as first, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as second:
            try:
                first.bind(("127.0.0.1", port))
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port
    raise AssertionError("no two UDP ports in a row are free")


class Door(unittest.TestCase):
    def setUp(self):
        self.stage = Stage(self, ("hall",))
        self.cluster = self.stage.cluster
        self.session = self.cluster.antiphon("play", f"tone:{HERTZ}", "--to", "all")["id"]
        self.assertTrue(self.stage.wait_for_session(self.session, lambda now: now["phase"] == "playing" and now["live"]["state"] == "flowing", 15))

    def tune_in(self, to, codec="l16"):
        """The file with the description of the door that it opens."""
        opened = self.cluster.antiphon("door", "open", self.session, "--to", to, "--codec", codec)
        self.assertEqual(opened["live"]["open_door"], {"to": to, "codec": codec})
        self.assertTrue(wait_for(lambda: self.stage.metric("antiphon_live_open_packets_total") > 0, 10), "nothing is sent")
        path = pathlib.Path(self.cluster.folder) / "tone.sdp"
        path.write_text(self.cluster.antiphon("door", "sdp", self.session)["sdp"], newline="")
        return path

    def heard(self, command):
        """Looks into what the program writes, once that is long enough."""
        path = pathlib.Path(self.cluster.folder) / "heard.wav"
        told = pathlib.Path(self.cluster.folder) / "heard.log"
        with told.open("w") as log:
            program = subprocess.Popen([*command, *self.into(command[0], path)], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        self.addCleanup(program.kill)
        self.assertTrue(wait_for(lambda: path.exists() and path.stat().st_size > SECONDS * RATE * 4, 30), told.read_text())
        program.send_signal(signal.SIGINT)  # it ends the file as it should end
        program.wait(10)
        samples = samples_of(path)
        middle = samples[len(samples) // 2:len(samples) // 2 + RATE]
        self.assertGreater(part_of_tone(middle, HERTZ), 0.999, told.read_text())
        self.assertAlmostEqual(max(middle) / 32768, 0.25, delta=0.01)
        path.unlink()

    @staticmethod
    def into(program, path):
        if program == "ffmpeg":
            return ["-ac", "2", "-ar", str(RATE), "-c:a", "pcm_s16le", "-flush_packets", "1", str(path)]
        return ["!", "audioconvert", "!", "audioresample", "!", f"audio/x-raw,format=S16LE,rate={RATE},channels=2", "!", "wavenc", "!", "filesink", f"location={path}",
                "buffer-mode=unbuffered"]

    def by_ffmpeg(self, sdp):
        self.heard(["ffmpeg", "-hide_banner", "-nostdin", "-protocol_whitelist", "file,udp,rtp", "-i", str(sdp)])

    def by_gstreamer(self, sdp):
        self.heard(["gst-launch-1.0", "--eos-on-shutdown", "filesrc", f"location={sdp}", "!", "sdpdemux", "!", "decodebin"])

    def test_ffmpeg_and_gstreamer_play_the_linear_stream(self):
        for program in (self.by_ffmpeg, self.by_gstreamer):
            program(self.tune_in(f"127.0.0.1:{two_free_ports()}"))

    def test_ffmpeg_and_gstreamer_play_the_opus_stream(self):
        for program in (self.by_ffmpeg, self.by_gstreamer):
            program(self.tune_in(f"127.0.0.1:{two_free_ports()}", "opus"))

    def test_a_door_stays_open_in_the_next_life_and_is_shut_for_good(self):
        self.tune_in(f"127.0.0.1:{two_free_ports()}")
        self.assertTrue(self.stage.wait_for_new_life("coordinator", self.stage.kill("coordinator"), 10))
        self.assertTrue(wait_for(self.cluster.answers, 10))
        self.assertTrue(wait_for(lambda: self.stage.metric("antiphon_live_open_packets_total") > 0, 10), "the next life sends nothing")
        self.assertIn("open_door", self.stage.session(self.session)["live"])
        self.cluster.antiphon("door", "shut", self.session)
        self.assertTrue(wait_for(lambda: self.stage.metric("antiphon_live_open_doors") == 0, 10))
        self.assertIn("has no open door", self.stage.refusal("door", "sdp", self.session))

    def test_what_cannot_be_opened_is_refused_with_the_way_out(self):
        for to, words in (("hall.example:5004", "'hall.example' is no address"), ("127.0.0.1", "is no address; write HOST:PORT"), ("127.0.0.1:65535", "1 to 65534"),
                          ("255.255.255.255:5004", "cannot send to 255.255.255.255")):
            self.assertIn(words, self.stage.refusal("door", "open", self.session, "--to", to))
        self.assertIn("write l16 or opus", self.stage.refusal("door", "open", self.session, "--to", "127.0.0.1:5004", "--codec", "mp3"))
        self.assertNotIn("open_door", self.stage.session(self.session)["live"])


if __name__ == "__main__":
    unittest.main()
