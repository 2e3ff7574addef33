# Files that programs wrote, and how much of a tone is in them.
import array
import math
import wave

from stage_for_tests import RATE


def samples_of(path):
    with wave.open(str(path)) as heard:
        assert (heard.getframerate(), heard.getsampwidth(), heard.getnchannels()) == (RATE, 2, 2), heard.getparams()
        return array.array("h", heard.readframes(heard.getnframes()))[::2]


def projected(samples, hertz):
    """The samples' sums against the cosine and the sine of the tone."""
    turns = [2 * math.pi * hertz * i / RATE for i in range(len(samples))]
    return [sum(value * wave_at(turn) for value, turn in zip(samples, turns, strict=True)) for wave_at in (math.cos, math.sin)]


def place_of_tone(samples, hertz):
    """How early the tone is in samples that begin at a whole period of it, in s, within half a period: a clock's drift shows in it."""
    cosine, sine = projected(samples, hertz)
    return math.atan2(cosine, sine) / (2 * math.pi * hertz)


def part_of_tone(samples, hertz):
    """How much of the power is at the tone: 1 for it alone."""
    cosine, sine = projected(samples, hertz)
    return 2 * (cosine * cosine + sine * sine) / len(samples) / max(1, sum(value * value for value in samples))
