# Bluetooth headsets that sound in the virtual room: a message bus of our own, and a BlueZ of our own on it.
import socket
import subprocess

from stage_for_tests import BUILD, wait_for

POLICY = ('<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>'
          '<allow own="*"/></policy>')


def listens(path):
    """A socket is there before anybody listens at it."""
    with socket.socket(socket.AF_UNIX) as one:
        return one.connect_ex(str(path)) == 0


class Headsets:
    """One for each address, whose sound comes that many ms after its packets. Ended with the test."""

    def __init__(self, test, folder, room, delays_ms):
        self.address = f"unix:path={folder}/bus"
        configuration = folder / "bus.conf"
        configuration.write_text('<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" '
                                 '"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">'
                                 f"<busconfig><type>session</type><auth>EXTERNAL</auth><listen>{self.address}</listen>{POLICY}</busconfig>")
        with (folder / "bus.log").open("w") as log:
            self.bus = subprocess.Popen(["dbus-daemon", "--nofork", "--nopidfile", f"--config-file={configuration}"], stderr=log)
        test.addCleanup(self.end, self.bus)
        if not wait_for(lambda: listens(folder / "bus"), 10):
            raise AssertionError("the message bus does not begin")
        said = [f"{address}={delay}" for address, delay in delays_ms.items()]
        self.process = subprocess.Popen([BUILD / "fake-headsets", room, *said], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env={"DBUS_SYSTEM_BUS_ADDRESS": self.address, "PATH": "/usr/bin:/bin"})
        test.addCleanup(self.end, self.process)
        if self.process.stdout.readline().strip() != "ready":
            raise AssertionError("the headsets are not ready")

    @staticmethod
    def end(process):
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()

    def tell(self, *words):
        """What it answers to a line."""
        self.process.stdin.write(" ".join(str(word) for word in words) + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def calls(self):
        """What BlueZ was asked for, and how often."""
        return {name: int(count) for name, count in (call.rsplit("=", 1) for call in self.tell("calls").split(";") if call)}
