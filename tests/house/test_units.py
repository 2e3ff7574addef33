# Goal: the unit files are what systemd and the programs want. Method: read them, and have systemd itself read them.
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
UNITS = sorted((ROOT / "share/systemd").glob("*.service"))


def settings_of(text):
    return dict(re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE))


def verified(folder, unit, text):
    """What systemd finds wrong with that text under the unit's name."""
    path = pathlib.Path(folder) / unit.name
    path.write_text(re.sub(r"/usr/bin/antiphon", "/bin/true", text))
    run = subprocess.run(["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(path)], capture_output=True, text=True,
                         timeout=60, check=False)
    return [line for line in (run.stdout + run.stderr).splitlines() if unit.name in line]


class Units(unittest.TestCase):
    def test_each_program_has_one_that_waits_for_it_watches_it_and_starts_it_again(self):
        self.assertEqual([unit.stem for unit in UNITS], ["antiphon-coordinator", "antiphon-worker"])
        for unit in UNITS:
            with self.subTest(unit.name):
                settings = settings_of(unit.read_text())
                verb = unit.stem.removeprefix("antiphon-")
                self.assertTrue(settings["ExecStart"].startswith(f"/usr/bin/antiphon {verb} "))
                wanted = {"Type": "notify", "Restart": "always", "NoNewPrivileges": "yes", "ProtectSystem": "strict"}
                self.assertEqual({key: settings[key] for key in wanted}, wanted)
                self.assertGreaterEqual(int(settings["WatchdogSec"]), 10)
                self.assertGreater(int(settings["TimeoutStopSec"]), 5)
                self.assertGreater(int(settings["TimeoutStartSec"]), 60)

    @unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not installed")
    def test_systemd_finds_nothing_wrong(self):
        with tempfile.TemporaryDirectory() as folder:
            for unit in UNITS:
                with self.subTest(unit.name):
                    self.assertEqual(verified(folder, unit, unit.read_text()), [])
                    broken = unit.read_text().replace("WatchdogSec=30", "WatchdogSek=30").replace("Type=notify", "Type=notfy")
                    self.assertEqual(len(verified(folder, unit, broken)), 2)


if __name__ == "__main__":
    unittest.main()
