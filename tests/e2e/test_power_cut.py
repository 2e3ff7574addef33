# Goal: when the power goes, a recording loses a second at most, and all before it is there to the sample. Method: a guest with a kernel, a page cache and a disk of its
# own records what is known beforehand; the kernel is killed; the next one makes whole what it finds and records on.
import os
import pathlib
import random
import re
import shutil
import subprocess
import unittest

from guest import KERNEL, Disk, Guest
from stage_for_tests import BUILD, ROOT, RATE, fresh_folder

CUTS = 50 if os.environ.get("ANTIPHON_SWEEP") == "whole" else 3
FIRST_PROCESS = ROOT / "tests/powercut/guest"
LINE = re.compile(r"^\d+ \d+$")
LOST_AT_MOST_S = 1.0


class PowerCut(unittest.TestCase):
    def setUp(self):
        if not pathlib.Path(KERNEL).exists():
            self.skipTest(f"there is no {KERNEL} (package user-mode-linux)")
        self.folder = fresh_folder()
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.disk = Disk(self.folder)
        first = self.guest("check")
        why = first.why_not_up()
        first.end()
        if why:
            self.skipTest(f"this machine runs no guest of User-Mode Linux: {why}")

    def guest(self, verb):
        guest = Guest(self.folder, FIRST_PROCESS, {"VERB": verb, "PROGRAM": BUILD.resolve() / "powercut-recorder"}, self.disk)
        self.addCleanup(guest.end)
        return guest

    def record_and_cut(self, seconds):
        """What the recorder of this life had captured at least when the power went: its life, frames."""
        guest = self.guest("record")
        guest.line(lambda line: LINE.match(line) and int(line.split()[1]) > seconds * RATE, 60 + 4 * seconds)
        life, frames = [line for line in guest.cut_power() if LINE.match(line)][-1].split()
        guest.end()
        return int(life), int(frames)

    def check(self):
        """Of each life: frames that are told of, and how many of them are gaps."""
        guest = self.guest("check")
        guest.line(lambda line: line == "end", 120)
        lives = {int(life): (int(frames), int(gaps)) for life, frames, gaps in (line.split() for line in guest.heard if re.match(r"^\d+ \d+ \d+$", line))}
        guest.end()
        return lives

    def test_each_loses_a_second_at_most_and_nothing_that_was_there_before(self):
        moments = random.Random(int(os.environ.get("ANTIPHON_SWEEP_SEED", "1")))
        captured, worst = {}, 0
        for cut in range(CUTS):
            life, frames = self.record_and_cut(moments.uniform(0.6, 6))
            captured[life] = frames
            if (cut + 1) % 5 == 0 or cut + 1 == CUTS:
                worst = max(worst, self.look_at(captured))
        print(f"{CUTS} power cuts lost {worst:.3f} s at most")

    def look_at(self, captured):
        told = self.check()
        losses = []
        for life, frames in captured.items():
            there, _ = told.get(life, (0, 0))
            losses.append((frames - there) / RATE)
        self.assertLess(max(losses), LOST_AT_MOST_S, f"captured {captured}, told {told}")
        self.assertLessEqual(set(told), set(captured), "lives that never were")
        return max(losses)

    def test_a_disk_that_comes_back_has_no_damage_of_its_own(self):
        """The guest's file system is sound after its journal was played: what is lost is lost by us alone."""
        self.record_and_cut(2)
        self.check()
        checked = subprocess.run(["e2fsck", "-f", "-n", self.disk.image], capture_output=True, text=True, check=False, timeout=60)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)


if __name__ == "__main__":
    unittest.main()
