# Goal: what a request leads to can be followed through every log by one id. Method: ask with an id, and read what all wrote.
import hashlib
import http.client
import json
import pathlib
import re
import unittest

from stage_for_tests import MELODY, Stage, wait_for


class Logs(unittest.TestCase):
    def setUp(self):
        self.stage = Stage(self, ("hall",), {"ANTIPHON_LOG": "json"})
        self.cluster = self.stage.cluster

    def lines(self, name):
        """What the program wrote; its supervisor, which has a log of its own, writes plain text."""
        text = pathlib.Path(self.cluster.processes[name].log).read_text().rpartition("\n")[0]
        return [json.loads(line) for line in text.splitlines() if not re.match(r"\d{4}-\d\d-\d\dT\S+ \w+ +supervise\.", line)]

    def of_trace(self, name, trace):
        return [line["event"] for line in self.lines(name) if line.get("trace") == trace]

    def ask(self, method, target, body=None, trace=None):
        """The status, the answer's X-Request-Id, and its body."""
        connection = http.client.HTTPConnection("127.0.0.1", int(self.cluster.url.rsplit(":", 1)[1]), timeout=10)
        self.addCleanup(connection.close)
        kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
        headers = {"Authorization": f"Bearer {self.cluster.environment['ANTIPHON_TOKEN']}", "Content-Type": kind}
        sent = body if isinstance(body, bytes) else body and json.dumps(body)
        connection.request(method, target, sent, headers | ({"X-Request-Id": trace} if trace else {}))
        answer = connection.getresponse()
        return answer.status, answer.getheader("X-Request-Id"), answer.read().decode()

    def assert_arrives(self, name, event, trace):
        self.assertTrue(wait_for(lambda: event in self.of_trace(name, trace), 20), f"{event} {trace}: {self.lines(name)[-5:]}")

    def test_a_request_is_followed_from_its_answer_to_what_the_worker_does(self):
        stored = self.ask("POST", "/v1/blobs", MELODY.read_bytes(), "desk-40")
        self.assertEqual(stored[1], "desk-40", stored)
        source = "blob:" + hashlib.sha256(MELODY.read_bytes()).hexdigest()
        played = self.ask("POST", "/v1/sessions", {"source": source, "to": ["all"]}, "desk-41")
        self.assertEqual(played[:2], (201, "desk-41"), played)
        self.assert_arrives("coordinator", "session.preparing", "desk-41")
        self.assert_arrives("hall", "programme.wanted", "desk-41")
        self.assert_arrives("hall", "session.rendered", "desk-41")
        session = json.loads(played[2])["id"]
        self.assertEqual(self.ask("POST", f"/v1/sessions/{session}/stop", trace="desk-42")[:2], (200, "desk-42"))
        self.assert_arrives("coordinator", "session.stopped", "desk-42")
        self.assert_arrives("hall", "session.silenced", "desk-42")
        status, trace, body = self.ask("POST", "/v1/recordings", {"from": ["hall/mic"]})
        self.assertEqual(status, 201, body)
        self.assertRegex(trace, r"^[0-9a-f]{16}$")
        self.assert_arrives("hall", "track.begun", trace)
        self.assertEqual({line["actor"] for line in self.lines("hall") if line.get("trace") == trace}, {"decider"})

    def test_who_asks_for_nonsense_fills_no_log(self):
        for _ in range(50):
            self.assertEqual(self.ask("BREW", "/v1/status")[0], 501)
        lines = self.lines("coordinator")
        self.assertGreater(len(lines), 3)
        self.assertEqual([line for line in lines if line.get("actor") == "http" or line["event"].startswith("http.failed")], [])

    def test_who_asks_again_under_another_id_changes_nothing(self):
        volume = {"target": "hall/left", "volume": 0.5}
        self.assertEqual(self.ask("PUT", "/v1/volume", volume, "desk-1")[1], "desk-1")
        self.assertTrue(wait_for(lambda: self.stage.obeys("hall"), 20))
        generation = self.stage.worker("hall")["generation"]
        self.assertEqual(self.ask("PUT", "/v1/volume", volume, "desk-2")[1], "desk-2")
        self.assertEqual(self.stage.worker("hall")["generation"], generation)

    def test_every_line_tells_when_who_and_which_life(self):
        self.stage.play(4800)
        self.assertTrue(self.stage.wait_for_new_life("hall", self.stage.kill("hall"), 20))
        self.assertTrue(wait_for(lambda: {line.get("boot") for line in self.lines("hall")} >= {"1", "2"}, 20))
        for name, boots in (("coordinator", {"e1"}), ("hall", {"1", "2"})):
            lines = self.lines(name)
            self.assertEqual({line.get("boot") for line in lines} - {None}, boots)
            self.assertEqual({line["node"] for line in lines}, {name})
            for line in lines:
                self.assertRegex(line["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")
                self.assertRegex(line["event"], r"^[a-z]+\.[a-z_]+$")
                self.assertIn(line["level"], {"debug", "info", "warning", "error"})
        decided = [line for line in self.lines("coordinator") if line["event"].startswith("session.")]
        self.assertEqual({line["actor"] for line in decided}, {"decider"})


if __name__ == "__main__":
    unittest.main()
