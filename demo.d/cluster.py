# A whole cluster of real processes on this machine: a coordinator and workers in a virtual room.
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile

from processes import Process, children_of, end_all, name_of, wait_for

# The place of each speaker, in metres from a corner of the room, and of the microphones.
SPEAKERS = {"hall": (0.9, 0.8), "foyer": (7.2, 1.1), "garden": (6.6, 5.2), "tower": (1.3, 5.4)}
MICROPHONES = {"hall": (3.1, 2.3), "tower": (4.6, 3.9)}
INPUTS = [f"{worker}/mic" for worker in MICROPHONES]


class Trouble(Exception):
    """What went wrong, in words for the person at the terminal."""


def free_ports(count):
    """Different ports of the loopback on which nobody listens, TCP and UDP."""
    held = []
    while len(held) < 2 * count:
        stream = socket.socket()
        stream.bind(("127.0.0.1", 0))
        datagram = socket.socket(type=socket.SOCK_DGRAM)
        held += [stream, datagram]
        try:
            datagram.bind(stream.getsockname())
        except OSError:
            held = held[:-2]
            continue
    ports = [stream.getsockname()[1] for stream in held[::2]]
    for one in held:
        one.close()
    return ports


def fresh_folder():
    """In memory where that can be: the sound of a virtual room passes through files."""
    memory = "/dev/shm"
    roomy = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 256 << 20
    return pathlib.Path(tempfile.mkdtemp(prefix="antiphon-demo-", dir=memory if roomy else None))


class Cluster:
    def __init__(self, build, folder=None, faults=()):
        """`faults`: of {"no-clock-agreement", ("mute", WORKER), ("late", WORKER)}."""
        self.build = pathlib.Path(build).absolute()
        self.folder = folder or fresh_folder()
        self.faults = faults
        self.processes = {}
        self.variables = {}  # for all processes, above the environment
        self.within = []  # a command that runs commands, for the command line
        self.authority = ""  # a file: who vouches for a coordinator that speaks TLS
        self.url = ""
        self.ports = ()

    @property
    def room(self):
        return self.folder / "room"

    @property
    def environment(self):
        token = self.folder / "coordinator/token"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ANTIPHON_")}
        believed = {"ANTIPHON_TLS_CA": self.authority} if self.authority else {}
        return kept | believed | {"ANTIPHON_URL": self.url, "ANTIPHON_ROOM": str(self.room),
                       "ANTIPHON_TOKEN": token.read_text().strip() if token.exists() else ""}

    # ---- the command line, as a user has it

    def antiphon(self, *arguments, seconds=20):
        """What `antiphon ... --json` says."""
        command = [*self.within, str(self.build / "antiphon"), *arguments, "--json"]
        try:
            done = subprocess.run(command, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                  timeout=seconds, check=False)
        except subprocess.TimeoutExpired:
            raise Trouble(f"`antiphon {' '.join(arguments)}` did not answer within {seconds} s") from None
        if done.returncode != 0:
            raise Trouble(f"`antiphon {' '.join(arguments)}` failed: {done.stderr.strip() or done.stdout.strip()}")
        return json.loads(done.stdout) if done.stdout.strip() else None

    def status(self):
        return self.antiphon("status")

    def ruler(self, *arguments):
        return [str(self.build / "antiphon-ruler"), *map(str, arguments)]

    # ---- processes

    def start(self, name, *command, within=()):
        """Under the product's own supervisor, like on a board under systemd's. `within`: a command that runs commands."""
        supervised = [*within, str(self.build / "antiphon"), "supervise", "--", str(self.build / "antiphon"), *map(str, command)]
        self.processes[name] = Process.start(name, supervised, self.folder / f"{name}.log", self.environment | self.variables)

    def start_coordinator(self, *options, folder="coordinator", address="127.0.0.1", **how):
        """One that takes the place of another has its ports."""
        self.room.mkdir(exist_ok=True)
        self.ports = self.ports or free_ports(3)
        http, mqtt, clock = self.ports
        self.url = f"http{'s' if self.authority else ''}://{address}:{http}"
        self.start("coordinator", "coordinator", "--data", self.folder / folder, "--listen", f"{address}:{http}",
                   "--mqtt-port", mqtt, "--clock-port", clock, *options, **how)
        self.expect(self.answers, 20, "the coordinator does not answer", "coordinator")

    def answers(self):
        try:
            return self.status()
        except Trouble:
            return None

    def start_worker(self, board, name=None, invitation=None, speaker_options="", options=(), **how):
        """On a board of SPEAKERS with a folder of its own; called like the board and newly invited, unless told otherwise ("": not at all).
        `speaker_options`: of its device, each after a comma. `options`: of the worker."""
        x, y = SPEAKERS[board]
        speaker = f"left=virtual:speaker,at={x},{y}{speaker_options}"
        speaker += ",mute" if ("mute", board) in self.faults else ""
        speaker += ",late=5" if ("late", board) in self.faults else ""
        if invitation is None:
            invitation = self.antiphon("invite")["invitation"]
        command = ["worker", "--name", name or board, *(["--join", invitation] if invitation else []), "--data", self.folder / board, "--output", speaker]
        if board in MICROPHONES:
            x, y = MICROPHONES[board]
            command += ["--input", f"mic=virtual:microphone,at={x},{y}"]
        if "no-clock-agreement" in self.faults:
            command.append("--no-clock-agreement")
        command += options
        self.start(board, *command, **how)

    def stop(self, name):
        """Ends one; its folder stays."""
        end_all([self.processes.pop(name)])

    def workers(self):
        status = self.answers()
        return {worker["name"]: worker for worker in status["workers"]} if status else {}

    def ready(self):
        """The workers, once each that was started is there and knows what time it is."""
        workers = self.workers()
        well = [w for w in workers.values() if w["online"] and w["clock_synchronised"]]
        return workers if len(well) == len(self.processes.keys() - {"coordinator"}) else None

    def expect(self, what, seconds, problem, name):
        """What `what` returns once it is true; or trouble, with the last words of a process, at once if that is dead."""
        process = self.processes[name]
        answer = wait_for(lambda: what() or (not process.alive() and process), seconds)
        if answer and answer is not process:
            return answer
        raise Trouble(f"{problem}; the end of {process.log}:\n{process.last_words()}")

    def pids(self):
        """Of each process that does the work, by name."""
        found = {}
        for name, supervisor in self.processes.items():
            for child in children_of(supervisor.pid):
                found[name] = child
                for below in children_of(child):
                    found["broker" if name_of(below) == "mosquitto" else f"{name}'s {name_of(below)}"] = below
        return found

    def end(self):
        end_all([p for name, p in self.processes.items() if name != "coordinator"])
        end_all(list(self.processes.values()))

    # ---- what stays for the next call

    def describe(self):
        return {"folder": str(self.folder), "url": self.url,
                "processes": [[p.name, p.pid, p.ticks, p.log] for p in self.processes.values()]}

    @classmethod
    def described(cls, build, text):
        told = json.loads(text)
        cluster = cls(build, pathlib.Path(told["folder"]))
        cluster.url = told["url"]
        cluster.processes = {row[0]: Process(*row) for row in told["processes"]}
        return cluster
