# Files that programs wrote, and how much of a tone is in them.
import array
import math
import wave

from stage_for_tests import RATE


def samples_of(path):
    with wave.open(str(path)) as heard:
        assert (heard.getframerate(), heard.getsampwidth(), heard.getnchannels()) == (RATE, 2, 2), heard.getparams()
        return array.array("h", heard.readframes(heard.getnframes()))[::2]


def phase_of_tone(samples, hertz):
    """Of the tone in samples that begin at a whole period: -pi..pi, where it drifts as its clock does."""
    turns = [2 * math.pi * hertz * i / RATE for i in range(len(samples))]
    return math.atan2(sum(value * math.cos(turn) for value, turn in zip(samples, turns, strict=True)), sum(value * math.sin(turn) for value, turn in zip(samples, turns, strict=True)))


def part_of_tone(samples, hertz):
    """How much of the power is at the tone: 1 for it alone."""
    real = sum(value * math.cos(2 * math.pi * hertz * i / RATE) for i, value in enumerate(samples))
    imaginary = sum(value * math.sin(2 * math.pi * hertz * i / RATE) for i, value in enumerate(samples))
    return 2 * (real * real + imaginary * imaginary) / len(samples) / max(1, sum(value * value for value in samples))
