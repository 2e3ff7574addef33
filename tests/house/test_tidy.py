# Goal: each rule of tools/tidy finds an injected fault and passes its clean twin. Method: trees that exist only here.
import contextlib
import io
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from tidylib import report, rules  # noqa: E402
from tidylib.source import Tree  # noqa: E402

PURPOSE = "// A file that stands here only to be looked at.\n"
LONG_BODY = "    step();\n" * 69


def tree_with(path, text):
    """A small clean project with one file in question; a header is used and a source has a test."""
    texts = {
        "CMakeLists.txt": "add_subdirectory(core)\nadd_subdirectory(adapters)\n",
        "README.md": "Antiphon.\n",
    }
    folder = path.rpartition("/")[0]
    if path.endswith((".cpp", ".hpp")) and folder:
        top = folder.split("/")[0]
        texts["CMakeLists.txt"] = f"add_subdirectory({top})\n"
        texts[f"{top}/CMakeLists.txt"] = f"antiphon_library({top})\nadd_subdirectory({folder.split('/')[-1]})\n"
        texts[f"{folder}/CMakeLists.txt"] = f"antiphon_library({top})\n"
    if path.endswith(".hpp"):
        user = path.replace(".hpp", "_user.test.cpp")
        texts[user] = PURPOSE + f'#include "{path}"\n'
    if path.endswith(".cpp") and ".test." not in path:
        texts[path.replace(".cpp", ".test.cpp")] = PURPOSE
    texts[path] = text
    return Tree.of_texts(texts)


def findings_in(tree):
    return [(f.rule, f.path, f.line) for f in rules.check_tree(tree)[0]]


def cpp(*lines):
    return PURPOSE + "".join(line + "\n" for line in lines)


def header(*lines):
    return PURPOSE + "#pragma once\n" + "".join(line + "\n" for line in lines)


