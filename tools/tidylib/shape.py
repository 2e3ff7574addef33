# How long files and functions may be, and how a file begins.
import re
import statistics

from tidylib.report import Finding

FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 400
MEDIAN_LINES_MAX = 7
MEASURED = re.compile(r"\.(?:cpp|hpp|py|sh|js|mjs|css|html|cmake)$|(?:^|/)CMakeLists\.txt$")
COMMENT = re.compile(r"^(?://|# |<!--|/\*)\s*\S.{8,}")


def check_file_length(tree):
    for source in tree:
        long = len(source.lines) > FILE_LINES_MAX and not source.is_generated
        if long and (MEASURED.search(source.path) or source.is_script):
            yield Finding(source.path, 1, "file-length",
                          f"{len(source.lines)} lines, more than {FILE_LINES_MAX}; use one file per noun instead")


def check_function_length(tree):
    for source in tree.cpp():
        for function in source.functions:
            if function.length > FUNCTION_LINES_MAX:
                yield Finding(source.path, function.first, "function-length",
                              f"{function.name} has {function.length} lines, more than {FUNCTION_LINES_MAX}; "
                              "use a function per thought instead")


def median_function(tree):
    """The median length of the functions outside tests, and how many there are."""
    lengths = [f.length for s in tree.cpp() if not (s.is_test or s.is_bench) for f in s.functions]
    return (statistics.median(lengths), len(lengths)) if lengths else (0, 0)


def check_function_median(tree):
    median, count = median_function(tree)
    if median > MEDIAN_LINES_MAX:
        yield Finding("CMakeLists.txt", 1, "function-median",
                      f"the median of {count} functions is {median:g} lines, more than {MEDIAN_LINES_MAX}; "
                      "use a name for each thought instead of a comment")


def check_purpose(tree):
    for source in tree:
        if not (source.is_cpp or source.is_script or source.name.endswith((".py", ".js", ".mjs"))):
            continue
        if source.name == "__init__.py" or source.is_generated:
            continue
        line = 2 if source.is_script else 1
        first = source.lines[line - 1] if len(source.lines) >= line else ""
        if not COMMENT.match(first) or "shellcheck" in first and len(source.lines) < 3:
            yield Finding(source.path, line, "purpose", "the file does not begin with what it is for; use a comment of one line")


def check_pragma_once(tree):
    for source in tree.cpp():
        if source.is_header and not re.search(r"^#pragma once$", source.code, re.MULTILINE):
            yield Finding(source.path, 1, "pragma-once", "the header may be read twice; use #pragma once after the first comment")
