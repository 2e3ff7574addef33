# Goal: a token opens what it names, until it ends, and not one moment longer. Method: a real coordinator, its doors, and its death.
import base64
import contextlib
import http.client
import json
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import tempfile
import unittest

from stage_for_tests import BUILD, MELODY, Stage, preloaded, wait_for

ANTIPHON = str(BUILD / "antiphon")


class Listener:
    """A WebSocket on the events, by hand: what it heard, and with which code it was closed."""

    def __init__(self, port, token):
        self.connection = socket.create_connection(("127.0.0.1", port), timeout=20)
        key = base64.b64encode(os.urandom(16)).decode()
        self.connection.sendall((f"GET /v1/events/live HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                 f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nAuthorization: Bearer {token}\r\n\r\n").encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self.take(1)
        self.status = int(head.split()[1])

    def take(self, count):
        got = b""
        while len(got) < count:
            piece = self.connection.recv(count - len(got))
            if not piece:
                raise ConnectionError("cut off")
            got += piece
        return got

    def next(self):
        """A message as text, or the code and reason of the close frame."""
        first, length = self.take(2)
        if length == 126:
            length = struct.unpack(">H", self.take(2))[0]
        payload = self.take(length)
        return (struct.unpack(">H", payload[:2])[0], payload[2:].decode()) if first & 15 == 8 else payload.decode()

    def closed(self):
        """The code and reason that ended it, whatever it heard before."""
        while isinstance(heard := self.next(), str):
            pass
        return heard


class Tokens(unittest.TestCase):
    def setUp(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="antiphon-tokens-"))
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        self.step_file = folder / "step"
        self.step(0)
        shifted = {"LD_PRELOAD": preloaded(folder, "step_wall_clock.c"), "STEP_FILE": str(self.step_file)}
        self.stage = Stage(self, ("hall",), shifted)
        self.cluster = self.stage.cluster
        self.port = int(self.cluster.url.rsplit(":", 1)[1])

    def run_as(self, token, *command):
        variables = self.cluster.environment | {"ANTIPHON_TOKEN": token}
        return subprocess.run([ANTIPHON, *map(str, command)], env=variables, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
                              check=False)

    def admin(self, *command):
        done = self.run_as(self.cluster.environment["ANTIPHON_TOKEN"], *command)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip()

    def refused(self, token, *command):
        done = self.run_as(token, *command)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        return done.stderr

    def listener(self, token):
        listener = Listener(self.port, token)
        self.addCleanup(listener.connection.close)
        return listener

    def test_a_token_opens_what_it_names_and_nothing_else(self):
        looker = self.admin("token", "create", "looker", "--may", "view")
        self.assertEqual(self.run_as(looker, "status").returncode, 0)
        for command in (("play", MELODY, "--to", "all"), ("volume", "all", "50%"), ("record", "start", "--from", "all"), ("invite",),
                        ("token", "list"), ("token", "create", "x", "--may", "view"), ("workers", "maintain", "hall")):
            with self.subTest(command):
                self.assertIn("lacks the permission", self.refused(looker, *command))
        player = self.admin("token", "create", "player", "--may", "view,play")
        self.assertEqual(self.run_as(player, "play", MELODY, "--to", "all").returncode, 0)
        keeper = self.admin("token", "create", "keeper", "--may", "admin")
        self.assertIn("cannot give the permission 'play'", self.refused(keeper, "token", "create", "x", "--may", "play"))
        self.assertIn("last way in", self.refused(keeper, "token", "revoke", "admin"))
        listed = json.loads(self.admin("token", "list", "--json"))["tokens"]
        self.assertEqual([token["name"] for token in listed], ["looker", "player", "keeper"])
        self.assertNotIn(looker, self.admin("token", "list", "--json"))

    def test_what_is_revoked_is_shut_at_once_even_for_who_listens(self):
        tokens = {name: self.admin("token", "create", name, "--may", "view") for name in ("one", "other")}
        listeners = {name: self.listener(token) for name, token in tokens.items()}
        self.assertEqual({listener.status for listener in listeners.values()}, {101})
        self.admin("token", "revoke", "one")
        code, reason = listeners["one"].closed()
        self.assertEqual(code, 1008)
        self.assertIn("'one' was revoked", reason)
        self.assertIn("token.revoked", listeners["other"].next())
        self.assertIn("unknown or expired", self.refused(tokens["one"], "status"))
        self.assertEqual(self.listener(tokens["one"]).status, 401)
        self.assertEqual(self.run_as(tokens["other"], "status").returncode, 0)

    def test_a_token_ends_at_its_time_and_stays_ended_in_the_next_life(self):
        made = json.loads(self.admin("token", "create", "week", "--may", "view", "--for", "1w", "--json"))
        self.assertAlmostEqual(made["token"]["ends"] - made["token"]["created"], 7 * 86400 * 10**9, delta=60 * 10**9)
        short = self.ask("POST", "/v1/tokens", {"name": "short", "permissions": ["view"], "for_s": 4})["secret"]
        listener = self.listener(short)
        self.assertEqual(listener.status, 101)
        code, reason = listener.closed()
        self.assertEqual(code, 1008)
        self.assertIn("'short' is at its end", reason)
        self.assertIn("unknown or expired", self.refused(short, "status"))
        ticks = self.stage.kill("coordinator")
        self.assertTrue(self.stage.wait_for_new_life("coordinator", ticks, 20))
        self.assertTrue(wait_for(self.cluster.answers, 20))
        self.assertIn("unknown or expired", self.refused(short, "status"))
        self.assertEqual(self.run_as(made["secret"], "status").returncode, 0)
        ended = {token["name"]: token["ended"] for token in json.loads(self.admin("token", "list", "--json"))["tokens"]}
        self.assertEqual(ended, {"week": False, "short": True})

    def test_no_clock_brings_back_what_it_ended(self):
        guest = self.admin("token", "create", "guest", "--may", "view", "--for", "30d")
        house = self.admin("token", "create", "house", "--may", "view")
        listener = self.listener(guest)
        self.assertEqual(listener.status, 101)
        self.step(365 * 86400 * 10**9)
        code, reason = listener.closed()
        self.assertEqual((code, "is at its end" in reason), (1008, True), reason)
        self.step(0)
        self.assertIn("unknown or expired", self.refused(guest, "status"))
        ticks = self.stage.kill("coordinator")
        self.assertTrue(self.stage.wait_for_new_life("coordinator", ticks, 20))
        self.assertTrue(wait_for(self.cluster.answers, 20))
        self.assertIn("unknown or expired", self.refused(guest, "status"))
        self.assertEqual(self.run_as(house, "status").returncode, 0)
        said = self.refused(self.cluster.environment["ANTIPHON_TOKEN"], "token", "create", "next", "--may", "view", "--for", "30d")
        self.assertIn("clock is right", said)
        self.admin("token", "create", "next", "--may", "view")

    def test_asked_for_twice_with_one_key_it_is_made_once_and_shown_once(self):
        body, key = {"name": "desk", "permissions": ["view"]}, {"Idempotency-Key": "desk-1"}
        secret = self.ask("POST", "/v1/tokens", body, key)["secret"]
        again = self.ask("POST", "/v1/tokens", body, key)
        self.assertEqual(again["status"], 409, again)
        self.assertIn("antiphon token revoke desk", again["detail"])
        self.assertEqual(self.run_as(secret, "status").returncode, 0)

    def step(self, shift_ns):
        """In place: the processes have it mapped."""
        with open(self.step_file, "r+b" if self.step_file.exists() else "wb", buffering=0) as out:
            out.write(struct.pack("=q", shift_ns))

    def ask(self, method, target, body, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        with contextlib.closing(connection):
            connection.request(method, target, json.dumps(body), {"Authorization": f"Bearer {self.cluster.environment['ANTIPHON_TOKEN']}",
                                                                  "Content-Type": "application/json"} | (headers or {}))
            return json.loads(connection.getresponse().read())


if __name__ == "__main__":
    unittest.main()