# rule, path, the faulty text, the line it is found on, the clean text
PAIRS = [
    ("dependency", "core/a.cpp", cpp('#include "ports/bus.hpp"'), 2, cpp('#include "core/b.hpp"')),
    ("dependency", "media/a.cpp", cpp('#include "ports/audio.hpp"'), 2, cpp('#include "core/units.hpp"')),
    ("dependency", "media/a.cpp", cpp('#include "actors/system.hpp"'), 2, cpp('#include "media/b.hpp"')),
    ("dependency", "actors/a.cpp", cpp('#include "media/b.hpp"'), 2, cpp('#include "core/b.hpp"')),
    ("dependency", "ports/a.hpp", header('#include "adapters/mqtt/bus.hpp"'), 3, header('#include "media/b.hpp"')),
    ("dependency", "adapters/mqtt/a.cpp", cpp('#include "adapters/http/b.hpp"'), 2, cpp('#include "adapters/mqtt/b.hpp"')),
    ("dependency", "adapters/http/a.cpp", cpp('#include "apps/b.hpp"'), 2, cpp('#include "ports/blobs.hpp"')),
    ("dependency", "sim/a.cpp", cpp('#include "adapters/mqtt/b.hpp"'), 2, cpp('#include "ports/bus.hpp"')),
    ("dependency", "apps/a.cpp", cpp('#include "sim/b.hpp"'), 2, cpp('#include "adapters/mqtt/b.hpp"')),
    ("dependency", "apps/a.cpp", cpp('#include "tests/b.hpp"'), 2, cpp('#include "actors/b.hpp"')),
    ("dependency", "apps/ruler/a.cpp", cpp('#include "adapters/http/b.hpp"'), 2,
     cpp('#include "adapters/virtual_audio/b.hpp"')),
    ("dependency", "core/a.test.cpp", cpp('#include "adapters/http/b.hpp"'), 2, cpp('#include "tests/fakes/b.hpp"')),
    ("library", "core/a.cpp", cpp("#include <boost/asio.hpp>"), 2, cpp("#include <boost/describe.hpp>")),
    ("library", "core/a.cpp", cpp("#include <unistd.h>"), 2, cpp("#include <vector>")),
    ("library", "media/a.cpp", cpp("#include <boost/describe.hpp>"), 2, cpp("#include <span>")),
    ("library", "media/a.cpp", cpp("#include <FLAC/stream_decoder.h>"), 2, cpp("#include <cmath>")),
    ("library", "adapters/mqtt/a.cpp", cpp("#include <boost/beast.hpp>"), 2, cpp("#include <boost/asio.hpp>")),
    ("library", "adapters/http/a.cpp", cpp("#include <sqlite3.h>"), 2, cpp("#include <boost/beast.hpp>")),
    ("library", "adapters/http/a.cpp", cpp("#include <mosquitto.h>"), 2, cpp("#include <openssl/ssl.h>")),
    ("library", "adapters/http/a.cpp", cpp("#include <spdlog/spdlog.h>"), 2, cpp("#include <sys/socket.h>")),
    ("library", "adapters/alsa/a.cpp", cpp("#include <sdbus-c++/sdbus-c++.h>"), 2, cpp("#include <alsa/asoundlib.h>")),
    ("library", "adapters/system/a.cpp", cpp("#include <CLI/CLI.hpp>"), 2, cpp("#include <spdlog/spdlog.h>")),
    ("library", "adapters/system/a.cpp", cpp("#include <gtest/gtest.h>"), 2, cpp("#include <fmt/core.h>")),
    ("wall-clock", "actors/a.cpp", cpp("auto t = std::chrono::system_clock::now();"), 2, cpp("// not system_clock")),
    ("wall-clock", "apps/a.cpp", cpp("auto t = std::time(nullptr);"), 2, cpp("auto t = wait_time(nullptr);")),
    ("wall-clock", "adapters/http/a.cpp", cpp("gettimeofday(&t, 0);"), 2, cpp('auto s = "gettimeofday";')),
    ("wall-clock", "actors/a.cpp", cpp("clock_gettime(CLOCK_REALTIME, &t);"), 2, cpp("clock_gettime(CLOCK_BOOTTIME, &t);")),
    ("clock", "core/a.cpp", cpp("auto t = std::chrono::steady_clock::now();"), 2, cpp("std::chrono::steady_clock::duration d;")),
    ("io", "core/a.cpp", cpp("#include <fstream>"), 2, cpp("#include <sstream>")),
    ("io", "media/a.cpp", cpp('auto s = std::getenv("A");'), 2, cpp("auto s = f.getenv(1);")),
    ("random", "core/a.cpp", cpp("int n = std::rand();"), 2, cpp("int n = operand();")),
    ("random", "actors/a.cpp", cpp("std::mt19937 engine(seed);"), 2, cpp("/* std::mt19937 */")),
    ("random", "core/a.test.cpp", cpp("std::random_device device;"), 2, cpp("std::mt19937 engine(7);")),
    ("threads", "core/a.cpp", cpp("std::thread t;"), 2, cpp("std::atomic<int> n;")),
    ("threads", "media/a.cpp", cpp("#include <mutex>"), 2, cpp("#include <atomic>")),
    ("threads", "apps/a.cpp", cpp("std::lock_guard<M> l(m);"), 2, cpp("std::optional<M> l(m);")),
    ("threads", "sim/a.cpp", cpp("std::condition_variable c;"), 2, cpp("int condition_variable;")),
    ("sleep", "core/a.test.cpp", cpp("std::this_thread::sleep_for(1s);"), 2, cpp("clock.advance(1s);")),
    ("sleep", "adapters/net/a.test.cpp", cpp("usleep(10);"), 2, cpp("loop.run_for(10);")),
    ("sleep", "tests/e2e/a.cpp", cpp("sleep(1);"), 2, cpp("no_sleep(1);")),
    ("print", "core/a.cpp", cpp("std::cout << 1;"), 2, cpp("std::ostringstream() << 1;")),
    ("print", "adapters/http/a.cpp", cpp('printf("x");'), 2, cpp("snprintf(b, 1, x);")),
    ("naked-new", "actors/a.cpp", cpp("auto* p = new Thing(1);"), 2, cpp("auto p = std::unique_ptr<Thing>(new Thing(1));")),
    ("naked-new", "actors/a.cpp", cpp("delete p;"), 2, cpp("Thing(const Thing&) = delete;")),
    ("assert", "core/a.cpp", cpp("assert(x);"), 2, cpp("static_assert(x); ANTIPHON_ASSERT(x);")),
    ("assert", "core/a.cpp", cpp("#include <cassert>"), 2, cpp("#include <cstdlib>")),
    ("using-namespace", "core/a.hpp", header("using namespace std;"), 3,
     header("inline int f() {", "    using namespace std::chrono_literals;", "    return 1;", "}")),
    ("function-length", "core/a.cpp", cpp("void f() {", LONG_BODY + "}"), 2, cpp("void f() {", LONG_BODY[12:] + "}")),
    ("file-length", "core/a.cpp", cpp(*["int n;"] * 400), 1, cpp(*["int n;"] * 399)),
    ("file-length", "tools/a.py", "# What this is for.\n" + "n = 1\n" * 400, 1, "# What this is for: a.py\n" + "n = 1\n" * 399),
    ("function-median", "core/a.cpp", cpp("void f() {", "    step();\n" * 7 + "}"), 1, cpp("void f() {", "    step();\n" * 5 + "}")),
    ("purpose", "core/a.cpp", "#include <vector>\n", 1, "// What this is for.\n"),
    ("purpose", "tools/a.sh", "#!/bin/sh\nexit 0\n", 2, "#!/bin/sh\n# What this is for.\n"),
    ("pragma-once", "core/a.hpp", PURPOSE + "int n;\n", 1, PURPOSE + "#pragma once\n"),
    ("nolint", "core/a.cpp", cpp("f();  // NOLINT"), 2, cpp("f();  // NOLINT(bugprone-x): it is f")),
    ("nolint", "core/a.cpp", cpp("// NOLINTNEXTLINE(bugprone-x)"), 2, cpp("// NOLINTNEXTLINE(bugprone-x): it is f")),
    ("allow", "core/a.cpp", cpp("f();  // tidy: allow sleep because I can"), 2, cpp("f();")),
    ("allow", "core/a.cpp", cpp("f();  // tidy: allow swimming because it is warm"), 2, cpp("f();")),
    ("allow", "actors/a.cpp", cpp("delete p;  // tidy: allow naked-new"), 2,
     cpp("delete p;  // tidy: allow naked-new because the C library hands it over")),
]


