# The calls that have a place where they belong, and what to use elsewhere.
import re
from dataclasses import dataclass

from tidylib.report import Finding
from tidylib.source import TEST_NAME

ANYWHERE = re.compile("")
NOWHERE = re.compile("(?!)")
LOCKS = (r"thread|jthread|mutex|recursive_mutex|shared_mutex|timed_mutex|recursive_timed_mutex|condition_variable\w*|"
         r"lock_guard|unique_lock|scoped_lock|shared_lock|async|promise|future|shared_future|packaged_task|"
         r"counting_semaphore|binary_semaphore|latch|barrier|call_once|once_flag")


@dataclass(frozen=True)
class Ban:
    rule: str
    pattern: re.Pattern
    message: str  # {0} is what was found
    allowed: re.Pattern = NOWHERE  # paths where it belongs
    banned: re.Pattern = ANYWHERE  # paths where it does not; both match the path


def ban(rule, pattern, message, allowed=None, banned=None):
    return Ban(rule, re.compile(pattern), message, re.compile(allowed) if allowed else NOWHERE,
               re.compile(banned) if banned else ANYWHERE)


TESTS = rf"^tests/|{TEST_NAME.pattern}"
PURE = r"^(?:core|media|ports|sim)/"

BANS = [
    ban("wall-clock",
        r"\bsystem_clock\b|\butc_clock\b|\bgettimeofday\b|\bCLOCK_REALTIME\b|\b(?:std\s*::\s*)?time\s*\(\s*(?:nullptr|NULL|0|&\w+)\s*\)",
        "{0} reads the wall clock; use ports::Clock::wall() for labels and ports::Clock::now() for decisions instead",
        allowed=r"^adapters/(?:system|net|virtual_audio)/"),
    ban("clock",
        r"\b(?:steady_clock|high_resolution_clock)\s*::\s*now\b|\bclock_gettime\b|\bCLOCK_MONOTONIC\w*",
        "{0} reads a clock where time is a value; take a core::LocalTime as a parameter instead",
        banned=PURE, allowed=TESTS),
    ban("random",
        r"\brandom_device\b|\bgetrandom\b|\barc4random\w*|\bgetentropy\b",
        "{0} cannot be replayed; use a seed that is passed in (and printed) instead",
        allowed=r"^adapters/system/"),
    ban("random",
        r"(?<![\w.>])(?:std\s*::\s*)?(?:s?rand|drand48)\s*\(|\bmt19937\w*|\bdefault_random_engine\b|\bminstd_rand0?\b",
        "{0} draws numbers nobody can replay; pass in what was drawn, or a seed, instead",
        allowed=rf"^(?:sim|bench|adapters/system)/|{TESTS}"),
    ban("threads",
        rf"\bstd\s*::\s*(?:{LOCKS})\b(?!\s*::\s*id)|#\s*include\s*<(?:thread|mutex|shared_mutex|condition_variable|future|semaphore|latch|barrier)>",
        "{0} does not belong here; send a message to an actor, or use actors/ for what crosses threads, instead",
        allowed=rf"^(?:actors|adapters/\w+|bench)/|{TESTS}"),
    ban("io",
        r"#\s*include\s*<(?:fstream|iostream|filesystem|unistd\.h|fcntl\.h)>|\bstd\s*::\s*getenv\b|(?<![\w.>:])(?:fopen|getenv)\s*\(",
        "{0} reaches outside where values go in and come out; use a port of ports/ instead",
        allowed=TESTS, banned=r"^(?:core|media|sim)/(?!program/|mutants/)"),
    ban("sleep",
        r"\bsleep_for\b|\bsleep_until\b|\busleep\b|\bnanosleep\b|(?<![\w.])(?:::)?sleep\s*\(",
        "{0} makes a test slow or flaky, and code deaf; advance the time, or wait for the event with a deadline, instead",
        allowed=r"^(?:adapters|bench|apps/ruler)/(?!.*\.test\.cpp$)"),
    ban("print",
        r"\bstd\s*::\s*(?:cout|cerr|clog)\b|(?<![\w.])(?:std\s*::\s*)?(?:printf|puts|putchar)\s*\(",
        "{0} writes to a terminal that is not ours; return text, or log an event, instead",
        allowed=rf"^(?:apps|bench)/|^sim/(?:program|mutants)/|{TESTS}"),
    ban("naked-new",
        r"(?<!operator)(?<!operator )\bnew\s+(?:\(std::nothrow\)\s*)?[A-Za-z_:]|(?<!=)(?<!= )(?<!operator)(?<!operator )\bdelete\b(?!\s*;)",
        "{0} owns nothing; use std::make_unique or a container instead"),
    ban("assert",
        r"(?<![\w.])assert\s*\(|#\s*include\s*<(?:cassert|assert\.h)>",
        "{0} goes away in release; use ANTIPHON_ASSERT of core/contract.hpp instead"),
    ban("using-namespace",
        r"^using\s+namespace\b[^;]*",
        "{0} in a header reaches everybody who includes it; name what you use instead",
        banned=r"\.hpp$"),
]
OWNED = re.compile(r"(?:unique|shared)_ptr<[^;{}]*>\s*\w*\s*[({]\s*\Z")
SCRIPT_SLEEP = re.compile(r"^\s*(?!#)(?:.*[;&|(]\s*|.*\b(?:do|then|else)\s+)?sleep\s+[\d.$]|\btime\.sleep\(|\basyncio\.sleep\(")
NOLINT = re.compile(r"//\s*NOLINT(?:NEXTLINE|BEGIN)?(?P<checks>\([\w.,* -]+\))?(?P<why>:?\s*\S.*)?")


def check_bans(tree):
    for source in tree.cpp():
        for one in BANS:
            if one.banned.search(source.path) and not one.allowed.search(source.path):
                yield from places(source, one)


def places(source, one):
    """Bans look at code without comments; header-scope ones at lines that are not indented."""
    pattern = re.compile(one.pattern.pattern, re.MULTILINE)
    for match in pattern.finditer(source.code):
        if one.rule == "naked-new" and OWNED.search(source.code, max(0, match.start() - 120), match.start()):
            continue
        said = " ".join(match.group().split()).rstrip("(").strip()
        yield Finding(source.path, source.line_of(match.start()), one.rule, one.message.format(f"'{said}'"))


def check_script_sleep(tree):
    for source in tree:
        if source.is_cpp or not source.is_test or not (source.is_script or source.name.endswith((".py", ".sh"))):
            continue
        if source.path.startswith("tests/house/"):
            continue
        for number, line in enumerate(source.lines, 1):
            if SCRIPT_SLEEP.search(line):
                yield Finding(source.path, number, "sleep",
                              "a sleeping test is slow or flaky; wait for the event with a deadline instead")


def check_nolint(tree):
    for source in tree.cpp():
        for number, line in enumerate(source.lines, 1):
            match = NOLINT.search(line) if "NOLINT" in line and "NOLINTEND" not in line else None
            if match and not (match.group("checks") and match.group("why")):
                yield Finding(source.path, number, "nolint",
                              "silences clang-tidy without a name or a reason; write // NOLINT(check-name): why")
