# Goal: what was backed up is what comes back, and workers that nobody told carry on with it. Method: a coordinator with a
# zone and a running session is backed up, killed and restored on another folder, at the same address.
import json
import os
import signal
import subprocess
import tarfile
import unittest

from stage_for_tests import MELODY, Stage, no_sample_lost, wait_for


class Backup(unittest.TestCase):
    def begin(self):
        self.stage = Stage(self, workers=("hall", "foyer"))
        self.cluster = self.stage.cluster
        self.cluster.antiphon("zone", "create", "ground", "--outputs", "hall/left,foyer/left")

    def test_what_was_restored_carries_on_with_workers_that_were_never_told(self):
        no_sample_lost(self, self.with_a_restored_coordinator)

    def with_a_restored_coordinator(self):
        self.begin()
        session = self.stage.play(3 * 48000)
        self.assertTrue(session, "it never got going")
        before = self.cluster.status()
        backup = self.cluster.folder / "backup.tar"
        made = self.cluster.antiphon("backup", str(backup))
        self.assertEqual(made["left_out"], [])
        self.assertEqual(oct(backup.stat().st_mode & 0o777), "0o600")

        self.end_coordinator()
        restored = self.cluster.antiphon("restore", str(backup), "--data", str(self.cluster.folder / "restored"))
        self.assertGreaterEqual(restored["epoch"], before["cluster"]["epoch"] + 1000)
        self.cluster.start_coordinator(folder="restored")
        self.check_same(before, self.cluster.status(), session)

        workers = wait_for(self.carried_on, 30)
        self.assertTrue(workers, f"the workers do not carry on: {self.cluster.workers()}")
        ended = self.stage.wait_for_session(session, lambda now: now["phase"] == "ended", 40)
        self.assertTrue(ended, f"the session did not end: {self.stage.session(session)}")
        heard = self.stage.heard[session]
        again = self.cluster.antiphon("play", str(MELODY), "--to", "ground")["id"]
        self.assertTrue(self.stage.wait_for_session(again, lambda now: now["position_frames"] > 48000, 20), "it plays no more")
        return heard

    def end_coordinator(self):
        """For good: its supervisor and broker as well."""
        process, pids = self.cluster.processes["coordinator"], self.cluster.pids()
        process.tell(signal.SIGKILL)
        for name in ("coordinator", "broker"):
            os.kill(pids[name], signal.SIGKILL)
        self.assertTrue(wait_for(lambda: not process.alive() and self.cluster.answers() is None, 10))

    def check_same(self, before, after, session):
        named = lambda things: {thing["name"]: thing["id"] for thing in things}  # noqa: E731
        self.assertEqual(after["cluster"]["id"], before["cluster"]["id"])
        self.assertGreater(after["cluster"]["epoch"], before["cluster"]["epoch"])
        self.assertEqual(named(after["workers"]), named(before["workers"]))
        self.assertEqual(after["zones"], before["zones"])
        self.assertIn(session, [s["id"] for s in after["sessions"]])

    def carried_on(self):
        workers = self.cluster.workers()
        well = [w for w in workers.values() if w["online"] and w["applied"] == w["generation"]]
        return len(well) == 2 and workers

    def test_a_whole_one_holds_every_programme_and_recording(self):
        self.begin()
        recording = self.cluster.antiphon("record", "start", "--from", "hall/mic")["id"]
        self.stage.play(48000)
        stopped = self.cluster.antiphon("record", "stop", recording, "--wait", seconds=40)
        self.cluster.antiphon("stop", self.cluster.status()["sessions"][0]["id"])
        names = {}
        for flags in ((), ("--whole",)):
            file = self.cluster.folder / f"backup{len(flags)}.tar"
            self.cluster.antiphon("backup", *flags, str(file))
            with tarfile.open(file) as tar:
                names[flags] = tar.getnames()
                manifest = json.load(tar.extractfile("manifest.json"))
                self.assertEqual([member["name"] for member in manifest["members"]], names[flags][1:])
        self.assertEqual(names[()], ["manifest.json", "antiphon.db", "token"])
        segment = f"recordings/{recording}/{stopped['tracks'][0]['id']}/000000"
        self.assertLessEqual({f"{segment}.flac", f"{segment}.json"}, set(names[("--whole",)]))
        self.assertEqual(len([name for name in names[("--whole",)] if name.startswith("blobs/")]), 1)

    def test_only_an_administrator_gets_one(self):
        self.begin()
        worker = json.loads((self.cluster.folder / "hall/identity.json").read_text())["joined"]["credential"]
        environment = self.cluster.environment | {"ANTIPHON_TOKEN": worker}
        done = subprocess.run([str(self.cluster.build / "antiphon"), "backup", str(self.cluster.folder / "stolen.tar")], check=False,
                              env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("admin", done.stderr)
        self.assertFalse((self.cluster.folder / "stolen.tar").exists())


if __name__ == "__main__":
    unittest.main()
