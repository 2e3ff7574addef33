# Goal: systemd is told the truth about us. Method: a datagram socket such as systemd's, and real processes that are started, frozen and ended.
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest
import urllib.request

from stage_for_tests import BUILD, free_ports, wait_for

ANTIPHON = str(BUILD / "antiphon")
WATCHDOG_S = 1.0


class Service:
    """A process as systemd starts it, and what it says."""

    def __init__(self, test, folder, *command):
        path = folder / f"notify-{command[0]}"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        test.addCleanup(self.socket.close)
        self.socket.bind(str(path))
        self.log = open(folder / f"{command[0]}.log", "wb")
        test.addCleanup(self.log.close)
        # WATCHDOG_PID is the shell's, which becomes the program
        script = f'export NOTIFY_SOCKET={path} WATCHDOG_USEC={int(WATCHDOG_S * 1e6)} WATCHDOG_PID=$$; exec "$@"'
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ANTIPHON_")}
        self.process = subprocess.Popen(["sh", "-c", script, "sh", ANTIPHON, *map(str, command)], stdin=subprocess.DEVNULL, stderr=self.log,
                                        env=kept | {"ANTIPHON_ROOM": str(folder / "room")})
        test.addCleanup(self.end)
        self.status = ""

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
        self.process.wait()

    def hear(self, seconds):
        """The names of what it says next; none when it says nothing in that time."""
        self.socket.settimeout(seconds)
        try:
            words = dict(line.split("=", 1) for line in self.socket.recv(4096).decode().splitlines())
        except (TimeoutError, BlockingIOError):
            return set()
        self.status = words.get("STATUS", self.status)
        return set(words)

    def hears(self, what, seconds=20):
        return wait_for(lambda: what in self.hear(seconds), seconds, pause_s=0)

    def silence(self):
        """What was said already is heard; then nothing for three times the watchdog's patience."""
        wait_for(lambda: not self.hear(0), 5, pause_s=0)
        return not self.hear(3 * WATCHDOG_S)


class ServiceManager(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="antiphon-service-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        (self.folder / "room").mkdir()
        self.ports = free_ports(3)
        self.url = f"http://127.0.0.1:{self.ports[0]}"

    def coordinator(self, *options):
        http, mqtt, clock = self.ports
        return Service(self, self.folder, "coordinator", "--data", self.folder / "coordinator", "--listen", f"127.0.0.1:{http}",
                       "--mqtt-port", mqtt, "--clock-port", clock, *options)

    def ask(self, target, method="GET"):
        token = (self.folder / "coordinator/token").read_text().strip()
        request = urllib.request.Request(self.url + target, method=method, headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())

    def test_a_coordinator_is_ready_when_it_answers_and_ends_as_it_is_told(self):
        service = self.coordinator()
        self.assertTrue(service.hears("READY"))
        self.assertEqual(self.ask("/v1/status")["workers"], [])
        self.assertIn("0 of 0 workers online", service.status)
        self.assertIn(self.url, service.status)
        for _ in range(3):
            self.assertTrue(service.hears("WATCHDOG", WATCHDOG_S))
        service.process.send_signal(signal.SIGTERM)
        self.assertTrue(service.hears("STOPPING", 5))
        self.assertEqual(service.process.wait(10), 0)

    def test_without_its_broker_a_coordinator_lives_and_is_not_ready(self):
        service = self.coordinator("--broker", f"mqtt://127.0.0.1:{free_ports(1)[0]}")
        self.assertTrue(service.hears("STATUS"))
        self.assertIn("waits for the broker", service.status)
        heard = set()
        for _ in range(6):
            heard |= service.hear(WATCHDOG_S)
        self.assertIn("WATCHDOG", heard)
        self.assertNotIn("READY", heard)

    def test_who_is_frozen_feeds_no_watchdog(self):
        service = self.coordinator()
        self.assertTrue(service.hears("READY"))
        service.process.send_signal(signal.SIGSTOP)
        self.assertTrue(service.silence(), "a frozen process fed its watchdog")
        service.process.send_signal(signal.SIGCONT)
        self.assertTrue(service.hears("WATCHDOG", 5))

    def test_a_worker_is_ready_when_it_has_joined_and_its_devices_are_open(self):
        self.assertTrue(self.coordinator().hears("READY"))
        invitation = self.ask("/v1/invitations", "POST")["invitation"]
        service = Service(self, self.folder, "worker", "--name", "hall", "--data", self.folder / "hall", "--join", invitation,
                          "--output", "left=virtual:speaker,at=1,2", "--output", "right=virtual:nothing")
        self.assertTrue(service.hears("READY"))
        self.assertTrue((self.folder / "hall/identity.json").exists())
        self.assertIn("right: ", service.status)
        self.assertTrue(wait_for(lambda: service.hear(WATCHDOG_S) is not None and "hall is linked" in service.status, 20))
        service.process.send_signal(signal.SIGTERM)
        self.assertTrue(service.hears("STOPPING", 5))
        self.assertEqual(service.process.wait(10), 0)

    def test_a_worker_that_is_not_let_in_is_never_ready(self):
        self.assertTrue(self.coordinator().hears("READY"))
        service = Service(self, self.folder, "worker", "--name", "hall", "--data", self.folder / "hall", "--join", f"{self.url}#wrong")
        self.assertEqual(service.process.wait(20), 1)
        self.assertEqual(service.hear(0.1), set())


if __name__ == "__main__":
    unittest.main()
