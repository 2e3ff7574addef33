# A cluster for one test, with what tests wait for. Everything it started is ended, whatever happens.
import os
import pathlib
import shutil
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "demo.d"))

from cluster import SPEAKERS, Cluster, free_ports  # noqa: E402, F401
from processes import started_at, wait_for  # noqa: E402
from pulse import Pulse  # noqa: E402, F401

BUILD = pathlib.Path(os.environ.get("ANTIPHON_BUILD", ROOT / "build"))
MELODY = ROOT / "share/melody.flac"


class Stage:
    def __init__(self, test, workers=tuple(SPEAKERS)):
        self.cluster = Cluster(BUILD)
        test.addCleanup(shutil.rmtree, self.cluster.folder, ignore_errors=True)
        test.addCleanup(self.cluster.end)
        self.cluster.start_coordinator()
        for name in workers:
            self.cluster.start_worker(name)
        self.cluster.expect(self.cluster.ready, 30, "the workers are not ready", "coordinator")

    def session(self, session):
        """As the status has it; none while nobody answers."""
        status = self.cluster.answers()
        return next((s for s in status["sessions"] if s["id"] == session), None) if status else None

    def wait_for_session(self, session, what, seconds):
        """The session once `what` holds of it; fails the test by returning none."""
        return wait_for(lambda: (now := self.session(session)) and what(now) and now, seconds)

    def wait_for_new_life(self, name, ticks, seconds):
        """The pid of `name` once it is another process than the one that began at `ticks`."""
        return wait_for(lambda: (pid := self.cluster.pids().get(name)) and started_at(pid) not in (None, ticks) and pid, seconds)
