# Goal: the documents leave out nothing that exists, and name nothing that does not. Method: compare them with the sources.
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def words_of(path, pattern):
    return set(re.findall(pattern, (ROOT / path).read_text()))


class Configuration(unittest.TestCase):
    document = (ROOT / "docs/configuration.md").read_text()

    def check_named(self, found, least):
        self.assertGreater(len(found), least, "the pattern finds too little")
        self.assertEqual({word for word in found if not re.search(rf"`{word}[ `]", self.document)}, set())

    def test_each_option_of_a_program_and_of_the_client_is_named(self):
        client = words_of("apps/cli/command.cpp", r'\{"(--(?:server|token-file))"')
        self.check_named(words_of("apps/cli/verbs_programs.cpp", r'\{"(--[a-z-]+)"') | client, 12)

    def test_each_variable_is_named(self):
        sources = [path for path in (ROOT / "apps/cli").glob("*.cpp") if ".test." not in path.name]
        self.check_named(set().union(*(words_of(path, r"ANTIPHON_(?!ASSERT|VERSION)[A-Z_]+") for path in sources)), 12)

    def test_each_key_of_the_file_is_named(self):
        self.check_named(words_of("apps/config/configuration.cpp", r'(?:text|port|flag)_key\("([a-z_]+)"'), 8)


class Faults(unittest.TestCase):
    def test_each_test_that_is_named_exists(self):
        named = words_of("docs/testing.md", r"end to end \(`(\w+)`\)")
        self.assertGreaterEqual(len(named), 3)
        self.assertEqual({name for name in named if not (ROOT / f"tests/e2e/test_{name}.py").exists()}, set())


if __name__ == "__main__":
    unittest.main()
