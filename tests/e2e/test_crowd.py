# Goal: ten thousand connections of nobody known neither stop the cluster nor fill its memory. Method: open them, hold them, and use it.
import contextlib
import re
import resource
import socket
import time
import unittest
import urllib.request

from stage_for_tests import RATE, Stage, wait_for

CROWD = 10_000
MEMORY_MAX = 64 << 20  # of each process, for all of them together
HELLO = b"GET /openapi.json HTTP/1.1\r\nHost: h\r\n\r\n"
SAID = (b"", HELLO[:20], HELLO, b"POST /v1/join HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{")


def resident(pid):
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def crowd(port, said, stack):
    """They connect, say their part, and stay, whether they are cut off or not."""
    opened = 0
    for i in range(CROWD):
        one = stack.enter_context(socket.socket())
        one.settimeout(10)
        with contextlib.suppress(ConnectionError, TimeoutError):
            one.connect(("127.0.0.1", port))
            one.send(said[i % len(said)])
            opened += 1
    return opened


class Crowd(unittest.TestCase):
    def setUp(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard < CROWD + 500:
            self.skipTest(f"this process may open {hard} files only")
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        self.stage = Stage(self, ("hall", "foyer"))
        self.cluster = self.stage.cluster

    def assert_serves(self):
        """Reads, writes, and a worker that obeys, all soon."""
        begun = time.monotonic()
        self.cluster.antiphon("status")
        self.cluster.antiphon("volume", "hall/left", "0.5")
        self.cluster.antiphon("volume", "hall/left", "0.6")
        self.assertTrue(wait_for(lambda: self.stage.obeys("hall"), 5))
        self.cluster.antiphon("workers", "ping", "foyer")
        self.assertLess(time.monotonic() - begun, 10)

    def metric(self, name):
        request = urllib.request.Request(self.cluster.url + "/metrics",
                                         headers={"Authorization": f"Bearer {self.cluster.environment['ANTIPHON_TOKEN']}"})
        with urllib.request.urlopen(request, timeout=20) as page:
            return float(re.search(rf"(?m)^{name} (\S+)$", page.read().decode())[1])

    def test_the_door_of_http_stays_open_for_who_is_known(self):
        session = self.stage.play(4800)
        pid = self.cluster.pids()["coordinator"]
        before = resident(pid)
        with contextlib.ExitStack() as stack:
            self.assertGreater(crowd(self.cluster.ports[0], SAID, stack), CROWD * 0.9)
            self.assert_serves()
            self.assertLess(resident(pid) - before, MEMORY_MAX)
            self.assertGreater(self.metric("antiphon_http_strangers_cut_total"), CROWD / 2)
            self.assertLessEqual(self.metric("antiphon_http_connections"), 1024)
            self.assertTrue(self.stage.wait_for_new_life("hall", self.stage.kill("hall"), 20))
            self.assertTrue(wait_for(lambda: self.stage.obeys("hall"), 20), "a worker comes back through the crowd")
        for told in self.stage.end_of(self, session).values():
            self.assertGreater(told["position_frames"], 20 * RATE)

    def test_the_door_of_mqtt_stays_open_for_workers(self):
        broker = self.cluster.pids()["broker"]
        before = resident(broker)
        with contextlib.ExitStack() as stack:
            self.assertGreater(crowd(self.cluster.ports[1], (b"", b"\x10\x10\x00\x04MQTT\x04"), stack), CROWD * 0.9)
            self.assert_serves()
            self.assertLess(resident(broker) - before, MEMORY_MAX)
            self.assertTrue(self.stage.wait_for_new_life("hall", self.stage.kill("hall"), 20))
            self.assertTrue(wait_for(lambda: self.stage.obeys("hall"), 20), "a worker comes back through the crowd")
        self.assertEqual(self.cluster.pids()["broker"], broker)


if __name__ == "__main__":
    unittest.main()
