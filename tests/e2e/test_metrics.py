# Goal: what Prometheus is told is well formed, true, and of a bounded size. Method: scrape a real coordinator around real actions.
import http.client
import re
import unittest

from stage_for_tests import ROOT, Stage, wait_for

DOCUMENT = ROOT / "docs/metrics.md"
SAMPLE = re.compile(r'([a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\\\|\\"|\\n)*",?)+)\})? ([-+0-9.eE]+|[+-]Inf|Nan)')


class Scrape:
    """The families of a page, with their samples by name and labels."""

    def __init__(self, text):
        self.types, self.samples = {}, {}
        family = None
        for line in text.splitlines():
            if line.startswith("# HELP "):
                family = line.split()[2]
                if family in self.types:
                    raise ValueError(f"{family} comes twice")
            elif line.startswith("# TYPE "):
                _, _, name, kind = line.split()
                if name != family:
                    raise ValueError(f"{line} is not of {family}")
                self.types[name] = kind
            else:
                match = SAMPLE.fullmatch(line)
                if not match or not match[1].startswith(family):
                    raise ValueError(f"'{line}' is no sample of {family}")
                labels = frozenset(re.findall(r'([a-z_]+)="([^"]*)"', match[2] or ""))
                if (match[1], labels) in self.samples:
                    raise ValueError(f"'{line}' comes twice")
                self.samples[match[1], labels] = float(match[3])

    def value(self, name, **labels):
        return self.samples.get((name, frozenset(labels.items())), 0)


class Metrics(unittest.TestCase):
    def setUp(self):
        self.stage = Stage(self, ("hall",))
        self.cluster = self.stage.cluster
        self.port = int(self.cluster.url.rsplit(":", 1)[1])

    def get(self, target, token=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        self.addCleanup(connection.close)
        token = token or self.cluster.environment["ANTIPHON_TOKEN"]
        connection.request("GET", target, headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        return answer.status, answer.getheader("Content-Type"), answer.read().decode()

    def scrape(self):
        status, kind, text = self.get("/metrics")
        self.assertEqual((status, kind), (200, "text/plain; version=0.0.4; charset=utf-8"))
        return Scrape(text)

    def test_the_document_lists_what_is_served_with_its_type_and_labels(self):
        rows = re.findall(r"^\| `([a-z_]+)` \| (\w+) \| ([^|]*)\|", DOCUMENT.read_text(), re.MULTILINE)
        documented = {name: (kind, set(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}
        scrape = self.scrape()
        self.assertEqual({name: kind for name, (kind, _) in documented.items()}, scrape.types)
        for name, labels in scrape.samples:
            family = re.sub(r"_(bucket|sum|count)$", "", name) if name not in documented else name
            self.assertEqual({label for label, _ in labels} - {"le"}, documented[family][1], name)
        units = {name: re.search(r"_(total|seconds|bytes|info)$", name) for name in scrape.types}
        for name, kind in scrape.types.items():
            self.assertEqual(kind == "counter", bool(units[name]) and units[name][1] == "total", name)

    def test_numbers_move_with_what_happens(self):
        before = self.scrape()
        session = self.stage.play(48000)
        self.assertTrue(session)
        self.assertEqual(self.get("/v1/status", token="wrong")[0], 401)
        self.cluster.antiphon("workers", "ping", "hall")
        after = self.scrape()

        def moved(name, **labels):
            return after.value(name, **labels) - before.value(name, **labels)

        self.assertEqual(moved("antiphon_http_requests_total", method="POST", route="/v1/sessions", status="2xx"), 1)
        self.assertEqual(moved("antiphon_http_requests_total", method="POST", route="/v1/workers/{worker}/ping", status="2xx"), 1)
        self.assertEqual(moved("antiphon_http_unauthorised_total"), 1)
        self.assertGreater(moved("antiphon_http_request_duration_seconds_count", method="GET", route="/v1/status"), 0)
        self.assertGreater(moved("antiphon_http_received_bytes_total"), 100_000)
        self.assertGreater(moved("antiphon_mqtt_messages_sent_total"), 1)
        self.assertGreater(moved("antiphon_mqtt_messages_received_total"), 1)
        self.assertGreater(moved("antiphon_store_commit_duration_seconds_count"), 1)
        self.assertGreater(moved("antiphon_folder_used_bytes", folder="blobs"), 100_000)
        self.assertEqual(after.value("antiphon_sessions", state="playing"), 1)
        self.assertEqual(after.value("antiphon_worker_online", worker="hall"), 1)
        self.assertEqual(after.value("antiphon_worker_clock_synchronised", worker="hall"), 1)
        self.assertTrue(0 < after.value("antiphon_worker_clock_error_seconds", worker="hall") < 0.01)
        self.assertGreater(after.value("process_resident_memory_bytes"), 1_000_000)
        self.assertGreater(after.value("process_open_fds"), 10)
        self.stage.kill("broker")
        self.assertTrue(wait_for(lambda: self.scrape().value("antiphon_broker_starts_total") == 2, 20))
        self.assertEqual(self.scrape().value("antiphon_broker_deaths_total"), 1)

    def test_nobody_outside_adds_a_series(self):
        self.stage.play(4800)
        self.scrape()
        before = set(self.scrape().samples)
        for i in range(50):
            self.get(f"/guess/{i}")
            self.get(f"/v1/zones/guess-{i}")
            self.get(f"/v1/sessions/guess-{i}")
        scrape = self.scrape()
        added = {labels for name, labels in set(scrape.samples) - before if name == "antiphon_http_requests_total"}
        routes = {dict(labels)["route"] for labels in added}
        self.assertEqual(routes, {"none", "/v1/zones/{name}", "/v1/sessions/{id}"})
        session = self.cluster.status()["sessions"][0]["id"]
        worker = self.stage.identity("hall")["id"]
        self.assertEqual([labels for _, labels in scrape.samples if {session, worker} & {value for _, value in labels}], [])
        self.assertEqual(scrape.value("antiphon_metrics_samples_dropped"), 0)

    def test_who_may_not_look_is_told_nothing(self):
        player = self.cluster.antiphon("token", "create", "player", "--may", "play")["secret"]
        for token, expected in (("wrong", 401), (player, 403)):
            status, _, text = self.get("/metrics", token)
            self.assertEqual(status, expected)
            self.assertNotIn("antiphon_", text)


if __name__ == "__main__":
    unittest.main()
