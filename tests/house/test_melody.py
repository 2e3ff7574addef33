# Goal: the shipped melody is what its script composes. Method: compose it anew and compare with the sums that the file carries.
import hashlib
import importlib.machinery
import importlib.util
import pathlib
import shutil
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "share/melody.flac"


def load_script():
    loader = importlib.machinery.SourceFileLoader("melody", str(ROOT / "tools/melody"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("melody", loader))
    loader.exec_module(module)
    return module


def stream_info(path):
    """Rate, channels, bits, frames and MD5 of the samples, from a FLAC file's first block."""
    head = path.read_bytes()[:42]
    packed = int.from_bytes(head[18:26], "big")
    return packed >> 44, (packed >> 41 & 7) + 1, (packed >> 36 & 31) + 1, packed & (1 << 36) - 1, head[26:42].hex()


class Melody(unittest.TestCase):
    def test_the_shipped_file_holds_the_composed_samples(self):
        melody = load_script()
        samples = melody.compose()
        self.assertLessEqual(max(map(abs, samples)), 32767 * 10 ** (-3 / 20))
        self.assertEqual(stream_info(SHIPPED),
                         (48000, 2, 16, len(samples) // 2, hashlib.md5(melody.pcm_bytes(samples)).hexdigest()),
                         "share/melody.flac differs; make it anew with: tools/melody share/melody.flac")

    def test_the_shipped_file_is_of_the_promised_length_and_size(self):
        rate, _, _, frames, _ = stream_info(SHIPPED)
        self.assertTrue(20 <= frames / rate <= 40)
        self.assertLessEqual(SHIPPED.stat().st_size, 3_000_000)

    @unittest.skipUnless(shutil.which("flac"), "the command flac is not installed")
    def test_the_shipped_file_decodes(self):
        subprocess.run(["flac", "--silent", "--test", str(SHIPPED)], check=True)
