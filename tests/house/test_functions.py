# Goal: the function finder of tools/tidy sees what a compiler would. Method: small pieces of C++ with known functions.
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))

from tidylib.functions import find_functions  # noqa: E402
from tidylib.source import blanked  # noqa: E402


def found(text):
    return [(f.name, f.length) for f in find_functions(blanked(text))]


CASES = {
    "a plain function": ("int f() {\n  return 1;\n}\n", [("f", 3)]),
    "on one line": ("int f() { return 1; }", [("f", 1)]),
    "in namespaces": ("namespace a::b {\nnamespace {\nint f() {}\n}\n}\n", [("f", 1)]),
    "a method": ("class A {\n public:\n  int f() const noexcept override { return 1; }\n};\n", [("f", 1)]),
    "a method after an access specifier starts at its own line": ("struct A {\n private:\n\n  void f() {\n  }\n};", [("f", 2)]),
    "outside its class": ("Result<T> A<T>::f(int a) && {\n}\n", [("A::f", 2)]),
    "a trailing return type": ("auto f(int a) -> std::vector<int> {\n}\n", [("f", 2)]),
    "a constructor with member initialisers": ("A::A(int b) : b_{b}, c_(std::move(c)), d_{} {\n  x();\n}\nint g() {}\n", [("A::A", 3), ("g", 1)]),
    "a constructor with a base": ("A() : B<int>{1} {}\n", [("A", 1)]),
    "an operator": ("bool operator==(A a, A b) {\n}\nint operator()(int) const { return 1; }", [("operator==", 2), ("operator()", 1)]),
    "a template": ("template <class T = std::vector<int>, int n = 3>\nT f(T t) {\n}\n", [("f", 3)]),
    "a default argument with braces": ("void f(Options o = {}, int n = 1) {\n}\n", [("f", 2)]),
    "a requires clause": ("template <class T>\nvoid f(T) requires std::integral<T> {\n}\n", [("f", 3)]),
    "a test": ("TEST(Name, Law) {\n  f();\n}\n", [("TEST(Name, Law)", 3)]),
    "a lambda at namespace scope": ("const auto f = [](int a) {\n  return a;\n};\n", [("f", 3)]),
    "a lambda inside is part of its function": ("void f() {\n  g([&](int a) {\n    return a;\n  });\n}\n", [("f", 5)]),
    "braces in strings, characters and comments": ("void f() {\n  s = \"}}{\"; c = '}'; /* } */ // }\n}\n", [("f", 3)]),
    "braces in a raw string": ('void f() {\n  s = R"x({ )" } })x";\n}\n', [("f", 3)]),
    "digit separators": ("void f() {\n  n = 1'000'000;\n  m = 0xff'ff;\n}\n", [("f", 4)]),
    "preprocessor lines": ("#define M { \\\n  {\nvoid f() {\n}\n", [("f", 2)]),
    "values are no functions": ("int a{1};\nstd::array<int, 2> b = {1, 2};\nstd::function<void(int)> c{};\nS d{.f = g(1)};\nauto e = h(1) + S{2}.x;\nint f() {}\n", [("f", 1)]),
    "a table of lambdas": ("constexpr T table{{\n {1, [](int a) { return a; }},\n {2, [](int a) { return a; }},\n}};\nint f() {}\n", [("f", 1)]),
    "enums and types are no functions": ("enum class E : int { a, b };\nstruct alignas(64) S { int a; };\nunion U { int a; };\nclass F final : public S {};\n", []),
    "a macro without a semicolon": ("DESCRIBE(A, (), (b, c))\nint f() {\n}\n", [("f", 2)]),
    "instantiated tests": ("INSTANTIATE_TEST_SUITE_P(All, A, Values(1), [](const auto& i) { return i.name; });\nint f() {}\n", [("f", 1)]),
    "a function that returns a struct": ("struct S f(int a) {\n}\n", [("f", 2)]),
    "a conversion": ("explicit operator bool() const noexcept { return true; }", [("operator bool", 1)]),
    "defaulted and deleted": ("A() = default;\nA(const A&) = delete;\nint f() {}\n", [("f", 1)]),
    "extern C": ('extern "C" {\nint f() {}\n}\nextern "C" int g(int a) {\n}\n', [("f", 1), ("g", 2)]),
    "noexcept with a condition": ("void f() noexcept(noexcept(g())) {\n}\n", [("f", 2)]),
}


class FunctionFinder(unittest.TestCase):
    def test_sees_what_a_compiler_would(self):
        for what, (text, functions) in CASES.items():
            with self.subTest(what):
                self.assertEqual(found(text), functions)


class Blanking(unittest.TestCase):
    def test_keeps_lines_and_length(self):
        text = '/* a\n b */ x = "c\\"d"; // e\ny = R"(f\n)";\n'
        blank = blanked(text)
        self.assertEqual((len(blank), blank.count("\n")), (len(text), text.count("\n")))
        self.assertEqual(blank.split(), ["x", "=", '"', '";', "y", "=", '"', '";'])


if __name__ == "__main__":
    unittest.main()
