# A program that plays noise, which the ruler can tell from all other sound.
import array
import contextlib
import errno
import os
import pathlib
import random
import threading
import wave

PIECE = 480  # frames that a writer gives at once
RATE = 48000
SMOOTHED = 8  # frames of noise that are one


class Writer:
    """A program that plays noise into a named pipe, as fast as the pipe takes it, until it is stopped."""

    def __init__(self, pipe):
        self.pipe = pipe
        self.stopping = threading.Event()
        self.failure = None
        self.thread = threading.Thread(target=self.write, daemon=True)
        self.thread.start()

    def open(self):
        while not self.stopping.is_set():
            try:
                return os.open(self.pipe, os.O_WRONLY | os.O_NONBLOCK)
            except OSError as error:
                if error.errno != errno.ENXIO:  # nobody reads yet
                    raise
                self.stopping.wait(0.02)
        return None

    def write(self):
        noise = random.Random(7)
        pipe = self.open()
        if pipe is None:
            return
        try:
            while not self.stopping.is_set():
                frames = array.array("h", (value for _ in range(PIECE) for value in (noise.randrange(-8000, 8000),) * 2)).tobytes()
                while frames and not self.stopping.is_set():
                    try:
                        frames = frames[os.write(pipe, frames):]
                    except BlockingIOError:
                        self.stopping.wait(0.005)
        except BrokenPipeError as error:
            self.failure = error
        finally:
            os.close(pipe)

    def stop(self):
        self.stopping.set()
        self.thread.join()


def play_noise(test, cluster, output):
    """The session that plays noise there, until the test ends."""
    pipe = str(cluster.folder / "radio")
    os.mkfifo(pipe)
    writer = Writer(pipe)
    test.addCleanup(writer.stop)
    return cluster.antiphon("play", f"pipe:{pipe}", "--to", output, "--latency", "300")["id"]


def noise_file(folder, seconds):
    """A file of that length that sounds at no two places of a second alike, so that its time can be told; dull, so that it can be told also while
    a speaker is being steered."""
    path = pathlib.Path(folder) / "noise.wav"
    source = random.Random(7)
    sharp = [source.randrange(-20000, 20000) for _ in range(5 * RATE + SMOOTHED)]
    total = sum(sharp[:SMOOTHED])
    piece = array.array("h")
    for i in range(5 * RATE):
        piece.append(total // SMOOTHED)
        total += sharp[i + SMOOTHED] - sharp[i]
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 2, RATE, 0, "NONE", ""))
        for _ in range(seconds // 5):
            out.writeframesraw(piece.tobytes())
    return path
