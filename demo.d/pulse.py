# Feels whether the machine itself stands still: a thread that wants to wake up each 10 ms.
import threading
import time

BEAT_S = 0.01
FROZEN_S = 0.1  # this late: nobody could have played on; speakers hold 200 ms at most


class Pulse:
    """Counts from its start to its stop."""

    def __init__(self):
        self.freezes, self.longest_s = 0, 0.0
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        due = time.monotonic() + BEAT_S
        while not self.stopping.wait(max(0.0, due - time.monotonic())):
            late = time.monotonic() - due
            self.longest_s = max(self.longest_s, late)
            self.freezes += late > FROZEN_S
            due = time.monotonic() + BEAT_S

    def stop(self):
        self.stopping.set()
        self.thread.join()
        return {"freezes": self.freezes, "longest_ms": round(1000 * self.longest_s, 1)}
