# The peers, measured as we are: their own programs, from Debian, in the same namespaces behind the same switch, playing into sound cards of a virtual room by
# way of ALSA. Their clocks are the machine's, which never disagree; ours are secretly wrong. What they play is noise of their own server's.
import os
import pathlib
import shutil
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
RATE = 48000


class Missing(Exception):
    """What a peer needs and this machine has not."""


def needs(*programs):
    for program, package in programs:
        if not shutil.which(program):
            raise Missing(f"{program} is not installed (apt-get install {package})")


class Room:
    """Sound cards for programs that know ALSA alone, each on a board of its own."""

    def __init__(self, folder, plugin, crystals, granule):
        if not plugin.exists():
            raise Missing(f"{plugin} is not built (cmake --preset dev && cmake --build --preset dev)")
        self.folder = folder / "room"
        self.configuration = folder / "asound.conf"
        self.configuration.write_text(f'pcm_type.antiphon_card {{ lib "{plugin}" }}\n' + "".join(
            f'pcm.{name} {{ type antiphon_card room "{self.folder}" owner {name} name left ppm {ppm} granule {granule} }}\n' for name, ppm in crystals.items()))

    @property
    def environment(self):
        return os.environ | {"ALSA_CONFIG_PATH": str(self.configuration)}


class Peer:
    """Its server and its clients; each in its namespace."""

    def __init__(self, stack, folder, networks, room, uplink):
        self.stack, self.folder, self.networks, self.room, self.uplink = stack, folder, networks, room, uplink
        self.processes = {}

    def start(self, name, where, *command):
        log = (self.folder / f"{name}.log").open("w")
        process = subprocess.Popen([*self.networks.within(where), *map(str, command)], env=self.room.environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                   cwd=self.folder)
        self.stack.callback(process.wait)
        self.stack.callback(process.kill)
        self.processes[name] = process

    def pids(self):
        """Of what runs behind `ip netns exec`, which becomes it."""
        return {name: process.pid for name, process in self.processes.items()}

    def dead(self):
        return [f"{name}: {(self.folder / f'{name}.log').read_text()[-300:]}" for name, process in self.processes.items() if process.poll() is not None]


SNAPCAST_BUFFER_MS = 1000  # its default


def snapserver_configuration(folder, address, port, pipe, codec, buffer_ms=SNAPCAST_BUFFER_MS):
    """A file for `snapserver -c`, with a folder for what it keeps."""
    (folder / "data").mkdir()
    path = folder / "snapserver.conf"
    path.write_text(f"[server]\ndatadir = {folder}/data\n[http]\nenabled = false\n[tcp]\nenabled = false\n"
                    f"[stream]\nport = {port}\nbind_to_address = {address}\nbuffer = {buffer_ms}\nchunk_ms = 20\ncodec = {codec}\n"
                    f"source = pipe://{pipe}?name=sound&mode=read&sampleformat={RATE}:16:2\n[logging]\nsink = stdout\n")
    return path


def snapserver_title():
    told = subprocess.run(["snapserver", "--version"], capture_output=True, text=True, check=False).stdout
    return "Snapcast " + told.split()[1].lstrip("v").rstrip(",")


class Snapcast(Peer):
    LATENCY_MS = SNAPCAST_BUFFER_MS

    @staticmethod
    def title():
        needs(("snapserver", "snapserver"), ("snapclient", "snapclient"))
        return snapserver_title()

    def play(self, names, noise, latency_ms):
        configuration = snapserver_configuration(self.folder, self.uplink, 1704, noise, "flac", latency_ms)
        self.start("server", "coordinator", "snapserver", "-c", configuration)
        for number, name in enumerate(names, 1):
            self.start(name, name, "snapclient", "-h", self.uplink, "-p", 1704, "--hostID", name, "-i", number, "--player", "alsa", "-s", name)


class GStreamer(Peer):
    LATENCY_MS = 450  # 200 for the network, as its default, and the card's buffer

    @staticmethod
    def title():
        needs(("gst-launch-1.0", "gstreamer1.0-tools"))
        look = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import Gst; Gst.init(None); print(Gst.version_string())"
        told = subprocess.run(["/usr/bin/python3", "-c", look], capture_output=True, text=True, check=False)
        if told.returncode != 0:
            raise Missing("its bindings are not installed (apt-get install python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-alsa)")
        return told.stdout.strip()

    def play(self, names, noise, latency_ms):
        del noise
        script = ROOT / "bench/sync/gstreamer_peer.py"
        self.start("server", "coordinator", "/usr/bin/python3", script, "server", self.uplink, 8554, 8555)
        deadline = time.monotonic() + 20
        while "ready" not in (self.folder / "server.log").read_text() and time.monotonic() < deadline:
            time.sleep(0.05)
        for name in names:
            self.start(name, name, "/usr/bin/python3", script, "client", self.uplink, 8554, 8555, latency_ms, name)


PEERS = {"snapcast": Snapcast, "gstreamer": GStreamer}
