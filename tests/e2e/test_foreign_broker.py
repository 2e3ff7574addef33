# Goal: over a broker of somebody else a cluster plays, and nobody there can speak for a member. Method: Debian's mosquitto, without an
# ACL, and its clients as everybody's enemies.
import contextlib
import json
import os
import pathlib
import signal
import sqlite3
import subprocess
import tempfile
import unittest

from stage_for_tests import MELODY, RATE, Stage, Trouble, free_ports, seal, topic_of, wait_for

ANYBODY = "allow_anonymous true\nmax_queued_messages 0\n"  # no bound: it drops nothing that is said to us

# What docs/operations.md says that a broker with an access list has to permit.
ACCESS = """user boss
topic readwrite antiphon/v1/#
user boards
topic read antiphon/v1/+/workers/+/desired
topic read antiphon/v1/+/workers/+/command
topic write antiphon/v1/+/workers/+/reported
topic write antiphon/v1/+/workers/+/reply
topic write antiphon/v1/+/workers/+/event
topic write antiphon/v1/+/workers/+/alive
"""


class Mosquitto:
    """As somebody who does not know us would run it."""

    def __init__(self, test, configuration):
        self.port = free_ports(1)[0]
        folder = tempfile.TemporaryDirectory(prefix="antiphon-foreign-")
        test.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.folder.chmod(0o755)
        (self.folder / "conf").write_text(f"listener {self.port} 127.0.0.1\n{configuration.format(folder=self.folder)}")
        self.login = ()
        self.scheme = "mqtt"

    def start(self, test):
        process = subprocess.Popen(["mosquitto", "-c", str(self.folder / "conf")], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        test.addCleanup(process.wait, 10)
        test.addCleanup(process.send_signal, signal.SIGTERM)

    def command(self, program, *arguments):
        return [program, "-h", "127.0.0.1", "-p", str(self.port), *self.login, *arguments]

    def retained(self, topic):
        """The message that waits there for whoever comes."""
        done = subprocess.run(self.command("mosquitto_sub", "-t", topic, "-C", "1", "-W", "10", "-N"), stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=20, check=True)
        return done.stdout

    def clear(self, topic):
        """Nothing is retained there any more, and who listens hears an empty message."""
        subprocess.run(self.command("mosquitto_pub", "-q", "1", "-r", "-t", topic, "-n"), check=True, timeout=20)

    def say(self, topic, text, retain=True):
        subprocess.run(self.command("mosquitto_pub", "-q", "1", *(["-r"] if retain else []), "-t", topic, "-s"), input=text.encode(), check=True,
                       timeout=20)


class ForeignStage(Stage):
    def __init__(self, test, broker, login="", **how):
        self.broker_url = f"{broker.scheme}://{login}127.0.0.1:{broker.port}"
        super().__init__(test, ("hall", "foyer"), **how)

    def gather(self, workers):
        self.cluster.start_coordinator("--broker", self.broker_url)
        for name in workers:
            self.cluster.start_worker(name)

    def forged(self):
        return self.metric('antiphon_messages_refused_total{reason="forged"}')

    def ignored(self, reason):
        return self.metric(f'antiphon_reports_ignored_total{{reason="{reason}"}}')


class ForeignBroker(unittest.TestCase):
    def setUp(self):
        self.broker = Mosquitto(self, ANYBODY)
        self.broker.start(self)
        self.stage = ForeignStage(self, self.broker, login="coordinator:not-for-workers@")
        self.cluster = self.stage.cluster
        self.hall, self.foyer = self.stage.identity("hall"), self.stage.identity("foyer")

    def log(self, name):
        return pathlib.Path(self.cluster.processes[name].log).read_text()

    def play(self):
        session = self.cluster.antiphon("play", str(MELODY), "--to", "all")["id"]
        self.assertTrue(self.stage.wait_for_session(session, lambda now: now["position_frames"] > RATE, 20))
        return session

    def members(self):
        return {name: (worker["boot"], worker["generation"]) for name, worker in self.cluster.workers().items()}

    # ---- laws

    def test_a_cluster_plays_over_it_and_says_what_is_not_protected(self):
        session = self.play()
        self.cluster.antiphon("volume", "hall/left", "0.5")
        self.assertTrue(wait_for(lambda: self.stage.obeys("hall"), 10))
        self.assertEqual(self.cluster.antiphon("workers", "ping", "hall")["worker"], "hall")
        self.assertEqual({member["state"] for member in self.stage.session(session)["members"]}, {"playing"})
        (warning,) = self.cluster.status()["cluster"]["warnings"]
        for word in ("read along", "delete", "again"):
            self.assertIn(word, warning)
        self.assertEqual(self.stage.forged(), 0)
        heard = json.loads(self.broker.retained(topic_of(self.hall, "desired")))
        self.assertEqual((heard["kind"], len(heard["mac"])), ("desired", 64))
        for worker in ("hall", "foyer"):
            self.assertNotIn("not-for-workers", (self.cluster.folder / worker / "identity.json").read_text())

    def test_nobody_speaks_for_another_worker_or_for_the_coordinator(self):
        session = self.play()
        before = self.members()
        document = {"epoch": 99, "generation": 1000, "name": "hall", "maintenance": True, "sessions": [], "outputs": [], "captures": []}
        words = {"desired": {"v": 1, "id": "f1", "epoch": 99, "generation": 1000, "sent": 0, "kind": "desired", "body": {"document": document}},
                 "command": {"v": 1, "id": "f2", "epoch": 99, "sent": 0, "kind": "ping", "body": {}},
                 "alive": {"v": 1, "id": "f4", "epoch": 99, "sent": 0, "kind": "alive", "body": {"alive": False}}}
        said = {leaf: [json.dumps(word), seal(self.foyer, leaf, json.dumps(word)), seal(self.foyer, leaf, json.dumps(word), topic_of(self.hall, leaf)),
                       seal(self.hall, leaf, json.dumps(word)).replace('"epoch": 99', '"epoch": 98')] for leaf, word in words.items()}
        # what the worker itself has said, changed in one digit, and on another topic
        report = self.broker.retained(topic_of(self.hall, "reported"))
        said["reported"] = [report.replace('"playing"', '"waiting"'), self.broker.retained(topic_of(self.foyer, "reported"))]
        said["reply"] = [report]
        to_coordinator = 0
        for leaf, texts in said.items():
            for text in texts:
                self.broker.say(topic_of(self.hall, leaf), text)
                to_coordinator += leaf not in ("desired", "command")
        self.broker.say(topic_of({**self.hall, "id": "nobody"}, "reported"), report)
        self.assertTrue(wait_for(lambda: self.stage.forged() == to_coordinator + 1, 10), self.stage.forged())
        self.assertTrue(wait_for(lambda: "message.forged" in self.log("hall"), 10))
        self.assertIn("message.forged", self.log("coordinator"))
        self.assertEqual(self.members(), before)
        self.assertTrue(all(worker["online"] for worker in self.cluster.workers().values()))
        self.assertEqual({member["state"] for member in self.stage.session(session)["members"]}, {"playing"})
        self.cluster.antiphon("volume", "hall/left", "0.5")
        self.assertTrue(wait_for(lambda: self.stage.obeys("hall"), 10), "it does not obey any more")

    def test_a_flood_of_forgeries_is_counted_and_told_seldom(self):
        topic = topic_of(self.hall, "reported")
        flood = subprocess.run(self.broker.command("mosquitto_pub", "-q", "1", "-t", topic, "-l"), input=b'{"a":1}\n' * 5000, check=True, timeout=60)
        self.assertEqual(flood.returncode, 0)
        self.assertTrue(wait_for(lambda: self.stage.forged() == 5000, 20), self.stage.forged())
        self.assertLess(self.log("coordinator").count("message.forged"), 5)
        self.assertEqual(self.cluster.antiphon("workers", "ping", "hall")["worker"], "hall")

    def test_an_old_word_said_again_changes_nothing(self):
        desired, reported = topic_of(self.hall, "desired"), topic_of(self.hall, "reported")
        old = {topic: self.broker.retained(topic) for topic in (desired, reported)}
        for volume in ("0.5", "0.6"):
            self.cluster.antiphon("volume", "hall/left", volume)
        self.assertTrue(wait_for(lambda: self.stage.obeys("hall"), 10))
        before = self.members()
        for topic, text in old.items():
            self.broker.say(topic, text)
        self.assertEqual(self.cluster.antiphon("workers", "ping", "hall")["worker"], "hall")  # so they have been heard
        self.assertEqual((self.members(), self.stage.forged()), (before, 0))
        self.assertTrue(self.stage.obeys("hall"))
        for name in ("hall", "coordinator"):  # they are what the next life hears first
            for topic, text in old.items():
                self.broker.say(topic, text)
            ticks = self.stage.kill(name)
            self.assertTrue(self.stage.wait_for_new_life(name, ticks, 20))
            self.assertTrue(wait_for(lambda: self.stage.obeys("hall"), 20), f"after a new life of {name}: {self.stage.worker('hall')}")
            (volume,) = (output["volume"] for output in self.cluster.antiphon("devices")["outputs"] if output["name"] == "hall/left")
            self.assertEqual(volume, 0.6)
            self.assertGreaterEqual(self.stage.worker("hall")["generation"], before["hall"][1])

    def test_an_old_goodbye_said_again_changes_nothing(self):
        goodbye = self.goodbye_of("foyer", self.foyer)
        old, new = (json.loads(said)["body"] for said in (goodbye, self.broker.retained(topic_of(self.foyer, "alive"))))
        self.assertEqual((old["alive"], new["alive"]), (False, True))
        self.assertEqual((old["connection"], new["connection"]), ({"boot": 1, "number": 1}, {"boot": 2, "number": 1}))
        ignored = self.stage.ignored("old")
        for said in range(1, 21):
            self.broker.say(topic_of(self.foyer, "alive"), goodbye)
            self.assertTrue(wait_for(lambda: self.stage.ignored("old") == ignored + said, 5), "it was not heard")
            self.assertTrue(self.stage.worker("foyer")["online"])
        self.assertTrue(self.stage.obeys("foyer"))
        self.assertEqual(self.stage.forged(), 0)

    def goodbye_of(self, name, joined):
        """The worker's last will, which it has left there; it is back, and does what it shall."""
        self.cluster.stop(name)
        goodbye = self.broker.retained(topic_of(joined, "alive"))
        self.cluster.start_worker(name)
        self.assertTrue(wait_for(lambda: self.stage.obeys(name), 20))
        return goodbye

    def is_put_out(self, board):
        with contextlib.closing(sqlite3.connect(f"file:{self.cluster.folder / board / 'worker.db'}?mode=ro", uri=True)) as store:
            return '"expelled":true' in str(store.execute("SELECT value FROM rows").fetchall())

    def test_a_board_that_is_removed_while_it_plays_falls_silent_for_good(self):
        goodbye = self.goodbye_of("hall", self.hall)
        self.play()
        desired = self.broker.retained(topic_of(self.hall, "desired"))

        # only a board that is offline may be removed while it plays: as it seems to a coordinator that begins anew, hears
        # an old goodbye and no report; and the board's connection stands, for it is frozen for less than its keepalive
        board = self.cluster.pids()["hall"]
        self.cluster.stop("coordinator")
        os.kill(board, signal.SIGSTOP)
        try:
            self.broker.say(topic_of(self.hall, "alive"), goodbye)
            self.cluster.start_coordinator("--broker", self.stage.broker_url)
            self.assertTrue(wait_for(lambda: (hall := self.stage.worker("hall")) and not hall["online"], 5))
            self.cluster.antiphon("workers", "remove", "hall")
        finally:
            os.kill(board, signal.SIGCONT)
        self.assertTrue(wait_for(lambda: "it falls silent" in self.log("hall"), 15), self.log("hall"))
        self.assertTrue(wait_for(lambda: self.is_put_out("hall"), 5))
        self.assertIn("session.silenced", self.log("hall"))
        self.assertNotIn("it falls silent", self.log("foyer"))
        self.assertNotIn("session.silenced", self.log("foyer"))
        refused = self.stage.forged()
        self.broker.say(topic_of(self.hall, "desired"), desired)  # what it was told once, again, in this life and the next
        self.cluster.stop("hall")
        self.cluster.start_worker("hall", invitation="")
        self.assertTrue(wait_for(lambda: "it falls silent" in self.log("hall"), 15), self.log("hall"))
        self.assertIn("connected to the broker", self.log("hall"))
        self.assertTrue(self.is_put_out("hall"))
        self.assertLessEqual(self.stage.forged() - refused, 3, "its goodbye and its greetings; reports it makes none")

    def test_a_board_that_was_away_when_it_was_removed_falls_silent_when_it_comes_back(self):
        self.play()
        self.stage.kill("hall")
        self.cluster.stop("hall")
        self.assertTrue(wait_for(lambda: not self.stage.worker("hall")["online"], 20))
        self.cluster.antiphon("workers", "remove", "hall")
        self.cluster.start_worker("hall", invitation="")
        self.assertTrue(wait_for(lambda: "it falls silent" in self.log("hall"), 15), self.log("hall"))
        self.assertTrue(wait_for(lambda: self.is_put_out("hall"), 5))

    def test_a_board_that_a_restored_coordinator_knows_is_let_in_again(self):
        backup = self.cluster.folder / "backup.tar"
        self.cluster.antiphon("backup", str(backup))
        self.cluster.antiphon("workers", "remove", "hall")
        self.assertTrue(wait_for(lambda: self.is_put_out("hall"), 15), self.log("hall"))
        self.cluster.stop("coordinator")
        self.cluster.antiphon("restore", str(backup), "--data", str(self.cluster.folder / "restored"))
        self.cluster.start_coordinator("--broker", self.stage.broker_url, folder="restored")
        self.cluster.stop("hall")
        self.cluster.start_worker("hall", invitation="")
        self.assertTrue(wait_for(lambda: self.stage.obeys("hall") and not self.is_put_out("hall"), 20), self.log("hall"))
        self.play()

    def test_a_member_whose_topics_somebody_clears_stays_one(self):
        session = self.play()
        for _ in range(20):
            for leaf in ("desired", "command", "reported", "alive"):
                self.broker.clear(topic_of(self.hall, leaf))
        self.cluster.antiphon("volume", "hall/left", "0.5")
        self.assertTrue(wait_for(lambda: self.stage.obeys("hall"), 10))
        self.assertEqual({member["state"] for member in self.stage.session(session)["members"]}, {"playing"})
        self.assertFalse(self.is_put_out("hall"))
        self.assertNotIn("it falls silent", self.log("hall"))

    def test_another_cluster_there_does_not_notice(self):
        other = ForeignStage(self, self.broker)
        ids = [{stage.identity(name)["id"] for name in ("hall", "foyer")} for stage in (self.stage, other)]
        self.assertEqual(ids[0], ids[1], "the same ids")
        for stage in (self.stage, other):
            stage.cluster.antiphon("volume", "hall/left", "0.5")
            self.assertTrue(wait_for(lambda stage=stage: stage.obeys("hall") and stage.obeys("foyer"), 10))
        for stage in (self.stage, other):
            self.assertEqual(stage.forged(), 0)
            for name in ("hall", "foyer", "coordinator"):
                self.assertNotIn("bus.disconnected", pathlib.Path(stage.cluster.processes[name].log).read_text(), name)


class Guarded(unittest.TestCase):
    def test_workers_have_a_login_of_their_own_and_a_narrow_access_list_suffices(self):
        broker = Mosquitto(self, "allow_anonymous false\npassword_file {folder}/passwords\nacl_file {folder}/access\n")
        (broker.folder / "access").write_text(ACCESS)
        (broker.folder / "access").chmod(0o644)
        passwords = broker.folder / "passwords"
        for number, (user, password) in enumerate((("boss", "p1"), ("boards", "p2"))):
            subprocess.run(["mosquitto_passwd", *(["-c"] if number == 0 else []), "-b", passwords, user, password], check=True, timeout=20, capture_output=True)
        passwords.chmod(0o644)
        broker.start(self)
        login = broker.folder / "login"
        login.write_text("boards:p2\n")
        stage = ForeignStage(self, broker, login="boss:p1@", variables={"ANTIPHON_BROKER_LOGIN": str(login)})
        self.assertTrue(stage.play(RATE))
        self.assertEqual(stage.cluster.antiphon("workers", "ping", "hall")["worker"], "hall")
        self.assertTrue(wait_for(lambda: stage.obeys("hall"), 10))
        stage.cluster.stop("foyer")
        self.assertTrue(wait_for(lambda: not stage.worker("foyer")["online"], 5), "its goodbye is not permitted")
        login.write_text("boards:wrong\n")
        stage.cluster.start_worker("foyer")
        self.assertTrue(wait_for(lambda: "not authorised" in pathlib.Path(stage.cluster.processes["foyer"].log).read_text(), 20))

    def test_over_tls_who_does_not_prove_himself_is_not_spoken_to(self):
        broker = Mosquitto(self, ANYBODY + "cafile {folder}/ca.pem\ncertfile {folder}/server.pem\nkeyfile {folder}/server.key\n")
        broker.scheme = "mqtts"
        request = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
        for more in (["-subj", "/CN=Somebody", "-keyout", "ca.key", "-out", "ca.pem"],
                     ["-subj", "/CN=broker", "-CA", "ca.pem", "-CAkey", "ca.key", "-addext", "basicConstraints=critical,CA:FALSE",
                      "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "server.key", "-out", "server.pem"],
                     ["-subj", "/CN=Another", "-keyout", "other.key", "-out", "other.pem"]):
            subprocess.run([*request, *more], cwd=broker.folder, check=True, timeout=20, capture_output=True)
        for file in broker.folder.iterdir():
            file.chmod(0o644)
        broker.start(self)
        stage = ForeignStage(self, broker, variables={"ANTIPHON_TLS_CA": str(broker.folder / "ca.pem")})
        self.assertTrue(stage.play(RATE))
        stage.cluster.stop("foyer")
        stage.cluster.variables = {"ANTIPHON_TLS_CA": str(broker.folder / "other.pem")}
        stage.cluster.start_worker("foyer")
        self.assertTrue(wait_for(lambda: "bus.disconnected" in pathlib.Path(stage.cluster.processes["foyer"].log).read_text(), 20))
        self.assertFalse(stage.worker("foyer")["online"])


if __name__ == "__main__":
    unittest.main()
