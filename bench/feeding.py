# A program that plays into a named pipe, as fast as the pipe takes it.
import array
import contextlib
import math
import os
import random
import threading

RATE = 48000


def noise(seconds):
    """Which the ruler can tell from all other sound. s16, stereo, both channels alike."""
    source = random.Random(7)
    return array.array("h", (value for _ in range(seconds * RATE) for value in (source.randrange(-8000, 8000),) * 2)).tobytes()


def music(seconds):
    """Tones that come and go over a quiet noise: packs about as music does. s16, stereo; whole seconds join without a click."""
    source, frames = random.Random(7), array.array("h")
    for i in range(seconds * RATE):
        t = 2 * math.pi * i / RATE
        tone = 9000 * math.sin(440 * t) + 3000 * math.sin(3520 * t) * math.sin(9 * t)
        frames.extend((int(tone + source.gauss(0, 40)), int(0.8 * tone + source.gauss(0, 40))))
    return frames.tobytes()


class Player:
    """Begins at once, and goes on until it is stopped or nobody reads any more."""

    def __init__(self, pipe, sound):
        os.mkfifo(pipe)
        self.pipe, self.sound, self.stopping = pipe, sound, False
        threading.Thread(target=self.write, daemon=True).start()

    def write(self):
        pipe = os.open(self.pipe, os.O_WRONLY)  # waits for its reader
        with contextlib.suppress(BrokenPipeError):
            while not self.stopping:
                os.write(pipe, self.sound)
        os.close(pipe)

    def stop(self):
        self.stopping = True
