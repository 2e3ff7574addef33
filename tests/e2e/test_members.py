# Goal: boards come, go, change names and places, and the cluster says what became of each. Method: real boards and a real broker.
import contextlib
import sqlite3
import subprocess
import unittest
import urllib.error
import urllib.request

from stage_for_tests import MELODY, RATE, Stage, Trouble, wait_for


class Members(unittest.TestCase):
    def begin(self, *workers):
        self.stage = Stage(self, workers)
        self.cluster = self.stage.cluster

    def ask(self, *command, **how):
        return self.cluster.antiphon(*command, **how)

    def assert_why(self, what, text, seconds=0):
        """Says `text` in its verdict or grounds, at the latest in so many seconds."""
        self.assertTrue(wait_for(lambda: any(text in line for line in self.stage.why(what)), seconds), self.stage.why(what))

    # ---- doors, with what a worker was given

    def http_status(self, joined):
        request = urllib.request.Request(f"{self.cluster.url}/v1/status", headers={"Authorization": f"Bearer {joined['credential']}"})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status
        except urllib.error.HTTPError as refused:
            return refused.code

    def broker_says(self, joined):
        """The reason for which the broker lets nobody in; "" when it does."""
        topic = f"antiphon/v1/{joined['cluster']}/workers/{joined['id']}/desired"
        done = subprocess.run(["mosquitto_sub", "-h", "127.0.0.1", "-p", str(joined["broker_port"]), "-u", joined["id"], "-P", joined["credential"],
                               "-i", joined["id"], "-t", topic, "-E"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20,
                              check=False)
        return done.stderr.strip() if done.returncode else ""

    # ---- laws

    def test_a_renamed_worker_stays_who_it_is(self):
        self.begin("hall", "foyer")
        self.ask("zone", "create", "ground", "--outputs", "hall/left,foyer/left")
        session = self.stage.play(RATE)
        before = self.stage.worker("hall")
        self.assertIn("foyer", self.stage.refusal("workers", "rename", "hall", "foyer"))
        self.ask("workers", "rename", "hall", "chapel")

        after = self.stage.worker("chapel")
        self.assertEqual((after["id"], after["boot"]), (before["id"], before["boot"]))
        self.assertIn("hall", self.stage.refusal("workers", "ping", "hall"))
        self.assertEqual(set(self.ask("zone", "list")["zones"][0]["outputs"]), {"chapel/left", "foyer/left"})
        self.assertTrue(wait_for(lambda: self.stage.obeys("chapel"), 10))
        self.assert_why("chapel", f"it plays session {session}")
        self.assertIn("worker.renamed", [e["event"] for e in self.ask("why", "chapel")["history"]])

        self.cluster.stop("hall")  # the board is started again as its unit file has it, or as it is called now
        for name in ("hall", "chapel"):
            self.cluster.start_worker("hall", name)
            self.assertTrue(wait_for(lambda: self.stage.obeys("chapel"), 15), self.cluster.processes["hall"].last_words())
            self.assertEqual(self.stage.worker("chapel")["id"], before["id"])
            self.cluster.stop("hall")

    def test_a_removed_worker_has_no_door_left_and_may_be_invited_again(self):
        self.begin("hall", "foyer")
        self.ask("volume", "hall/left", "0.4")
        self.ask("zone", "create", "ground", "--outputs", "hall/left,foyer/left")
        session = self.stage.play(RATE)
        self.assertIn(session, self.stage.refusal("workers", "remove", "hall"))
        self.ask("stop", session)
        joined = self.stage.identity("hall")
        self.assertEqual((self.http_status(joined), self.broker_says(joined)), (200, ""))

        self.assertTrue(wait_for(lambda: self.removed("hall"), 10), self.stage.worker("hall"))
        self.assertEqual(self.http_status(joined), 401)
        self.assertIn("not authorised", self.broker_says(joined))
        self.assert_why("hall", "it was removed from the cluster")
        self.assertIn("worker.removed", [e["event"] for e in self.ask("why", "hall")["history"]])
        self.assertEqual(self.ask("zone", "list")["zones"][0]["outputs"], ["foyer/left"])
        said = self.cluster.processes["hall"]
        self.assertTrue(wait_for(lambda: "Start it again with a new invitation" in said.last_words(60), 10), said.last_words())
        self.check_comes_back(joined)

    def removed(self, name):
        """True once it is; while its output lets go it is refused."""
        try:
            self.ask("workers", "remove", name)
        except Trouble:
            return False
        return True

    def check_comes_back(self, joined):
        """From the same folder, by a new invitation, as somebody new: with nothing of what it was told before."""
        self.cluster.stop("hall")
        self.cluster.start_worker("hall")
        self.assertTrue(wait_for(lambda: self.stage.obeys("hall"), 15), self.cluster.processes["hall"].last_words())
        again = self.stage.identity("hall")
        self.assertNotEqual(again["id"], joined["id"])
        self.assertEqual((self.http_status(again), self.broker_says(joined) != ""), (200, True))
        heard = self.ask("play", str(MELODY), "--to", "hall/left")["id"]
        self.assertTrue(self.stage.wait_for_session(heard, lambda now: now["members"][0]["position_frames"] > RATE, 15), self.stage.session(heard))

    def test_a_new_board_takes_the_place_of_a_dead_one_with_zones_volumes_and_the_session(self):
        self.begin("hall", "foyer")
        self.ask("volume", "hall/left", "0.4")
        self.ask("zone", "create", "ground", "--outputs", "hall/left,foyer/left")
        session = self.stage.play(2 * RATE)
        old = self.stage.identity("hall")
        invitation = self.ask("invite", "--replace", "hall")["invitation"]
        self.cluster.start_worker("garden", "hall", invitation)  # too early: the one it replaces plays
        self.assertTrue(wait_for(lambda: f"plays session {session}" in self.cluster.processes["garden"].last_words(60), 10))
        self.cluster.stop("garden")

        self.cluster.stop("hall")
        self.assert_why("hall", "it is offline", 10)
        self.cluster.start_worker("tower", "hall", invitation)
        self.assertTrue(wait_for(lambda: self.stage.worker("hall")["id"] != old["id"], 15), self.cluster.processes["tower"].last_words())
        plays = self.stage.wait_for_session(session, lambda now: self.member(now, "hall")["state"] == "playing", 15)
        self.assertTrue(plays, f"{self.stage.session(session)}; {self.cluster.processes['tower'].last_words()}")
        new = self.stage.identity("tower")
        self.assertNotEqual(new["id"], old["id"])
        self.assertEqual(self.stage.worker("hall")["id"], new["id"])
        self.assertEqual(set(self.ask("zone", "list")["zones"][0]["outputs"]), {"hall/left", "foyer/left"})
        volumes = {output["name"]: output["volume"] for output in self.ask("devices")["outputs"]}
        self.assertEqual(volumes, {"hall/left": 0.4, "foyer/left": 1})
        self.assertEqual(self.http_status(old), 401)
        self.assertIn("worker.replaced", [e["event"] for e in self.ask("why", "hall")["history"]])
        self.assertIn("removed from the cluster, or replaced", self.stage.why(old["id"])[0])
        self.check_is_silent(old)
        ended = self.stage.wait_for_session(session, lambda now: now["phase"] in ("ended", "failed"), 40)
        self.assertEqual((ended["phase"], ended["reason"]), ("ended", ""))

    def check_is_silent(self, old):
        """The board that was replaced is found again and started: it learns that it is nobody, and keeps that in mind."""
        self.cluster.start_worker("hall", invitation="")
        said = self.cluster.processes["hall"]
        self.assertTrue(wait_for(lambda: "it falls silent" in said.last_words(60), 15), said.last_words(60))
        with contextlib.closing(sqlite3.connect(f"file:{self.cluster.folder / 'hall' / 'worker.db'}?mode=ro", uri=True)) as store:
            kept = wait_for(lambda: '"expelled":true' in str(store.execute("SELECT value FROM rows").fetchall()), 5)
        self.assertTrue(kept, old)
        self.cluster.stop("hall")

    def member(self, session, name):
        return next(member for member in session["members"] if member["worker"] == name)

    def test_each_reason_for_silence_is_told_and_who_wanted_it(self):
        self.begin("hall", "foyer")
        self.assert_why("hall", "no session is planned for it")
        self.ask("workers", "maintain", "hall")
        self.assert_why("hall", "it is taken for maintenance, as admin asked; give it back with: antiphon workers release hall")
        self.ask("workers", "release", "hall")
        session = self.stage.play(RATE)
        self.assert_why("hall", f"it plays session {session}", 5)
        self.ask("mute", "hall/left")
        self.assert_why("hall/left", "its output left is muted", 5)
        self.assert_why("foyer", "it plays")
        self.ask("unmute", "hall/left")
        self.ask("pause", session)
        self.assert_why("hall", f"session {session} ('melody.flac') is paused", 5)
        self.assert_why(session, "as admin asked", 5)
        self.stage.kill("hall")
        self.cluster.stop("hall")
        self.assert_why("hall", "it is offline: its last word came", 10)
        self.assertIn("is paused", self.stage.why("foyer")[0])
        self.ask("stop", session)
        self.assert_why("foyer", "was stopped, as admin asked", 5)
        self.ask("workers", "remove", "hall")
        self.assert_why("hall", "it was removed from the cluster")
        self.assertIn("cellar", self.stage.refusal("why", "cellar"))


if __name__ == "__main__":
    unittest.main()
