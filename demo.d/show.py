# How the demo talks: one line a step with the time it began at, and a line that moves on a terminal.
import sys
import time

from cluster import MICROPHONES, SPEAKERS


class Show:
    def __init__(self, out=sys.stdout):
        self.out = out
        self.terminal = out.isatty()
        self.begin = time.monotonic()
        self.moving = False

    def paint(self, code, text):
        return f"\x1b[{code}m{text}\x1b[0m" if self.terminal else text

    def bold(self, text):
        return self.paint("1", text)

    def good(self, text):
        return self.paint("32", text)

    def bad(self, text):
        return self.paint("31;1", text)

    def quiet(self, text):
        return self.paint("2", text)

    def line(self, text=""):
        self.settle()
        print(text, file=self.out, flush=True)

    def step(self, text):
        self.line(f"{self.quiet(f'[{time.monotonic() - self.begin:6.1f} s]')} {text}")

    def move(self, text):
        """A line that the next one takes the place of; only where somebody looks at it."""
        if not self.terminal:
            return
        self.out.write(f"\r\x1b[K{text}")
        self.out.flush()
        self.moving = True

    def settle(self):
        if self.moving:
            self.out.write("\r\x1b[K")
            self.out.flush()
            self.moving = False


def bar(part, width=30):
    full = round(max(0.0, min(part, 1.0)) * width)
    return "=" * full + "." * (width - full)


def floor_plan():
    """The room from above, two characters for half a metre."""
    columns, rows = 33, 13
    grid = [[" "] * columns for _ in range(rows)]

    def put(place, text):
        column, row = round(place[0] * 4), rows - 1 - round(place[1] * 2)
        column = min(column, columns - len(text))
        grid[row][column : column + len(text)] = text

    for name, place in SPEAKERS.items():
        put(place, f"<) {name}")
    for name, place in MICROPHONES.items():
        put(place, f"o {name}/mic")
    edge = "  +" + "-" * columns + "+"
    return [edge, *("  |" + "".join(row) + "|" for row in grid), edge + "  8 m by 6 m;  <) speaker  o microphone"]
