# The coordinator's HTTP server and its events, where each answer is judged by the description.
import base64
import contextlib
import http.client
import json
import os
import socket
import struct

from api_description import Answer, Description

JSON = {"Content-Type": "application/json"}


class Door:
    """The coordinator's HTTP server; each answer is judged."""

    def __init__(self, stage):
        self.port = int(stage.cluster.url.rsplit(":", 1)[1])
        self.token = stage.cluster.environment["ANTIPHON_TOKEN"]
        self.description = Description(self.send("GET", "/openapi.json").body)

    def send(self, method, target, body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            connection.request(method, target, body, headers)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())

    def ask(self, status, method, target, body=None, token=None, **headers):
        """The answer, which has this status."""
        if isinstance(body, (dict, list)):
            body, headers = json.dumps(body), JSON | headers
        token = self.token if token is None else token
        if token:
            headers = {"Authorization": f"Bearer {token}"} | headers
        answer = self.send(method, target, body, **headers)
        self.description.check_answer(method, target, answer)
        if answer.status != status:
            raise AssertionError(f"{method} {target} {body if isinstance(body, str) else ''}: {answer.status}, not {status}: {answer.body[:400]}")
        if status < 400:
            self.description.check_request(method, target, body)
        return answer

    def begin(self, target, size):
        """The head of an answer that has no end, and its first bytes."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            connection.request("GET", target, headers={"Authorization": f"Bearer {self.token}"})
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read(size))

    def get(self, target):
        return self.ask(200, "GET", target).json()

    def declare(self, method, target, length, token):
        """A request whose body is said to have `length` bytes, and never comes."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            connection.putrequest(method, target)
            for name, value in (JSON | {"Content-Length": str(length), "Authorization": f"Bearer {token}"}).items():
                connection.putheader(name, value)
            connection.endheaders()
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())

    def make_token(self, name, *permissions):
        return self.ask(201, "POST", "/v1/tokens", {"name": name, "permissions": permissions}).json()["secret"]


class Listener:
    """A WebSocket on the events, or on what else is told: its handshake as an answer, then its messages."""

    def __init__(self, door, target="/v1/events/live"):
        self.connection = socket.create_connection(("127.0.0.1", door.port), timeout=30)
        key = base64.b64encode(os.urandom(16)).decode()
        self.connection.sendall((f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                 f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nAuthorization: Bearer {door.token}\r\n\r\n").encode())
        self.stream = self.connection.makefile("rb")
        status = int(self.stream.readline().split()[1])
        self.handshake = Answer(status, http.client.parse_headers(self.stream), b"")

    def next(self):
        first, length = self.stream.read(2)
        assert first == 0x81, f"this is no whole message of text: {first:#x}"
        if length == 126:
            length = struct.unpack(">H", self.stream.read(2))[0]
        return json.loads(self.stream.read(length))
