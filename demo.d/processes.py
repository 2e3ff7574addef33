# Processes of this machine: starting and ending one's own, and what each costs.
import os
import pathlib
import signal
import subprocess
import time

TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def wait_for(what, seconds, pause_s=0.1):
    """What `what` returns as soon as it is true, or its last answer when the time is up."""
    deadline = time.monotonic() + seconds
    while not (answer := what()) and time.monotonic() < deadline:
        time.sleep(pause_s)
    return answer


def stat_fields(pid):
    """The fields of /proc/PID/stat from the state on, or none when there is no such process."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return []
    return text[text.rindex(")") + 2 :].split()


def started_at(pid):
    """Ticks since boot; with the pid it tells a process from all others."""
    fields = stat_fields(pid)
    return int(fields[19]) if fields and fields[0] != "Z" else None


def children_of(pid):
    found = []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        fields = stat_fields(folder.name)
        if fields and int(fields[1]) == pid:
            found.append(int(folder.name))
    return sorted(found)


def name_of(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def descendants_of(pid):
    found = children_of(pid)
    return found + [below for child in found for below in descendants_of(child)]


class Process:
    """One that we started. It outlives us unless it is ended."""

    def __init__(self, name, pid, ticks, log):
        self.name, self.pid, self.ticks, self.log = name, pid, ticks, log
        self.handle = None

    @classmethod
    def start(cls, name, command, log, environment):
        with open(log, "ab") as out:
            handle = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=environment,
                                      start_new_session=True)
        process = cls(name, handle.pid, started_at(handle.pid), str(log))
        process.handle = handle
        return process

    def alive(self):
        if self.handle:
            self.handle.poll()
        return self.ticks is not None and started_at(self.pid) == self.ticks

    def tell(self, number):
        if self.alive():
            os.kill(self.pid, number)

    def last_words(self, lines=12):
        try:
            return "\n".join(pathlib.Path(self.log).read_text(errors="replace").splitlines()[-lines:])
        except OSError:
            return ""


def end_all(processes, seconds=8):
    """Asks all of them to end, then makes those end that have not; theirs with them."""
    families = {p: [(c, started_at(c)) for c in descendants_of(p.pid)] for p in processes if p.alive()}
    for process in families:
        process.tell(signal.SIGTERM)
    wait_for(lambda: not any(p.alive() for p in families), seconds)
    for process, family in families.items():
        process.tell(signal.SIGKILL)
        for pid, ticks in family:
            if ticks is not None and started_at(pid) == ticks:
                os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not any(p.alive() for p in families), 2)


def memory_kb(pid):
    """Resident, and resident with what is shared divided among those that share it."""
    sizes = {}
    for file in ("smaps_rollup", "status"):
        try:
            for line in pathlib.Path(f"/proc/{pid}/{file}").read_text().splitlines():
                words = line.split()
                if words and words[0] in ("Rss:", "Pss:", "VmRSS:"):
                    sizes.setdefault(words[0], int(words[1]))
        except OSError:
            pass
    return sizes.get("Rss:", sizes.get("VmRSS:", 0)), sizes.get("Pss:")


def cpu_s(pid):
    fields = stat_fields(pid)
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S if fields else None


class Costs:
    """CPU of named processes from now on, and their memory at the end."""

    def __init__(self, pids):
        self.begin = {name: (pid, cpu_s(pid)) for name, pid in pids.items()}
        self.started = time.monotonic()

    def rows(self):
        """Name, CPU in percent of one core, RSS and PSS in MB of each."""
        elapsed = time.monotonic() - self.started
        rows = []
        for name, (pid, before) in self.begin.items():
            now = cpu_s(pid)
            if now is None or before is None:
                continue
            rss, pss = memory_kb(pid)
            rows.append({"name": name, "pid": pid, "cpu_percent": round(100 * (now - before) / elapsed, 1),
                         "rss_mb": round(rss / 1024, 1), "pss_mb": round(pss / 1024, 1) if pss is not None else None})
        return rows
