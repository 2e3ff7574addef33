# A machine of its own: User-Mode Linux over this one's files, read-only, where one wants with an ext4 disk. Its power can be cut.
import os
import pathlib
import queue
import signal
import subprocess
import threading
import time

KERNEL = "/usr/bin/linux.uml"
UP = "guest: up"


class Disk:
    def __init__(self, folder, megabytes=96):
        self.image = pathlib.Path(folder) / "disk.img"
        with self.image.open("wb") as image:
            image.truncate(megabytes << 20)
        subprocess.run(["mkfs.ext4", "-q", "-F", self.image], check=True, timeout=60)


class Guest:
    """A kernel whose first process is the script `first`; `variables` are its environment. Its lines come from line()."""

    def __init__(self, folder, first, variables, disk=None, memory="128M"):
        name = f"guest{os.getpid()}"
        self.console = queue.Queue()
        self.heard = []
        self.process = subprocess.Popen(
            [KERNEL, f"mem={memory}", "root=/dev/root", "rootfstype=hostfs", "rootflags=/", "ro", f"init={first}", *([f"ubd0={disk.image}"] if disk else []),
             "con=null", "con0=fd:0,fd:1", "loglevel=3", "panic=-1", "random.trust_cpu=on", f"umid={name}", f"uml_dir={folder}/",
             *(f"{name}={value}" for name, value in variables.items())],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True, env={"PATH": os.environ["PATH"]})
        threading.Thread(target=self._listen, daemon=True).start()

    def why_not_up(self, seconds=60):
        """Why this machine runs no guest; nothing: its first process runs."""
        try:
            self.line(lambda line: line == UP, seconds)
        except AssertionError as silent:
            return str(silent)
        return ""

    def _listen(self):
        for line in self.process.stdout:
            self.console.put(line.strip())
        self.console.put(None)

    def line(self, wanted, seconds):
        """The next line that `wanted` is true of; the guest is gone, or the time is up: AssertionError with what it said."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            try:
                line = self.console.get(timeout=left)
            except queue.Empty:
                break
            if line is None:
                break
            self.heard.append(line)
            if wanted(line):
                return line
        raise AssertionError("the guest did not say it: " + " | ".join(self.heard[-20:]))

    def cut_power(self):
        """The processes of the kernel die at once, and what it had in memory is gone. All lines that came before."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=30)
        while (line := self.console.get(timeout=30)) is not None:
            self.heard.append(line)
        return self.heard

    def end(self):
        if self.process.poll() is None:
            self.cut_power()
        self.process.stdout.close()
