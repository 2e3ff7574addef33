#!/usr/bin/env python3
# The play itself: starts a cluster, plays and records the melody, measures, tells. ./demo calls it once all is built.
import argparse
import contextlib
import json
import os
import pathlib
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import report  # noqa: E402
from cluster import INPUTS, SPEAKERS, Cluster, Trouble  # noqa: E402
from processes import Costs  # noqa: E402
from pulse import Pulse  # noqa: E402
from show import Show, bar, floor_plan  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[1]
MELODY = ROOT / "share/melody.flac"
MELODY_S = 26.0
RULED_S = 24.0  # the last chord rings out after that
KILLED_AT_S = 9.0


class Play:
    """One performance, from an empty folder to what was measured."""

    def __init__(self, cluster, show, victim=None):
        """`victim`: the worker that is killed in the middle."""
        self.cluster, self.show, self.victim = cluster, show, victim
        self.measured = {}

    def gather(self):
        show, cluster = self.show, self.cluster
        show.step(f"a room in {cluster.room}")
        for line in floor_plan():
            show.line(show.quiet(line))
        cluster.start_coordinator()
        show.step(f"coordinator at {cluster.url}, with a broker and a clock of its own")
        for name in SPEAKERS:
            cluster.start_worker(name)
            show.step(f"worker {show.bold(name)} joins by an invitation" + (f" (fault: {self.fault(name)})" if self.fault(name) else ""))
        workers = cluster.expect(cluster.ready, 30, "the workers do not all come online and agree on the time", "coordinator")
        worst = max(worker["clock_error_ns"] for worker in workers.values()) / 1000
        show.step(f"all {len(workers)} agree on the time, to {worst:.0f} us at worst")

    def fault(self, name):
        faults = [kind for kind, worker in (f for f in self.cluster.faults if len(f) == 2) if worker == name]
        return ", ".join(faults + ["no clock agreement"] * ("no-clock-agreement" in self.cluster.faults))

    def perform(self):
        show, cluster = self.show, self.cluster
        recording = cluster.antiphon("record", "start", "--from", ",".join(INPUTS))["id"]
        show.step(f"recording from {' and '.join(INPUTS)}")
        pulse, costs = Pulse(), Costs(cluster.pids())
        ruler = subprocess.Popen(cluster.ruler("watch", cluster.room, "--seconds", RULED_S, "--from-sound", "--json"),
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        with ending(ruler):
            session = cluster.antiphon("play", str(MELODY), "--to", "all")["id"]
            show.step(f"playing {MELODY.relative_to(ROOT)} on all four")
            played = self.follow(session)
            self.measured["ruler"] = answer_of(ruler, "the ruler", 15)
        self.measured |= {"session": played, "costs": costs.rows(), "pulse": pulse.stop()}
        self.fetch(recording)

    def follow(self, session):
        """The session as it is at its end; tells how it goes meanwhile."""
        told = None
        deadline = time.monotonic() + MELODY_S + 30
        while time.monotonic() < deadline:
            status = self.cluster.status()
            now = next((s for s in status["sessions"] if s["id"] == session), None)
            if now is None:
                raise Trouble(f"session {session} is gone from the status")
            self.measured["lost"] = report.lost_by_speaker(now, self.measured.get("lost", ()))
            if now["phase"] != told:
                told = now["phase"]
                self.show.step(f"session is {told}")
            if told in ("ended", "failed", "stopped"):
                break
            self.measured["start_ns"] = now.get("start_ns") or self.measured.get("start_ns")
            self.show.move(self.progress(now, status["workers"]))
            if self.victim and "killed" not in self.measured and now["position_frames"] > KILLED_AT_S * 48000:
                self.kill(self.victim, session)
            time.sleep(0.4)
        if told != "ended":
            raise Trouble(f"the session does not end: it is {told}" + (f", {now['reason']}" if now["reason"] else ""))
        return now

    def kill(self, name, session):
        """When that was, by the clock of the cluster, which is nobody else's here: between two positions of the session."""
        def position_s():
            now = next(s for s in self.cluster.status()["sessions"] if s["id"] == session)
            return (now["start_ns"] + now["position_frames"] * 1e9 / 48000) / 1e9

        pid, after_s = self.cluster.pids()[name], position_s()
        os.kill(pid, signal.SIGKILL)
        self.measured["killed"] = {"worker": name, "after_s": after_s, "before_s": position_s()}
        self.show.step(f"worker {self.show.bold(name)} is killed; its supervisor starts it again")

    def progress(self, session, workers):
        at, whole = session["position_frames"] / 48000, max(session["frames"], 1) / 48000
        lost = sum(member["lost_frames"] for member in session["members"])
        worst = max((worker["clock_error_ns"] for worker in workers), default=0) / 1000
        return f"           [{bar(at / whole)}] {at:5.1f} of {whole:.1f} s   {lost} samples lost   clocks within {worst:.0f} us"

    def fetch(self, recording):
        view = self.cluster.antiphon("record", "stop", recording, "--wait", seconds=40)
        folder = self.cluster.folder / "recorded"
        manifest = self.cluster.antiphon("export", recording, "--to", str(folder))
        self.measured["origin_s"] = manifest["origin_ns"] / 1e9
        self.measured["gaps"] = [{"input": track["input"]} | gap for track in manifest["tracks"] for gap in track["gaps"]]
        self.measured["recorded"] = [str(file) for file in sorted(folder.glob("*.flac"))]
        seconds = max(track["frames"] for track in view["tracks"]) / 48000
        self.show.step(f"recorded {seconds:.1f} s with {len(self.measured['recorded'])} microphones: {folder}")

    def listen(self):
        self.show.step("looking for the four speakers in the recordings, by cross-correlation")
        start = self.measured.get("start_ns")
        options = ["--session-start-ns", start] if start is not None else []
        command = self.cluster.ruler("mics", "--json", "--melody", MELODY, "--room", self.cluster.room, *options, *self.measured["recorded"])
        ears = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        with ending(ears):
            self.measured["mics"] = answer_of(ears, "the comparison of the recordings", 120)

    def judge(self):
        self.measured["faults"] = report.faults_of(self.measured)
        self.measured["passed"] = not self.measured["faults"]
        for line in report.lines(self.measured):
            self.show.line(line)
        self.show.line()
        for fault in self.measured["faults"]:
            self.show.line(self.show.bad(f"  ! {fault}"))
        verdict = "PASSED: one programme, four speakers, one time" if self.measured["passed"] else "FAILED: see above"
        self.show.line((self.show.good if self.measured["passed"] else self.show.bad)(verdict))


@contextlib.contextmanager
def ending(process):
    """It does not outlive us."""
    try:
        yield
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def answer_of(process, name, seconds):
    """The JSON that it prints; that it finds a fault is an answer too."""
    try:
        out, problem = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        raise Trouble(f"{name} does not end") from None
    try:
        return json.loads(out)
    except ValueError:
        raise Trouble(f"{name} failed: {problem.strip()}") from None


def next_commands(cluster, build):
    """For a shell that stands anywhere."""
    quoted = lambda path: shlex.quote(str(path))  # noqa: E731
    program = pathlib.Path(build).absolute() / "antiphon"
    elsewhere = "" if program.parent == ROOT / "build" else f"ANTIPHON_BUILD={quoted(program.parent)} "
    commands = {
        "antiphon status --watch": "everything at one look",
        f"antiphon play {quoted(MELODY)} --to all": "again",
        "antiphon volume hall/left 0.3": "softer in the hall",
        "antiphon record start --from hall/mic": "... record stop ID, recordings",
        "antiphon events --follow": "what happens, as it happens",
        f"{quoted(program.with_name('antiphon-ruler'))} watch {quoted(cluster.room)}": "measure it yourself",
        f"kill -9 {cluster.pids().get('coordinator', 'PID')}": "the coordinator, while it plays: nobody hears it"}
    listed = "\n".join(f"  {command:46} # {words}" for command, words in commands.items())
    # a shell reads the words of an alias once more when it is used
    return f"""
The cluster is up: {cluster.url}   (its files: {cluster.folder})

    export ANTIPHON_URL={cluster.url} ANTIPHON_TOKEN="$(cat {quoted(cluster.folder / "coordinator/token")})" ANTIPHON_ROOM={quoted(cluster.room)}
    alias antiphon={quoted(quoted(program))}

{listed}

{elsewhere}{quoted(ROOT / "demo")} --stop ends it."""


def arguments():
    parser = argparse.ArgumentParser(prog="demo.d/stage.py", description="Plays the demo; use ./demo, which builds first.")
    parser.add_argument("--build", required=True, help="folder of the programs")
    parser.add_argument("--once", action="store_true")
    parser.add_argument("--stop", action="store_true")
    parser.add_argument("--report", metavar="FILE")
    parser.add_argument("--kill", metavar="WORKER", nargs="?", const="tower", choices=SPEAKERS)
    parser.add_argument("--without-clock-agreement", action="store_true")
    parser.add_argument("--mute", action="append", default=[], choices=SPEAKERS)
    parser.add_argument("--late", action="append", default=[], choices=SPEAKERS)
    return parser.parse_args()


def faults_asked(asked):
    faults = [("mute", name) for name in asked.mute] + [("late", name) for name in asked.late]
    return faults + ["no-clock-agreement"] * asked.without_clock_agreement


def end_earlier(build, memory, show):
    """Ends the cluster that an earlier call left up; false when there was none."""
    if not memory.exists():
        return False
    cluster = Cluster.described(build, memory.read_text())
    show.step(f"ending the cluster in {cluster.folder}")
    clear(cluster)
    memory.unlink()
    return True


def clear(cluster):
    cluster.end()
    shutil.rmtree(cluster.folder, ignore_errors=True)


def perform(cluster, show, asked):
    play = Play(cluster, show, asked.kill)
    play.gather()
    play.perform()
    play.listen()
    play.judge()
    if asked.report:
        pathlib.Path(asked.report).write_text(json.dumps(play.measured, indent=1) + "\n")
    return 0 if play.measured["passed"] else 1


def interrupted(number, _):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit(128 + number)


def main():
    asked, show = arguments(), Show()
    memory = pathlib.Path(asked.build) / "demo-cluster.json"
    if asked.stop:
        if not end_earlier(asked.build, memory, show):
            show.line("no cluster of ./demo is up")
        return 0
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    if not asked.once:
        end_earlier(asked.build, memory, show)
    cluster, stays = Cluster(asked.build, faults=faults_asked(asked)), False
    try:
        code = perform(cluster, show, asked)
        if not asked.once:
            memory.write_text(json.dumps(cluster.describe()))
            stays = True
            show.line(next_commands(cluster, asked.build))
        return code
    except Trouble as trouble:
        show.line(show.bad(f"FAILED: {trouble}"))
        return 1
    finally:
        if not stays:
            show.settle()
            clear(cluster)


if __name__ == "__main__":
    sys.exit(main())
