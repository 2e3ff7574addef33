# Goal: tools/setup does what it says on every kind of machine. Method: a fake apt-get, dpkg, sudo and id on PATH.
import os
import pathlib
import shutil
import subprocess
import unittest

from scratch import scratch_folder

SETUP = pathlib.Path(__file__).resolve().parents[2] / "tools/setup"
REAL_TOOLS = "bash env true cat grep awk tr rm chmod flock dirname mkdir find ln readlink mv"

# Each fake writes its call to `calls`; what a test wants of it stands in files of the machine's folder.
FAKES = {
    "id": 'echo "${FAKE_UID:-$(cat "$M/uid")}"',
    "sudo": 'echo "sudo $*" >>"$M/calls"; [ -e "$M/sudo-password" ] && exit 1\n'
            'while [ "${1#-}" != "$1" ]; do shift; done; FAKE_UID=0 exec "$@"',
    "dpkg": '[ "$1" = --print-architecture ] && echo amd64',
    "mmdebstrap": r"""
echo "mmdebstrap $*" >>"$M/calls"
root=${*: -1}
mkdir -p "$root/usr/lib" "$root/lib"
echo -n "the board's" >"$root/lib/libz.so.1"
ln -s /lib/libz.so.1 "$root/usr/lib/libz.so"
exit "$(cat "$M/mmdebstrap-code" 2>/dev/null || echo 0)"
""",
    "dpkg-query": 'cat "$M/installed"; exit 1',
    "apt-get": r"""
echo "apt-get $*" >>"$M/calls"
[ -e "$M/root/usr/sbin/policy-rc.d" ] && echo policy >>"$M/calls"
case " $* " in
*" update "*) rm -f "$M/stale"; exit "$(cat "$M/update-code" 2>/dev/null || echo 0)";;
*" -s "*) [ ! -e "$M/stale" ] || { echo "E: Unable to locate package"; exit 100; }; cat "$M/plan" 2>/dev/null;;
*) exit "$(cat "$M/install-code" 2>/dev/null || echo 0)";;
esac""",
}


class Machine:
    """A make-believe Debian in a scratch folder."""

    def __init__(self, uid=0, sudo=True):
        self.folder = scratch_folder()
        self.bin = self.folder / "bin"
        for path in ("bin", "root/usr/sbin", "root/run"):
            (self.folder / path).mkdir(parents=True)
        for name in ("installed", "calls", "plan"):
            self.write(name, "")
        self.write("uid", str(uid))
        for name in REAL_TOOLS.split():
            (self.bin / name).symlink_to(shutil.which(name))
        for name, body in FAKES.items():
            if name != "sudo" or sudo:
                self.write(f"bin/{name}", f'#!/usr/bin/env bash\nM={self.folder}\n{body}\n').chmod(0o755)

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def install(self, *packages):
        rows = (p if ":" in p else f"{p}:amd64" for p in packages)
        self.write("installed", "".join(f"installed {row}\n" for row in rows))

    def setup(self, *verbs):
        environment = {"PATH": str(self.bin), "ANTIPHON_SETUP_ROOT": str(self.folder / "root")}
        return subprocess.run([str(SETUP), *verbs], env=environment, stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=60)

    def calls(self):
        return (self.folder / "calls").read_text()

    def policy(self):
        return self.folder / "root/usr/sbin/policy-rc.d"


def wanted(verb):
    """The packages that a bare machine is told it lacks."""
    said = Machine(uid=1000, sudo=False).setup(verb).stdout
    return said.split("to install: ")[1].split("\n")[0].split()


