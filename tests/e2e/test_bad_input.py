# Goal: whatever comes from outside, the programs say what is wrong, lose nothing and go on. Method: real processes, real faults.
import base64
import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import unittest

from stage_for_tests import BUILD, MELODY, Stage, free_ports, seal, started_at, wait_for

ANTIPHON = str(BUILD / "antiphon")


def environment(**more):
    return {name: value for name, value in os.environ.items() if not name.startswith("ANTIPHON_")} | more


def refusal(test, command, variables, code=1):
    """Runs it: it ends by itself, with `code`, and says one line to a person, which is returned."""
    done = subprocess.run([*map(str, command)], env=variables, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
    test.assertEqual(done.returncode, code, f"{command}: {done.stdout}{done.stderr}")
    said = re.findall("(?m)^antiphon(?: [a-z]+)*: .*", done.stderr)
    test.assertEqual(len(said), 1, f"{command}: {done.stderr}")
    return said[0]


class WithFolder(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="antiphon-bad-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def refused(self, command, *texts, code=1):
        said = refusal(self, command, environment(), code)
        for text in texts:
            self.assertIn(text, said)

    def coordinator(self, data, ports=None):
        listen, mqtt, clock = ports or free_ports(3)
        return [ANTIPHON, "coordinator", "--data", str(data), "--listen", f"127.0.0.1:{listen}", "--mqtt-port", str(mqtt),
                "--clock-port", str(clock)]

    @contextlib.contextmanager
    def running(self, command, told):
        """The process, once its log has `told`."""
        log = self.folder / "running.log"
        with open(log, "w") as out:
            process = subprocess.Popen(command, env=environment(), stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        try:
            wait_for(lambda: told in log.read_text() or process.poll() is not None, 20)
            self.assertIn(told, log.read_text())
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(10)

    def once_started(self, data):
        """A data folder as a coordinator leaves it."""
        with self.running(self.coordinator(data), "coordinator.started"):
            pass
        return data


class Doors(WithFolder):
    """Ports that another has."""

    def held(self, kind):
        one = socket.socket(type=kind)
        self.addCleanup(one.close)
        one.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            one.listen()
        return one.getsockname()[1]

    def test_a_port_in_use_is_named_with_the_way_out(self):
        http_port, mqtt, clock = self.held(socket.SOCK_STREAM), self.held(socket.SOCK_STREAM), self.held(socket.SOCK_DGRAM)
        free = free_ports(3)
        for ports, option in (((http_port, *free[1:]), "--listen"), ((free[0], mqtt, free[2]), "--mqtt-port"),
                              ((*free[:2], clock), "--clock-port")):
            port = str(next(p for p in ports if p not in free))
            with self.subTest(option):
                self.refused(self.coordinator(self.folder / "data", ports), port, "in use", option)

    def test_what_is_no_port_address_or_option_is_a_usage_error(self):
        for wrong in (["--listen", "nowhere"], ["--listen", "127.0.0.1:70000"], ["--mqtt-port", "0x"], ["--clock-port", "-1"]):
            with self.subTest(wrong):
                self.refused([ANTIPHON, "coordinator", "--data", str(self.folder), *wrong], wrong[1], code=2)
        self.refused([ANTIPHON, "coordinator", "--data", str(self.folder), "--listen", "0.0.0.0:8740"], "--insecure-lan")


class Folders(WithFolder):
    """Data folders in which nobody can work."""

    def mounted(self, options, command):
        """The command in a mount namespace of its own, with a file system of these options at self.folder/data."""
        data = self.folder / "data"
        data.mkdir(exist_ok=True)
        return ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", 'mount -t tmpfs -o "$0" none "$1" && shift && exec "$@"',
                options, str(data), *command]

    def test_without_a_place_to_write_it_does_not_start(self):
        if subprocess.run(self.mounted("size=1m", ["true"]), check=False, capture_output=True).returncode != 0:
            self.skipTest("this machine lets us mount nothing")
        data = self.folder / "data"
        command = self.coordinator(data)
        self.refused(self.mounted("ro", command), str(data), "Read-only file system")
        self.refused(self.mounted("size=8k", command), str(data), "disk is full")

    def test_a_folder_that_is_a_file_is_named(self):
        data = self.folder / "data"
        data.write_text("mine")
        self.refused(self.coordinator(data), str(data))
        self.assertEqual(data.read_text(), "mine")

    def test_two_cannot_have_one_folder(self):
        data = self.folder / "data"
        with self.running(self.coordinator(data), "coordinator.started") as first:
            self.refused(self.coordinator(data), str(data), "in use", str(first.pid))
            self.assertIsNone(first.poll())

    def test_what_it_cannot_read_it_leaves_as_it_is(self):
        faults = {"garbage": (lambda path: path.write_bytes(b"no database " * 500), "not a database"),
                  "of another program": (other_database, "a database of another program"),
                  "newer": (lambda path: sql(path, "UPDATE schema_version SET version = 99"), "schema 99"),
                  "bit flip": (lambda path: sql(path, "UPDATE rows SET value = value || ' '"), "damaged")}
        for name, (damage, told) in faults.items():
            with self.subTest(name):
                data = self.once_started(self.folder / name)
                path = data / "antiphon.db"
                damage(path)
                before = path.read_bytes()
                self.refused(self.coordinator(data), str(path), told)
                self.assertEqual(path.read_bytes(), before)


def sql(path, statement):
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute(statement)
        database.commit()
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def other_database(path):
    path.unlink()
    sql(path, "CREATE TABLE mine(name TEXT)")


class Invitations(WithFolder):
    def worker(self, name, *more, data=None):
        return [ANTIPHON, "worker", "--name", name, "--data", str(data or self.folder / name), "--room", str(self.folder / "room"), *more]

    def test_who_is_not_invited_does_not_get_in(self):
        (self.folder / "room").mkdir()
        ports = free_ports(3)
        url = f"http://127.0.0.1:{ports[0]}"
        with self.running(self.coordinator(self.folder / "coordinator", ports), "coordinator.started"):
            self.refused(self.worker("hall"), "antiphon invite")
            self.refused(self.worker("hall", "--join", f"{url}#nonsense"), "invitation")
            self.refused(self.worker("hall", "--join", url), "--join", "antiphon invite", code=2)
            for name in ("Hall", "all", "-hall", "h" * 33, "hall/left", ""):
                self.refused([ANTIPHON, "worker", "--data", str(self.folder / "x"), "--name", name], "name", code=2)
            invitation = self.invite(url)
            with self.joined(self.worker("hall", "--join", invitation)):
                self.refused(self.worker("hall"), "in use")
                self.refused(self.worker("tower", "--join", invitation), "was used already")
                self.refused(self.worker("hall", "--join", self.invite(url), data=self.folder / "another"), "there is a worker 'hall' already")
            (self.folder / "hall/identity.json").write_text("{")
            self.refused(self.worker("hall"), "identity.json")

    def test_an_invitation_is_good_for_ten_minutes(self):
        allowed = [] if os.geteuid() == 0 else ["--user", "--map-current-user"]
        eleven_minutes_on = ["unshare", *allowed, "--time", "--monotonic", "660"]
        if subprocess.run([*eleven_minutes_on, "true"], check=False, capture_output=True).returncode != 0:
            self.skipTest("this machine lets us have no clock of our own")
        ports = free_ports(3)
        url = f"http://127.0.0.1:{ports[0]}"
        command = self.coordinator(self.folder / "coordinator", ports)
        with self.running(command, "coordinator.started"):
            invitation = self.invite(url)
        with self.running([*eleven_minutes_on, *command], "coordinator.started"):
            self.refused(self.worker("hall", "--join", invitation), "is older than 10 minutes", "antiphon invite")

    def invite(self, url):
        token = (self.folder / "coordinator/token").read_text().strip()
        done = subprocess.run([ANTIPHON, "invite"], env=environment(ANTIPHON_URL=url, ANTIPHON_TOKEN=token), capture_output=True, text=True,
                              check=True, timeout=20)
        return done.stdout.split()[0]

    def joined(self, command):
        return self.running(command, "worker.started")


class Served(unittest.TestCase):
    """What a running cluster is told over its doors."""

    def setUp(self):
        self.stage = Stage(self, ("hall",))
        self.cluster = self.stage.cluster
        self.token = self.cluster.environment["ANTIPHON_TOKEN"]
        self.port = int(self.cluster.url.rsplit(":", 1)[1])
        self.lives = {name: (pid, started_at(pid)) for name, pid in self.cluster.pids().items()}

    def tearDown(self):
        """Nobody died of it, and what was there is there."""
        self.assertEqual({name: (pid, started_at(pid)) for name, pid in self.cluster.pids().items()}, self.lives)
        self.assertTrue(self.cluster.status()["workers"][0]["online"])

    def refused(self, *command, code=1):
        return refusal(self, [ANTIPHON, *command], self.cluster.environment, code)

    def test_nothing_listens_but_the_three_doors(self):
        listed = subprocess.run(["ss", "-Htulnp"], check=True, capture_output=True, text=True, timeout=20).stdout
        ours = {f"pid={pid}," for pid in self.cluster.pids().values()}
        doors = {tuple(line.split()[i] for i in (0, 4)) for line in listed.splitlines() if any(pid in line for pid in ours)}
        http, mqtt, clock = self.cluster.ports
        self.assertEqual({door for door in doors if door[0] == "tcp"}, {("tcp", f"127.0.0.1:{http}"), ("tcp", f"127.0.0.1:{mqtt}")})
        self.assertIn(("udp", f"127.0.0.1:{clock}"), doors)

    def test_what_is_no_programme_is_refused_by_name(self):
        folder = self.cluster.folder
        melody = MELODY.read_bytes()
        files = {"empty.wav": b"", "noise.flac": bytes((7 * i * i + 13) % 251 for i in range(60000)), "page.mp3": b"<!DOCTYPE html>\n" * 400,
                 "head.flac": melody[:30], "cut.flac": melody[:100000]}
        for name, content in files.items():
            path = folder / name
            path.write_bytes(content)
            with self.subTest(name):
                self.assertIn(name, self.refused("play", path, "--to", "all"))
        self.assertIn("missing.flac", self.refused("play", folder / "missing.flac", "--to", "all"))
        self.assertIn(str(folder), self.refused("play", folder, "--to", "all"))
        self.assertIn("blob", self.refused("play", "blob:" + "0" * 64, "--to", "all"))
        self.assertEqual(self.cluster.status()["sessions"], [])

    def test_who_is_not_there_is_named_beside_who_is(self):
        for command, told in ((["play", MELODY, "--to", "nowhere"], "nowhere"), (["play", MELODY, "--to", "hall/right"], "hall/right"),
                              (["play", MELODY, "--to", "attic/left"], "attic"), (["record", "start", "--from", "hall/left"], "hall/left"),
                              (["stop", "s99"], "s99"), (["record", "stop", "r99"], "r99"), (["workers", "ping", "attic"], "attic"),
                              (["volume", "attic/left", "50%"], "attic"), (["export", "r99", "--to", "x"], "r99"),
                              (["zone", "delete", "z1"], "z1"), (["zone", "rename", "z1", "z2"], "z1"),
                              (["zone", "create", "Z 1", "--outputs", "hall/left"], "Z 1")):
            with self.subTest(command):
                self.assertIn(told, self.refused(*command))
        for command, told in ((["volume", "hall/left", "110%"], "110"),
                              (["play", MELODY], "--to"), (["dance"], "dance")):
            with self.subTest(command):
                self.assertIn(told, self.refused(*command, code=2))

    # ---- HTTP

    def ask(self, method, target, body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, target, body, {"Authorization": f"Bearer {self.token}"} | headers)
            answer = connection.getresponse()
            return answer.status, answer.getheader("Content-Type"), answer.read().decode(errors="replace")
        finally:
            connection.close()

    def test_malformed_bodies_are_answered_with_a_problem(self):
        bodies = ["", "{", "[]", "null", '"text"', "\x00\xff", "[" * 100000, '{"source":', '{"source": 1, "to": "all"}', '{"source": null}',
                  '{"outputs": [' + "9" * 400 + "]}", '{"a":1}{"b":2}']
        targets = [("POST", "/v1/sessions"), ("PUT", "/v1/volume"), ("PUT", "/v1/zones/z"), ("POST", "/v1/recordings"), ("POST", "/v1/join"),
                   ("POST", "/v1/sessions/s1/seek")]
        for method, target in targets:
            for body in bodies:
                status, kind, said = self.ask(method, target, body.encode("latin-1"))
                self.assertTrue(400 <= status < 500, (target, body[:40], status, said))
                self.assertEqual(kind, "application/problem+json")
                self.assertEqual(json.loads(said)["status"], status)

    def test_what_is_not_http_is_cut_off_and_nobody_else(self):
        for sent in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"GET / HTTP/9.9\r\n\r\n", b"GET " + b"/" * 100000 + b" HTTP/1.1\r\n\r\n",
                     b"POST /v1/sessions HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 20000 + b"\r\n",
                     b"POST /v1/blobs HTTP/1.1\r\nContent-Length: 1000\r\n\r\nshort"):
            with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    connection.sendall(sent)
                    connection.shutdown(socket.SHUT_WR)
                    answer = connection.recv(100)
                    self.assertTrue(answer == b"" or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4", b"HTTP/1.1 505")), answer)
            self.assertEqual(self.ask("GET", "/healthz")[0], 200)

    def test_who_has_no_token_learns_nothing(self):
        for target in ("/v1/status", "/v1/events", "/v1/blobs/" + "0" * 64):
            for authorization in ("", "Bearer", "Bearer nonsense", "Basic YTpi"):
                status, kind, said = self.ask("GET", target, Authorization=authorization)
                self.assertEqual((status, kind), (401, "application/problem+json"))
                self.assertNotIn("hall", said)
        self.assertEqual(self.ask("GET", "/v1/recordings/..%2f..%2ftoken/files/x")[0], 400)
        self.assertEqual(self.ask("GET", "/v1/recordings/r1/files/..%2f..%2f..%2ftoken")[0], 400)
        self.assertEqual(self.ask("DELETE", "/v1/status")[0], 405)
        self.assertEqual(self.ask("GET", "/v2/status")[0], 404)

    # ---- WebSocket

    def test_malformed_websocket_frames_end_only_their_connection(self):
        frames = [b"\xff" * 64, b"\x81\x05hello",  # reserved bits; not masked
                  b"\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00", b"\x81\x82\x00\x00\x00\x00\xc3\x28",  # endless; no UTF-8
                  b"\x89\xfe\x01\x00\x00\x00\x00\x00" + bytes(256)]  # a ping that is too long
        for frame in frames:
            with self.websocket() as connection:
                connection.sendall(frame)
                with contextlib.suppress(ConnectionResetError):
                    while connection.recv(4096):
                        pass
            self.assertEqual(self.ask("GET", "/healthz")[0], 200)

    def websocket(self):
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        key = base64.b64encode(os.urandom(16)).decode()
        connection.sendall(f"GET /v1/events/live HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                           f"Sec-WebSocket-Key: {key}\r\nAuthorization: Bearer {self.token}\r\n\r\n".encode())
        self.assertIn(b" 101 ", connection.recv(4096))
        return connection

    # ---- MQTT

    def test_malformed_mqtt_payloads_are_refused_and_counted(self):
        identity = json.loads((self.cluster.folder / "hall/identity.json").read_text())["joined"]
        topic = f"antiphon/v1/{identity['cluster']}/workers/{identity['id']}/"
        port = str(identity["broker_port"])
        who = ["-h", "127.0.0.1", "-p", port, "-u", identity["id"], "-P", identity["credential"], "-i", "intruder", "-q", "1"]
        # The broker knows one connection per worker: who speaks in its name takes its place, until the worker takes it back. It shall not now.
        worker = self.cluster.pids()["hall"]
        os.kill(worker, signal.SIGSTOP)
        try:
            for leaf in ("reported", "reply", "alive", "event"):
                for payload in (" ", "{", "[" * 50000, '{"v":1}', '{"v":99,"id":"x","kind":"reported","body":{}}', "\u00ff\u0001" * 30000, "null"):
                    closed = payload if payload.endswith("}") else payload + "}"
                    for said in (payload, seal(identity, leaf, closed)):  # as anybody would say it, and as a member gone mad
                        subprocess.run(["mosquitto_pub", *who, "-t", topic + leaf, "-s"], input=said.encode(), check=True, timeout=20)
        finally:
            os.kill(worker, signal.SIGCONT)
        self.assertTrue(wait_for(lambda: self.refused_messages() == {"forged": 28, "malformed": 28, "unknown_kind": 0}, 10), self.refused_messages())
        self.assertEqual(self.cluster.antiphon("workers", "ping", "hall")["worker"], "hall")

    def refused_messages(self):
        return {reason: self.stage.metric(f'antiphon_messages_refused_total{{reason="{reason}"}}') for reason in ("forged", "malformed", "unknown_kind")}


if __name__ == "__main__":
    unittest.main()
