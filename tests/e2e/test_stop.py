# Goal: asked to end, a program ends within 5 s and with 0, whatever it was doing, and nothing that it acknowledged is lost.
# Method: real processes, busy with everything at once, and SIGTERM.
import http.client
import os
import pathlib
import signal
import socket
import time
import unittest

from stage_for_tests import RATE, Stage, long_programme, wait_for
from test_tokens import Listener

END_S = 5


class Stop(unittest.TestCase):
    def setUp(self):
        self.stage = Stage(self, ("hall",))
        self.cluster = self.stage.cluster
        self.port = int(self.cluster.url.rsplit(":", 1)[1])
        self.token = self.cluster.environment["ANTIPHON_TOKEN"]
        self.frozen = []
        self.addCleanup(self.thaw)

    def freeze(self, name):
        pid = self.cluster.pids()[name]
        os.kill(pid, signal.SIGSTOP)
        self.frozen.append(pid)

    def thaw(self):
        for pid in self.frozen:
            try:
                os.kill(pid, signal.SIGCONT)
            except ProcessLookupError:
                pass  # it was ended meanwhile

    def end(self, name, times=1, between_s=0.2):
        """How long it took from the first SIGTERM; fails unless it ended with 0."""
        pid = self.cluster.pids()[name]
        supervisor = self.cluster.processes[name]
        begun = time.monotonic()
        for number in range(times):
            wait_for(lambda: time.monotonic() - begun >= number * between_s, between_s * times, pause_s=0.01)
            os.kill(pid, signal.SIGTERM)
        self.assertTrue(wait_for(lambda: not supervisor.alive(), 2 * END_S, pause_s=0.01), f"{name} does not end")
        took = time.monotonic() - begun
        # it may have died between the look for its exit code and the look for its process
        self.assertEqual(supervisor.handle.wait(1), 0, supervisor.last_words())
        del self.cluster.processes[name]
        print(f"{name} ended after {took:.2f} s")
        return took

    def stalled_upload(self):
        """A programme of which the first half has come."""
        upload = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        self.addCleanup(upload.close)
        upload.sendall((f"POST /v1/blobs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.token}\r\nContent-Length: 2000000\r\n\r\n").encode()
                       + bytes(1_000_000))
        return upload

    def hanging_listener(self):
        """One that never answers a close frame, nor reads anything."""
        listener = Listener(self.port, self.token)
        self.addCleanup(listener.connection.close)
        self.assertEqual(listener.status, 101)
        return listener

    def test_a_coordinator_that_is_busy_with_everything_ends_in_time_and_has_all_that_it_acknowledged(self):
        long = long_programme(self.cluster.folder, 400)
        self.cluster.antiphon("play", str(long), "--to", "all", seconds=60)
        recording = self.cluster.antiphon("record", "start", "--from", "hall/mic")["id"]
        self.stalled_upload()
        self.hanging_listener()
        broker_folder = self.broker_folder()
        self.freeze("broker")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        self.addCleanup(connection.close)
        connection.request("POST", "/v1/backups", '{"whole": true}',
                           {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"})
        self.assertEqual(connection.getresponse().status, 202)
        self.cluster.antiphon("volume", "hall/left", "0.3")
        self.assertLess(self.end("coordinator"), END_S)
        self.assertFalse(broker_folder.exists(), f"{broker_folder} holds password digests and nobody needs it")
        self.cluster.start_coordinator()
        self.assertTrue(wait_for(lambda: self.stage.obeys("hall"), 30))
        volumes = [output["volume"] for output in self.cluster.antiphon("devices")["outputs"]]
        self.assertEqual(volumes, [0.3])
        self.cluster.antiphon("record", "stop", recording)
        self.assertTrue(wait_for(lambda: self.recording(recording)["phase"] == "complete", 30), self.recording(recording))
        self.assertFalse((self.cluster.folder / "coordinator/backups/backup.tar").exists())

    def test_asked_twice_a_coordinator_ends_at_once(self):
        self.stalled_upload()
        self.assertLess(self.end("coordinator", times=2), 2)  # asked once, the stalled upload has 3 s

    def test_a_worker_whose_world_is_frozen_ends_in_time_and_keeps_what_it_recorded(self):
        self.stage.play(RATE)
        recording = self.cluster.antiphon("record", "start", "--from", "hall/mic")["id"]
        self.assertTrue(wait_for(lambda: self.recording(recording)["tracks"][0]["frames"] > 3 * RATE, 30))
        self.freeze("broker")
        self.freeze("coordinator")
        self.assertLess(self.end("hall"), END_S)
        self.thaw()
        self.assertTrue(wait_for(self.cluster.answers, 20))
        self.cluster.start_worker("hall", invitation="http://127.0.0.1:1#used")
        self.cluster.antiphon("record", "stop", recording)
        self.assertTrue(wait_for(lambda: self.recording(recording)["phase"] == "complete", 40), self.recording(recording))
        track = self.recording(recording)["tracks"][0]
        self.assertGreater(track["frames"], 3 * RATE)

    def test_an_idle_cluster_ends_at_once(self):
        self.assertLess(self.end("hall"), 2)
        self.assertLess(self.end("coordinator"), 2)

    def recording(self, recording):
        return next(r for r in self.cluster.antiphon("recordings")["recordings"] if r["id"] == recording)

    def broker_folder(self):
        command = pathlib.Path(f"/proc/{self.cluster.pids()['broker']}/cmdline").read_bytes().split(b"\0")
        return pathlib.Path(command[command.index(b"-c") + 1].decode()).parent


if __name__ == "__main__":
    unittest.main()