class Setup(unittest.TestCase):
    def assert_done(self, machine, verb="run"):
        run = machine.setup(verb)
        self.assertEqual(run.returncode, 0, run.stdout)

    def test_root_installs_with_services_held_and_undoes_that(self):
        machine = Machine()
        self.assert_done(machine)
        self.assertIn("install --no-install-recommends g++", machine.calls())
        self.assertTrue(machine.calls().endswith("policy\n"), "apt-get must see the policy")
        self.assertNotIn(" update", machine.calls())
        self.assertFalse(machine.policy().exists())

    def test_with_all_there_it_calls_no_apt(self):
        machine = Machine(uid=1000, sudo=False)
        machine.install(*wanted("test"))
        run = machine.setup("test")
        self.assertEqual((run.returncode, machine.calls()), (0, ""))
        self.assertIn("packages are installed", run.stdout)

    def test_a_package_of_another_architecture_does_not_count(self):
        machine = Machine(uid=1000, sudo=False)
        machine.install(*(p for p in wanted("run") if p != "libssl-dev"), "libssl-dev:arm64")
        self.assertIn("to install: libssl-dev\n", machine.setup("run").stdout)

    def test_a_package_for_all_architectures_counts(self):
        machine = Machine()
        machine.install(*(p for p in wanted("run") if p != "libcli11-dev"), "libcli11-dev:all")
        self.assertIn("packages are installed", machine.setup("run").stdout)

    def test_a_user_with_sudo_becomes_root(self):
        machine = Machine(uid=1000)
        self.assert_done(machine)
        self.assertIn("sudo -n true\nsudo -n -- ", machine.calls())
        self.assertIn("apt-get", machine.calls())

    def test_a_user_whose_sudo_asks_is_told_what_to_do(self):
        machine = Machine(uid=1000)
        machine.write("sudo-password", "")
        run = machine.setup("run")
        self.assertEqual(run.returncode, 1)
        self.assertIn("run as root: tools/setup run", run.stdout)

    def test_a_user_without_sudo_is_told_what_to_do(self):
        machine = Machine(uid=1000, sudo=False)
        run = machine.setup("run")
        self.assertEqual((run.returncode, machine.calls()), (1, ""))
        self.assertIn("run as root: apt-get install --no-install-recommends g++", run.stdout)

    def test_an_older_boost_is_named_before_it_is_replaced(self):
        machine = Machine()
        machine.write("plan", "Remv libboost-dev [1.74.0.3]\nRemv libboost1.74-dev:amd64 [1.74.0]\nInst x\n")
        run = machine.setup("run")
        self.assertEqual(run.returncode, 0)
        self.assertIn("will be replaced: libboost-dev libboost1.74-dev:amd64", run.stdout)

    def test_nothing_but_boost_is_ever_removed(self):
        machine = Machine()
        machine.write("plan", "Remv libcgal-dev [5.5]\nRemv libboost1.74-dev [1.74.0]\n")
        run = machine.setup("run")
        self.assertEqual(run.returncode, 1)
        self.assertIn("would remove libcgal-dev too", run.stdout)
        self.assertEqual(machine.calls().count(" install "), 1, "only the simulated one")

    def test_stale_lists_are_refreshed_once(self):
        machine = Machine()
        machine.write("stale", "")
        self.assert_done(machine)
        self.assertEqual(machine.calls().count(" update"), 1)

    def test_an_update_that_fails_is_told(self):
        machine = Machine()
        machine.write("stale", "")
        machine.write("update-code", "100")
        run = machine.setup("run")
        self.assertEqual(run.returncode, 1)
        self.assertIn("apt-get update failed", run.stdout)

    def test_a_failed_installation_undoes_the_policy(self):
        machine = Machine()
        machine.write("install-code", "100")
        run = machine.setup("run")
        self.assertEqual(run.returncode, 1)
        self.assertIn("apt-get install failed", run.stdout)
        self.assertIn("policy", machine.calls())
        self.assertFalse(machine.policy().exists())

    def test_a_policy_of_the_machine_stays(self):
        machine = Machine()
        machine.policy().write_text("#!/bin/sh\nexit 0\n")
        self.assert_done(machine)
        self.assertEqual(machine.policy().read_text(), "#!/bin/sh\nexit 0\n")

    def test_a_policy_left_by_a_killed_setup_goes(self):
        machine = Machine()
        machine.policy().write_text("# written by tools/setup of Antiphon; goes away when it ends\n")
        self.assert_done(machine)
        self.assertFalse(machine.policy().exists())

    def test_arm64_unpacks_what_boards_have_and_installs_none_of_it(self):
        machine = Machine()
        self.assert_done(machine, "arm64")
        root = machine.folder / "root/build-arm64/root"
        self.assertIn("mmdebstrap --quiet --variant=extract --architectures=arm64", machine.calls())
        self.assertIn("prometheus-cpp-dev", (root / "made-of").read_text())
        self.assertEqual((root / "usr/lib/libz.so").read_text(), "the board's", "a link stays within the board")
        self.assertNotIn(":arm64", machine.calls())

    def test_what_boards_have_is_made_anew_only_when_it_changes(self):
        machine = Machine()
        self.assert_done(machine, "arm64")
        machine.write("calls", "")
        self.assert_done(machine, "arm64")
        self.assertNotIn("mmdebstrap --quiet", machine.calls())
        machine.write("root/build-arm64/root/made-of", "bookworm arm64 less")
        self.assert_done(machine, "arm64")
        self.assertIn("mmdebstrap --quiet", machine.calls())

    def test_half_of_what_boards_have_is_nothing(self):
        machine = Machine()
        machine.write("mmdebstrap-code", "1")
        run = machine.setup("arm64")
        self.assertEqual(run.returncode, 1, run.stdout)
        self.assertIn("check the network", run.stdout)
        self.assertEqual(list((machine.folder / "root/build-arm64").iterdir()), [])

    def test_wrong_usage_is_refused(self):
        for verbs in ((), ("both",), ("run", "test")):
            run = Machine().setup(*verbs)
            self.assertEqual(run.returncode, 2, verbs)
            self.assertIn("usage:", run.stdout)


if __name__ == "__main__":
    unittest.main()
