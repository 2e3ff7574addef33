# Goal: a headset of somebody else's making hears what a board plays, over the real BlueZ and the kernel's Bluetooth. Method: a guest with two virtual controllers; our
# worker has one, BlueALSA the other, and what that has heard is judged here.
import array
import math
import os
import pathlib
import shutil
import subprocess
import unittest
import wave

from guest import KERNEL, Guest
from stage_for_tests import BUILD, MELODY, RATE, ROOT, fresh_folder

FIRST_PROCESS = ROOT / "tests/lab/guest"
TONE_HZ = 1000
QUEUE_MAX_US = 30_000
NEEDS = (KERNEL, "/usr/bin/btvirt", "/usr/bin/bluealsa", "/usr/libexec/bluetooth/bluetoothd")


def tone(path, seconds):
    second = array.array("h", (int(16000 * math.sin(2 * math.pi * TONE_HZ * i / RATE)) for i in range(RATE) for _ in range(2)))
    with wave.open(str(path), "wb") as out:
        out.setparams((2, 2, RATE, 0, "NONE", ""))
        for _ in range(seconds):
            out.writeframesraw(second.tobytes())


def left_of(path):
    with wave.open(str(path)) as file:
        assert file.getframerate() == RATE and file.getnchannels() == 2
        return array.array("h", file.readframes(file.getnframes()))[::2]


def fit(sound, hz, piece=4800):
    """Of each piece of 0.1 s: the phase of a tone of that pitch, by least squares, and its ratio to all else in dB; none where it is not most of the sound."""
    basis = [(math.cos(2 * math.pi * hz * i / RATE), math.sin(2 * math.pi * hz * i / RATE)) for i in range(piece)]
    cc, ss, cs = (sum(a * b for a, b in pairs) for pairs in ([(c, c) for c, _ in basis], [(s, s) for _, s in basis], basis))
    for begin in range(0, len(sound) - piece + 1, piece):
        part = sound[begin:begin + piece]
        energy = sum(value * value for value in part)
        cosine = sum(value * c for value, (c, _) in zip(part, basis))
        sine = sum(value * s for value, (_, s) in zip(part, basis))
        of_tone = (cosine * cosine * ss - 2 * cosine * sine * cs + sine * sine * cc) / (cc * ss - cs * cs)
        heard = energy > piece * 1000 ** 2 and of_tone > 0.9 * energy
        # the basis begins anew with each piece: what a whole number of periods is behind, its phase is
        yield (math.atan2(cosine, sine) - 2 * math.pi * hz * begin / RATE, 10 * math.log10(of_tone / max(energy - of_tone, 1e-9))) if heard else None


def median(values):
    return sorted(values)[len(values) // 2] if values else math.nan


def judge(sound, piece=4800):
    """How many pieces of 0.1 s have the tone, its pitch in Hz and the median of signal to noise in dB, once fitted to that pitch: it may be steered."""
    phases = [found and found[0] for found in fit(sound, TONE_HZ)]
    turns = [(b - a + math.pi) % (2 * math.pi) - math.pi for a, b in zip(phases, phases[1:]) if a is not None and b is not None]
    pitch = TONE_HZ + median(turns) * RATE / piece / (2 * math.pi)
    ratios = [found[1] for found in fit(sound, pitch) if found]
    return {"pieces": len(ratios), "pitch_hz": pitch, "snr_db": median(ratios)}


def loudness(sound, piece=RATE // 100):
    """Of each 10 ms."""
    return [math.sqrt(sum(value * value for value in sound[begin:begin + piece]) / piece) for begin in range(0, len(sound) - piece + 1, piece)]


def best_of(ours, theirs, begins):
    """Where `theirs` resembles all of `ours` most, and how much: -1 to 1."""
    return max((correlation(ours, theirs[at:at + len(ours)]), at) for at in begins)


def share_heard(heard, played, chunk=50, slack=30):
    """Of the half seconds: how many rise and fall in loudness as what was played there, or up to 0.3 s beside it: each packet that was lost moves what follows."""
    ours, theirs = loudness(heard), loudness(played)
    _, begin = best_of(ours, theirs, range(len(theirs) - len(ours) + 1))
    likenesses = [best_of(ours[at:at + chunk], theirs, range(max(0, begin + at - slack), min(len(theirs) - chunk, begin + at + slack)))[0]
                  for at in range(0, len(ours) - chunk + 1, chunk)]
    return sum(likeness > 0.8 for likeness in likenesses) / len(likenesses)


def correlation(ours, theirs):
    mean, other = sum(ours) / len(ours), sum(theirs) / len(theirs)
    both = sum((a - mean) * (b - other) for a, b in zip(ours, theirs))
    return both / math.sqrt(max(sum((a - mean) ** 2 for a in ours) * sum((b - other) ** 2 for b in theirs), 1e-9))


class BluetoothLab(unittest.TestCase):
    def setUp(self):
        for path in NEEDS:
            if not pathlib.Path(path).exists():
                self.skipTest(f"there is no {path}; tools/setup test installs it")
        modules = subprocess.run([ROOT / "tools/bluetooth-modules"], check=True, capture_output=True, text=True, timeout=1200).stdout.strip()
        self.folder = fresh_folder()
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        tone(self.folder / "tone.wav", 400)
        self.variables = {"MODULES": modules, "SHARED": self.folder, "ROOT": ROOT, "BUILD": pathlib.Path(BUILD).resolve()}

    def scene(self, name, seconds):
        guest = Guest(self.folder, FIRST_PROCESS, self.variables | {"SCENE": name}, memory="512M")
        self.addCleanup(guest.end)
        if why := guest.why_not_up():
            self.skipTest(f"this machine runs no guest of User-Mode Linux: {why}")
        guest.line(lambda line: line == "scene: done" or line.startswith(("scene: failed", "guest: ended", "guest: cannot")), seconds)
        self.assertEqual(guest.heard[-1], "scene: done", "\n".join(guest.heard[-60:]))
        return guest

    def assert_heard(self, name, seconds, share=0.95):
        heard = judge(left_of(self.folder / name))
        self.assertGreaterEqual(heard["pieces"], share * 10 * seconds, heard)
        self.assertLess(abs(heard["pitch_hz"] - TONE_HZ), 1, heard)
        self.assertGreater(heard["snr_db"], 40, heard)

    def test_a_headset_of_another_making_hears_what_is_played(self):
        guest = self.scene("plays", 240)
        self.assert_heard("first.wav", 6)
        told = next(line for line in guest.heard if line.startswith("scene: line:"))
        self.assertLessEqual(int(told.rsplit("=", 1)[1]), QUEUE_MAX_US, told)

    def test_it_is_heard_again_when_it_was_switched_off_in_the_middle(self):
        self.scene("comes-back", 300)
        self.assert_heard("back.wav", 6)

    def test_bluetoothd_that_dies_and_a_board_that_is_started_anew_are_survived(self):
        self.scene("survives", 420)
        self.assert_heard("survived.wav", 6)
        self.assert_heard("remembered.wav", 6)

    def test_the_section_of_the_readme_is_followed_as_it_is_written(self):
        self.scene("readme", 300)
        subprocess.run(["sox", MELODY, self.folder / "played.wav"], check=True, timeout=60)
        heard, played = (left_of(self.folder / name) for name in ("melody.wav", "played.wav"))
        self.assertGreaterEqual(share_heard(heard, played), 0.9)
        self.assertLess(share_heard(heard[::-1], played), 0.5, "the rule could not fail")


if __name__ == "__main__":
    unittest.main()
