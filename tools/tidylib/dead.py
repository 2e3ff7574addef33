# Files that nobody uses: headers, sources, documents and scripts; and sources without a test.
import posixpath
import re

from tidylib.report import Finding

LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)|\[[^\]]+\]:\s*(\S+)")
DOC_ROOTS = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "docs/README.md", "docs/index.md")
OUTSIDE_CALLS = re.compile(r"^\.|/test_\w+\.py$|/__init__\.py$")
LISTED_BY_NAME = re.compile(r"\.(?:bench|fuzz)\.cpp$")
GLOBBING = re.compile(r"\bantiphon_(?:library|program|adapter|tests)\s*\(")


def check_dead_headers(tree):
    included = {target for source in tree.cpp() for target in included_by(tree, source)}
    for source in tree.cpp():
        if source.is_header and source.path not in included:
            yield Finding(source.path, 1, "dead-file", "no file includes this header; remove it, or use it where it was meant to be")


def included_by(tree, source):
    for _, quoted, target in source.includes():
        beside = posixpath.normpath(f"{source.folder}/{target}")
        if quoted:
            yield target if tree.get(target) else beside


def notes_on_unused(tree):
    """Headers that only their own source and test include: a hint, not a finding, while modules are being written."""
    users = {}
    for source in tree.cpp():
        for target in included_by(tree, source):
            users.setdefault(target, set()).add(source.path)
    for header, paths in sorted(users.items()):
        stem = header.removesuffix(".hpp")
        if tree.get(header) and all(re.fullmatch(rf"{re.escape(stem)}(?:_\w+)?(?:\.test)?\.cpp", p) for p in paths):
            yield f"{header}: nothing but its own source and test uses it yet"


def check_dead_sources(tree):
    for source in tree.cpp():
        if not source.is_header and not is_built(tree, source):
            yield Finding(source.path, 1, "dead-file",
                          f"no CMake target builds this source; use antiphon_library or antiphon_program in {source.folder or '.'}/CMakeLists.txt")
    for source in tree:
        if source.name == "CMakeLists.txt" and source.folder and not is_added(tree, source.folder):
            yield Finding(source.path, 1, "dead-file", "no add_subdirectory reaches this folder; add it to the folder above")


def lists_above(tree, folder):
    """The CMakeLists.txt files from `folder` up to the top, nearest first, each with its folder."""
    while True:
        found = tree.get(f"{folder}/CMakeLists.txt" if folder else "CMakeLists.txt")
        if found:
            yield folder, without_comments(found.text)
        if not folder:
            return
        folder = posixpath.dirname(folder)


def without_comments(cmake):
    return re.sub(r"#[^\n]*", "", cmake)


def is_built(tree, source):
    for folder, text in lists_above(tree, source.folder):
        inside = source.path[len(folder) + 1 :] if folder else source.path
        if re.search(rf"(?<![\w.]){re.escape(inside)}(?!\w)", text) or re.search(rf"(?<![\w.]){re.escape(source.name)}(?!\w)", text):
            return True
        if folder == source.folder and GLOBBING.search(text) and not LISTED_BY_NAME.search(source.path):
            return True
        if re.search(rf"GLOB(?:_RECURSE)?\b[^)]*\*[^)\s]*{re.escape(posixpath.splitext(source.name)[1])}", text):
            return True
    return False


def is_added(tree, folder):
    parent, name = posixpath.split(folder)
    for above, text in lists_above(tree, parent):
        inside = folder[len(above) + 1 :] if above else folder
        if re.search(rf"(?<![\w/]){re.escape(inside)}(?![\w/])", text) or re.search(rf"(?<![\w/]){re.escape(name)}(?![\w/])", text):
            return True
    return False


def check_dead_docs(tree):
    reached, pending = set(), [path for path in DOC_ROOTS if tree.get(path)]
    while pending:
        path = pending.pop()
        if path in reached:
            continue
        reached.add(path)
        pending.extend(link for link in links_of(tree.get(path)) if link.endswith(".md") and tree.get(link))
    for source in tree:
        if source.name.endswith(".md") and source.path not in reached and not source.path.startswith("."):
            yield Finding(source.path, 1, "dead-file", "no document links here; link it from README.md or ARCHITECTURE.md")


def links_of(source):
    for match in LINK.finditer(source.text):
        target = match.group(1) or match.group(2)
        if "://" not in target:
            yield posixpath.normpath(posixpath.join(source.folder, target))


def check_dead_links(tree):
    folders = {posixpath.dirname(p) for p in tree.sources}
    folders |= {posixpath.dirname(f) for f in folders}
    for source in tree:
        if not source.name.endswith(".md"):
            continue
        for link in links_of(source):
            if not tree.get(link) and link not in folders and not link.startswith(".."):
                line = next(n for n, text in enumerate(source.lines, 1) if posixpath.basename(link) in text)
                yield Finding(source.path, line, "dead-link", f"{link} is not there; use a path that is")


def check_dead_scripts(tree):
    for source in tree:
        is_code = source.is_script or source.name.endswith((".py", ".sh"))
        if is_code and not OUTSIDE_CALLS.search(source.path) and not is_mentioned(tree, source):
            yield Finding(source.path, 1, "dead-file", "nothing calls or names this script; remove it, or call it where it was meant to be")


def is_mentioned(tree, source):
    """Named by its path, by /NAME or ./NAME, or (a Python module) imported."""
    stem = source.name.removesuffix(".py")
    module = rf"|\b(?:import|from)\s+(?:\w+\.)*{re.escape(stem)}\b|\bimport\s[^\n]*\b{re.escape(stem)}\b" if source.name.endswith(".py") else ""
    named = re.compile(rf"(?<![\w-])(?:[\w.-]*/)*{re.escape(source.name)}(?![\w-])" if "/" not in source.path
                       else rf"/{re.escape(source.name)}(?![\w-])|\b{re.escape(source.path)}\b{module}")
    return any(stem in other.text and named.search(other.text) for other in tree if other is not source)


def check_missing_tests(tree):
    tested = {target for source in tree.cpp() if source.is_test for target in included_by(tree, source)}
    for source in tree.cpp():
        if not re.match(r"(?:core|media|actors)/", source.path) or source.is_header or source.is_test or source.is_bench:
            continue
        if source.name.startswith("main") or not any(function.length > 3 for function in source.functions):
            continue
        stem = source.path.removesuffix(".cpp")
        if not any(f"{noun}.hpp" in tested or tree.get(f"{noun}.test.cpp") for noun in nouns_of(stem)):
            yield Finding(source.path, 1, "missing-test",
                          f"no test includes {stem}.hpp; use {source.name.removesuffix('.cpp')}.test.cpp beside it")


def nouns_of(stem):
    """core/coordinator_zones may be a part of core/coordinator, tested with it."""
    folder, _, name = stem.rpartition("/")
    words = name.split("_")
    return [f"{folder}/{'_'.join(words[:count])}" for count in range(len(words), 0, -1)]
