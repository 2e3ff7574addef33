# The rules of the house by name, and the functions that check them.
from tidylib import bans, dead, direction, shape
from tidylib.report import apply_allowances

RULES = {
    "allow": "an allow-comment names a rule, gives a reason, and is needed",
    "assert": "assertions stay in release",
    "clock": "the pure folders read no clock",
    "dead-file": "each header, source, document and script is used",
    "dead-link": "links in documents lead somewhere",
    "dependency": "includes follow the direction of the folders",
    "file-length": f"files have at most {shape.FILE_LINES_MAX} lines",
    "function-length": f"functions have at most {shape.FUNCTION_LINES_MAX} lines",
    "function-median": f"half of the functions have at most {shape.MEDIAN_LINES_MAX} lines",
    "io": "the pure folders open and read nothing",
    "library": "each outside library stays behind its adapter",
    "missing-test": "each source with logic in core, media and actors has a test",
    "naked-new": "memory has an owner",
    "nolint": "silencing clang-tidy names the check and the reason",
    "pragma-once": "headers can be read twice",
    "print": "only programs and tests write to the terminal",
    "purpose": "the first line of a file says what it is for",
    "random": "randomness has a seed that replays it",
    "sleep": "nothing sleeps in tests, nor where it would deafen",
    "threads": "threads and locks live in actors and adapters",
    "using-namespace": "headers open no namespace",
    "wall-clock": "the wall clock is read in one place",
}

CHECKS = [
    bans.check_bans, bans.check_script_sleep, bans.check_nolint,
    direction.check_dependency, direction.check_libraries,
    shape.check_file_length, shape.check_function_length, shape.check_function_median, shape.check_purpose,
    shape.check_pragma_once,
    dead.check_dead_headers, dead.check_dead_sources, dead.check_dead_docs, dead.check_dead_links, dead.check_dead_scripts,
    dead.check_missing_tests,
]


def check_tree(tree):
    """(standing findings, allowed findings with their reasons) of a tree."""
    findings = sorted(finding for check in CHECKS for finding in check(tree))
    return apply_allowances(tree, findings, RULES)


def notes_on(tree):
    median, count = shape.median_function(tree)
    return [f"median of {count} functions: {median:g} lines", *dead.notes_on_unused(tree)]
