# Goal: no end-to-end test is forgotten. Method: compare those that are written with those that ctest knows.
import ast
import pathlib
import re
import unittest

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "e2e"


def written():
    for path in FOLDER.glob("test_*.py"):
        for case in ast.parse(path.read_text()).body:
            for test in case.body if isinstance(case, ast.ClassDef) else ():
                if getattr(test, "name", "").startswith("test_"):
                    yield f"{path.stem.removeprefix('test_')}.{case.name}.{test.name}"


class Registered(unittest.TestCase):
    def test_are_all_end_to_end_tests(self):
        registered = re.findall(r"\w+\.\w+\.test_\w+", (FOLDER / "CMakeLists.txt").read_text())
        self.assertGreater(len(registered), 10)
        self.assertEqual(sorted(written()), sorted(registered))


if __name__ == "__main__":
    unittest.main()