class EachRule(unittest.TestCase):
    def test_finds_the_fault_where_it_is(self):
        for rule, path, faulty, line, _ in PAIRS:
            with self.subTest(rule=rule, path=path, text=faulty[len(PURPOSE):][:60]):
                self.assertIn((rule, path if rule != "function-median" else "CMakeLists.txt", line),
                              findings_in(tree_with(path, faulty)))

    def test_passes_the_clean_twin(self):
        for rule, path, _, _, clean in PAIRS:
            with self.subTest(rule=rule, path=path, text=clean[len(PURPOSE):][:60]):
                self.assertNotIn(rule, [found for found, _, _ in findings_in(tree_with(path, clean))])

    def test_names_a_way_out(self):
        for rule, path, faulty, _, _ in PAIRS:
            with self.subTest(rule=rule):
                found = rules.check_tree(tree_with(path, faulty))[0]
                self.assertRegex(next(f.message for f in found if f.rule == rule), "; |say why|--rules")

    def test_has_an_injected_fault(self):
        elsewhere = {"dead-file", "dead-link", "missing-test"}
        self.assertEqual({pair[0] for pair in PAIRS} | elsewhere, set(rules.RULES))


class DeadFiles(unittest.TestCase):
    def dead(self, **texts):
        """`a__b_hpp` stands for a/b.hpp."""
        tree = Tree.of_texts(texts.pop("texts"))
        return [(f.rule, f.path) for f in rules.check_tree(tree)[0] if f.rule.startswith(("dead", "missing"))]

    def test_a_header_nobody_includes(self):
        base = {"CMakeLists.txt": "add_subdirectory(core)", "core/CMakeLists.txt": "antiphon_library(core)", "core/a.hpp": header()}
        self.assertEqual(self.dead(texts=base), [("dead-file", "core/a.hpp")])
        self.assertEqual(self.dead(texts=base | {"core/b.cpp": cpp('#include "core/a.hpp"')}), [])
        commented = {"core/b.cpp": cpp('// #include "core/a.hpp"', '/*\n#include "core/a.hpp"\n*/')}
        self.assertEqual(self.dead(texts=base | commented), [("dead-file", "core/a.hpp")])

    def test_a_source_no_target_builds(self):
        base = {"CMakeLists.txt": "add_subdirectory(core)", "core/CMakeLists.txt": "# antiphon_library(core)", "core/a.cpp": cpp()}
        self.assertEqual(self.dead(texts=base), [("dead-file", "core/a.cpp")])
        self.assertEqual(self.dead(texts=base | {"core/CMakeLists.txt": "antiphon_library(core)"}), [])
        self.assertEqual(self.dead(texts=base | {"core/CMakeLists.txt": "add_executable(x a.cpp)"}), [])

    def test_a_bench_or_fuzz_source_must_be_named(self):
        base = {"CMakeLists.txt": "add_subdirectory(core)", "core/CMakeLists.txt": "antiphon_library(core)", "core/a.fuzz.cpp": cpp()}
        self.assertEqual(self.dead(texts=base), [("dead-file", "core/a.fuzz.cpp")])
        named = {"core/CMakeLists.txt": "antiphon_library(core)\nantiphon_fuzz(a SOURCES a.fuzz.cpp)"}
        self.assertEqual(self.dead(texts=base | named), [])

    def test_a_folder_that_is_not_added(self):
        base = {"CMakeLists.txt": "", "core/CMakeLists.txt": "antiphon_library(core)"}
        self.assertEqual(self.dead(texts=base), [("dead-file", "core/CMakeLists.txt")])
        self.assertEqual(self.dead(texts=base | {"CMakeLists.txt": "add_subdirectory(core)"}), [])

    def test_a_document_nobody_links(self):
        base = {"README.md": "Read [this](docs/a.md).", "docs/a.md": "And [that](b.md#part).", "docs/b.md": "", "docs/c.md": ""}
        self.assertEqual(self.dead(texts=base), [("dead-file", "docs/c.md")])

    def test_a_link_that_leads_nowhere(self):
        self.assertEqual(self.dead(texts={"README.md": "[a](docs/a.md) [b](https://b.example/b.md)"}), [("dead-link", "README.md")])

    def test_a_script_nobody_names(self):
        base = {"tools/a": "#!/bin/sh\n# What this is for.\n"}
        self.assertEqual(self.dead(texts=base), [("dead-file", "tools/a")])
        self.assertEqual(self.dead(texts=base | {"README.md": "Run `tools/a` now."}), [])

    def test_a_source_without_a_test(self):
        base = {"CMakeLists.txt": "add_subdirectory(core)", "core/CMakeLists.txt": "antiphon_library(core)",
                "core/a_part.cpp": cpp("int f() {", "    int n = 1;", "    return n;", "}")}
        self.assertEqual(self.dead(texts=base), [("missing-test", "core/a_part.cpp")])
        self.assertEqual(self.dead(texts=base | {"core/a_part.test.cpp": cpp()}), [])
        self.assertEqual(self.dead(texts=base | {"core/a.test.cpp": cpp()}), [])


