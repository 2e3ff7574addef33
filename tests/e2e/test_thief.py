# Goal: who has stolen one worker's credentials is that worker and nobody else. Method: mosquitto_sub, mosquitto_pub and HTTP with them,
# while another worker plays.
import hashlib
import json
import pathlib
import re
import subprocess
import unittest
import urllib.error
import urllib.request

from stage_for_tests import MELODY, RATE, Stage, wait_for


class Thief(unittest.TestCase):
    def setUp(self):
        self.stage = Stage(self, ("hall", "foyer"))
        self.cluster = self.stage.cluster
        self.recording = self.cluster.antiphon("record", "start", "--from", "hall/mic")["id"]
        self.session = self.cluster.antiphon("play", str(MELODY), "--to", "hall/left")["id"]
        self.assertTrue(self.stage.wait_for_session(self.session, lambda now: now["position_frames"] > RATE, 20))
        self.cluster.stop("foyer")
        self.mine, self.theirs = self.stage.identity("foyer"), self.stage.identity("hall")

    def topic(self, joined, leaf):
        return f"antiphon/v1/{joined['cluster']}/workers/{joined['id']}/{leaf}"

    def mosquitto(self, program, *arguments, **login):
        user, password = login.get("user", self.mine["id"]), login.get("password", self.mine["credential"])
        return [program, "-h", "127.0.0.1", "-p", str(self.mine["broker_port"]), "-u", user, "-P", password, "-i", login.get("client", "thief"),
                *arguments]

    def run_to_end(self, command):
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, check=False)

    def denied(self, leaf):
        """The coordinator's log names who tried what."""
        log = pathlib.Path(self.cluster.processes["coordinator"].log).read_text()
        return re.search(f"broker.denied: .*client={self.mine['id']} topic={self.topic(self.theirs, leaf)}", log)

    # ---- laws

    def test_it_hears_nothing_but_its_own(self):
        listening = subprocess.Popen(self.mosquitto("mosquitto_sub", "-v", "-W", "6", *[part for topic in ("#", "+/+/+/+/+/+", "$SYS/#",
                                     self.topic(self.theirs, "desired"), self.topic(self.theirs, "reported")) for part in ("-t", topic)]),
                                     stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(listening.kill)
        self.cluster.antiphon("volume", "foyer/left", "0.5")
        self.cluster.antiphon("volume", "hall/left", "0.5")
        self.cluster.antiphon("workers", "ping", "hall")
        self.assertTrue(wait_for(lambda: self.stage.obeys("hall"), 10))
        heard = {line.split(" ", 1)[0] for line in listening.communicate(timeout=30)[0].splitlines()}
        self.assertEqual(heard, {self.topic(self.mine, "desired")})

    def test_nothing_that_it_says_for_another_is_accepted_and_each_try_is_audited(self):
        before = self.stage.worker("hall")
        forged = {"desired": {"v": 1, "id": "f1", "epoch": 99, "generation": 1000, "sent": 0, "kind": "desired",
                              "body": {"document": {"generation": 1000, "name": "hall", "maintenance": True, "sessions": [], "outputs": [], "captures": []}}},
                  "command": {"v": 1, "id": "f2", "epoch": 99, "sent": 0, "kind": "ping", "body": {}},
                  "reply": {"v": 1, "id": "f3", "epoch": 99, "sent": 0, "kind": "pong", "body": {}},
                  "reported": {}, "alive": {"v": 1, "id": "f4", "epoch": 99, "sent": 0, "kind": "alive", "body": {"alive": False}}}
        for leaf, message in forged.items():
            self.run_to_end(self.mosquitto("mosquitto_pub", "-q", "1", "-r", "-t", self.topic(self.theirs, leaf), "-m", json.dumps(message)))
        for leaf in forged:
            self.assertTrue(wait_for(lambda: self.denied(leaf), 5), f"not audited: {leaf}")
        self.cluster.antiphon("volume", "hall/left", "0.5")
        self.assertTrue(wait_for(lambda: self.stage.obeys("hall"), 10))
        after = self.stage.worker("hall")
        self.assertEqual((after["boot"], after["generation"]), (before["boot"], before["generation"] + 1))
        self.assertEqual(self.stage.session(self.session)["members"][0]["state"], "playing")

    def test_it_is_nobody_else_at_the_broker(self):
        for who in ({"user": self.theirs["id"]}, {"user": "coordinator"}, {"user": "coordinator", "password": ""}, {"password": "x"}):
            done = self.run_to_end(self.mosquitto("mosquitto_sub", "-t", "#", "-E", **who))
            self.assertNotEqual(done.returncode, 0, who)
            self.assertIn("not authorised", done.stderr)
        self.run_to_end(self.mosquitto("mosquitto_sub", "-t", "#", "-W", "1", client=self.theirs["id"]))  # whose session it would take over
        self.assertNotIn("bus.disconnected", pathlib.Path(self.cluster.processes["hall"].log).read_text())

    def test_over_http_it_may_look_and_no_more(self):
        self.assertEqual(self.http("GET", "/v1/status"), 200)
        for method, target in (("POST", "/v1/invitations"), ("DELETE", "/v1/workers/hall"), ("POST", f"/v1/sessions/{self.session}/stop"),
                               ("PUT", "/v1/volume"), ("PUT", "/v1/zones/z"), ("POST", "/v1/recordings"), ("POST", "/v1/workers/hall/maintenance")):
            self.assertEqual(self.http(method, target, b"{}"), 403, target)
        inputs = f"/v1/recordings/{self.recording}/inputs"
        row = {"number": 0, "life": 1, "first": 0, "frames": 1, "rate": 48000, "closed": True, "bytes": 2, "sha256": hashlib.sha256(b"{}").hexdigest(), "started": 1,
               "device": "", "anchors": [], "gaps": [], "note": "", "kept": True}
        for target in (f"{inputs}/mic/segments/0", f"{inputs}/mic/segments/0/audio", f"{inputs}/..%2Fmic/segments/0"):
            self.assertIn(self.http("PUT", target, json.dumps(row).encode()), (400, 403, 404, 409, 422), target)
        self.assertIn(self.http("POST", f"{inputs}/mic/complete", b'{"segments": []}'), (400, 403, 404, 409, 422))
        kept = [path.name for path in (self.cluster.folder / "coordinator/recordings").rglob("*") if path.is_file()]
        self.assertEqual(kept, [])
        track = self.cluster.antiphon("recordings")["recordings"][0]["tracks"][0]
        self.assertEqual((track["state"], track["reason"]), ("recording", ""))

    def http(self, method, target, body=None):
        headers = {"Authorization": f"Bearer {self.mine['credential']}", "Content-Type": "application/json"}
        try:
            with urllib.request.urlopen(urllib.request.Request(self.cluster.url + target, body, headers, method=method), timeout=10) as answer:
                return answer.status
        except urllib.error.HTTPError as refused:
            return refused.code


if __name__ == "__main__":
    unittest.main()
