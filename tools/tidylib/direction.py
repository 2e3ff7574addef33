# Which folder may include which, and which outside library belongs where: DESIGN's arrows, checked on every include.
import re

from tidylib.report import Finding
from tidylib.source import TEST_NAME

# The first pattern that matches a path rules it; the second says which of our paths it may include.
EVERYTHING = r""
DIRECTION = [
    (r"^(?:tests|bench)/", EVERYTHING),
    (r"^core/", r"^core/"),
    (r"^media/", r"^(?:media|core)/"),
    (r"^actors/", r"^(?:actors|core)/"),
    (r"^ports/", r"^(?:ports|core|media)/"),
    (r"^adapters/(?P<self>\w+)/", r"^(?:ports|core|media|actors)/|^adapters/{self}/"),
    (r"^sim/", r"^(?:sim|core|actors|media|ports)/"),
    (r"^apps/ruler/", r"^(?:media|core|ports|adapters/virtual_audio|adapters/json|apps/ruler)/|^apps/(?:export/manifest|api/segment_json)\.hpp"),
    (r"^apps/", r"^(?!sim/|tests/|bench/)"),
]
ARROWS = "core <- actors <- apps; core, media <- ports <- adapters <- apps; core, actors, media <- sim"

DESCRIBE = r"^boost/(?:describe|mp11)"
# An outside header that matches may be included only from the paths that follow.
LIBRARIES = [
    (DESCRIBE, r"^(?!media/)"),
    (r"^boost/beast", r"^adapters/http/"),
    (r"^boost/", r"^(?:actors|adapters|apps)/"),
    (r"^sdbus-c\+\+", r"^adapters/bluez/"),
    (r"^sqlite3\.h", r"^adapters/sqlite/"),
    (r"^archive(?:_entry)?\.h", r"^adapters/archive/"),
    (r"^mosquitto", r"^adapters/mqtt/"),
    (r"^systemd/", r"^adapters/systemd/"),
    (r"^prometheus/", r"^adapters/metrics/"),
    (r"^(?:spdlog|fmt)/", r"^adapters/system/"),
    (r"^alsa/", r"^adapters/alsa/"),
    (r"^srtp2/", r"^adapters/srtp/"),
    (r"^CLI/", r"^apps/"),
    (r"^toml\+\+", r"^(?:apps|adapters/system)/"),
    (r"^(?:FLAC/|sndfile|soxr|ogg/|opus|sbc/|freeaptx|ldac/)", r"^(?:media/(?:codecs|resample)|adapters)"),
    (r"^openssl/", r"^adapters/"),
    (r"^(?:gtest|gmock)/", r"^(?!)"),
    (r"^benchmark/", r"^bench/"),
    (r"^caf/", r"^bench/"),
]
STANDARD = re.compile(r"^[a-z_]+$|^experimental/")
PURE = re.compile(r"^(?:core|media|ports|sim)/")
FREE = re.compile(rf"^(?:tests|bench)/|\.bench\.cpp$|{TEST_NAME.pattern}")


def check_dependency(tree):
    for source in tree.cpp():
        allowed = allowed_by(source)
        for line, quoted, target in source.includes():
            if quoted and tree.get(target) is None and tree.get(f"{source.folder}/{target}"):
                yield Finding(source.path, line, "dependency",
                              f'"{target}" is not a path from the top; use "{source.folder}/{target}" instead')
            elif quoted and allowed and not allowed.search(target):
                yield Finding(source.path, line, "dependency",
                              f'"{target}" is against the direction ({ARROWS}); '
                              "use a port, or move what both need down, instead")


def allowed_by(source):
    """A pattern of what the source may include; a test beside a source may use the fakes of tests/ as well."""
    for where, pattern in DIRECTION:
        match = re.search(where, source.path)
        if not match:
            continue
        pattern = pattern.replace("{self}", match.groupdict().get("self") or "")
        if source.is_test or source.is_bench:
            pattern += r"|^tests/|^adapters/" if source.path.startswith("adapters/") else r"|^tests/"
            pattern = EVERYTHING if where == DIRECTION[0][0] else pattern
        return re.compile(pattern)
    return None


def check_libraries(tree):
    for source in tree.cpp():
        if FREE.search(source.path):
            continue
        for line, quoted, target in source.includes():
            problem = None if quoted else library_problem(source.path, target)
            if problem:
                yield Finding(source.path, line, "library", f"<{target}> {problem}")


def library_problem(path, target):
    for pattern, home in LIBRARIES:
        if re.search(pattern, target):
            if re.search(home, path):
                return None
            place = re.sub(r"[\^()?:]", "", home).strip("/!") or "tests"
            return f"belongs behind its adapter ({place}); use a port of ports/ instead"
    if PURE.search(path) and not STANDARD.match(target):
        return "is not the standard library, and this folder is pure; use a port of ports/ instead"
    return None