class Scripts(unittest.TestCase):
    def rules_in(self, path, text):
        return [found for found, _, _ in findings_in(Tree.of_texts({path: text, "README.md": path}))]

    def test_that_sleep_in_tests_are_found(self):
        for line in ("sleep 1", "true; sleep 0.5", "while x; do sleep 1; done", "(sleep 2)"):
            self.assertIn("sleep", self.rules_in("tests/e2e/a", f"#!/bin/sh\n# What this is for.\n{line}\n"), line)
        self.assertIn("sleep", self.rules_in("tests/e2e/a.py", "# What this is for.\ntime.sleep(1)\n"))

    def test_that_do_not_sleep_or_are_no_tests_pass(self):
        for line in ("# sleep 1", "no-sleep 1", "echo asleep"):
            self.assertNotIn("sleep", self.rules_in("tests/e2e/a", f"#!/bin/sh\n# What this is for.\n{line}\n"), line)
        self.assertNotIn("sleep", self.rules_in("tools/a", "#!/bin/sh\n# What this is for.\nsleep 1\n"))


class Allowance(unittest.TestCase):
    def test_is_honoured_and_told(self):
        for text in (cpp("delete p;  // tidy: allow naked-new because C"), cpp("// tidy: allow naked-new because C", "delete p;")):
            standing, allowed = rules.check_tree(tree_with("actors/a.cpp", text))
            self.assertEqual((standing, [reason for _, reason in allowed]), ([], ["C"]))

    def test_covers_a_whole_file_from_its_first_lines(self):
        text = PURPOSE + "// tidy: allow file-length because a table\n" + "int n;\n" * 400
        self.assertEqual(findings_in(tree_with("core/a.cpp", text)), [])

    def test_covers_no_other_rule(self):
        text = cpp("sleep(1);  // tidy: allow naked-new because C")
        self.assertEqual({found for found, _, _ in findings_in(tree_with("actors/a.cpp", text))}, {"sleep", "allow"})


class Program(unittest.TestCase):
    def run_tidy(self, *options):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "a.cpp")
            path.write_text("int n;\n")
            pathlib.Path(folder, "ignored.cpp").write_text("int n;\n")
            pathlib.Path(folder, ".gitignore").write_text("/ignored.cpp\n")
            pathlib.Path(folder, "CMakeLists.txt").write_text("add_library(a a.cpp)\n")
            subprocess.run(["git", "init", "-q", folder], check=True)
            return subprocess.run([str(ROOT / "tools/tidy"), "--root", folder, *options], check=False, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)

    def test_tells_place_rule_and_way_out_and_fails(self):
        run = self.run_tidy()
        self.assertEqual(run.returncode, 1)
        self.assertIn("a.cpp:1: purpose: ", run.stdout)
        self.assertNotIn("ignored", run.stdout)
        self.assertRegex(run.stdout, r"\n\d+ passed, 1 failed, 0 skipped\n$")

    def test_tells_the_same_as_json(self):
        found = json.loads(self.run_tidy("--json").stdout)["findings"]
        self.assertEqual([(f["path"], f["line"], f["rule"]) for f in found], [("a.cpp", 1, "purpose")])

    def test_looks_only_where_asked(self):
        self.assertEqual(self.run_tidy("docs").returncode, 0)

    def test_counts_rules(self):
        told = io.StringIO()
        with contextlib.redirect_stdout(told):
            report.print_text([], [], [], rules.RULES)
        self.assertIn(f"{len(rules.RULES)} passed, 0 failed, 0 skipped", told.getvalue())


if __name__ == "__main__":
    unittest.main()
