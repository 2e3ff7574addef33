# What the other side of the air does in a guest: a headset of somebody else's making (BlueALSA) behind the second controller.
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading

import dbus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[2] / "demo.d")]

from processes import wait_for  # noqa: E402

PROPERTIES = "org.freedesktop.DBus.Properties"
ADAPTER = "org.bluez.Adapter1"


def must_come(what, seconds, why):
    """What `what` returns once it is true; the bus may not have it yet."""

    def look():
        try:
            return what()
        except dbus.DBusException:
            return None

    if not (found := wait_for(look, seconds)):
        raise AssertionError(why)
    return found


class Agent(dbus.service.Object):
    """A headset in pairing mode lets in whoever comes."""

    INTERFACE = "org.bluez.Agent1"

    @dbus.service.method(INTERFACE, in_signature="os", out_signature="")
    def AuthorizeService(self, device, uuid):
        pass

    @dbus.service.method(INTERFACE, in_signature="o", out_signature="")
    def RequestAuthorization(self, device):
        pass

    @dbus.service.method(INTERFACE, in_signature="ou", out_signature="")
    def RequestConfirmation(self, device, passkey):
        pass

    @dbus.service.method(INTERFACE, in_signature="", out_signature="")
    def Cancel(self):
        pass

    @dbus.service.method(INTERFACE, in_signature="", out_signature="")
    def Release(self):
        pass


class Bluetoothd:
    """The real one, with the options of an Antiphon board."""

    def __init__(self):
        self.process = None

    def start(self):
        self.process = subprocess.Popen(["/usr/libexec/bluetooth/bluetoothd", "-n", "-E", "-f", "/run/main.conf"],
                                        stdout=open("/run/bluetoothd.log", "ab"), stderr=subprocess.STDOUT)  # noqa: SIM115

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


class Headset:
    """hci1: to be paired with, and a sink whose sound is kept in a file."""

    def __init__(self):
        dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
        self.bus = must_come(dbus.SystemBus, 30, "the message bus does not come")
        self.agent = None
        self.sink = None
        threading.Thread(target=GLib.MainLoop().run, daemon=True).start()

    def adapter(self, name):
        return dbus.Interface(self.bus.get_object("org.bluez", f"/org/bluez/{name}"), PROPERTIES)

    def address(self, name):
        return str(must_come(lambda: self.adapter(name).Get(ADAPTER, "Address"), 60, f"{name} does not come"))

    def powered(self, name):
        must_come(lambda: self.adapter(name).Get(ADAPTER, "Powered"), 60, f"{name} is not on")

    def begin(self):
        """Once bluetoothd is there; again after it was started anew."""
        self.powered("hci1")
        self.sink = subprocess.Popen(["bluealsa", "-B", "sink", "-i", "hci1", "-p", "a2dp-sink"], stdout=open("/run/bluealsa.log", "ab"),  # noqa: SIM115
                                     stderr=subprocess.STDOUT)
        must_come(lambda: self.bus.name_has_owner("org.bluealsa.sink"), 30, "BlueALSA does not come")

    def end(self):
        self.sink.kill()
        self.sink.wait()

    def set(self, name, value):
        self.adapter("hci1").Set(ADAPTER, name, dbus.Boolean(value, variant_level=1))

    def switch(self, on):
        self.set("Powered", on)

    def pairing_mode(self):
        """One bluetoothd serves both sides: who comes to the headset is let in by the agent that came last."""
        if not self.agent:
            self.agent = Agent(self.bus, "/headset/agent")
        manager = must_come(self.agents, 60, "bluetoothd takes no agent")
        manager.RequestDefaultAgent("/headset/agent")
        for name in ("Pairable", "Discoverable"):
            self.set(name, True)

    def agents(self):
        """Who manages them, once it has ours; a bluetoothd that has just begun has the object before the interface."""
        manager = dbus.Interface(self.bus.get_object("org.bluez", "/org/bluez"), "org.bluez.AgentManager1")
        try:
            manager.RegisterAgent("/headset/agent", "NoInputNoOutput")
        except dbus.DBusException as problem:
            if problem.get_dbus_name() != "org.bluez.Error.AlreadyExists":
                raise
        return manager

    def know_end_points_of(self, other):
        """BlueZ 5.66 as an acceptor answers its first stream with a wrong label while it asks for the other's end points: it is told them before."""
        cache = pathlib.Path("/var/lib/bluetooth") / self.address("hci1") / "cache"
        cache.mkdir(parents=True, exist_ok=True)
        (cache / other).write_text("[General]\nName=board\n\n[Endpoints]\n01=00:00:01:ffff02fa\n02=00:00:01:ffff02fa\n")

    def record(self, source, seconds, to):
        return subprocess.Popen(["arecord", "-q", "-D", f"bluealsa:SRV=org.bluealsa.sink,DEV={source},PROFILE=a2dp", "-f", "S16_LE", "-r", "48000", "-c", "2",
                                 "-d", str(seconds), str(to)])


def cpu_ticks(pid):
    return sum(int(field) for field in re.split(r"\s+", pathlib.Path(f"/proc/{pid}/stat").read_text())[13:15])


def tell(*words):
    print("scene:", *words, flush=True)
    os.sync()
