# Goal: tools/readme-commands runs what a document says, and tells what it did not run. Method: small documents.
import pathlib
import subprocess
import tempfile
import unittest

PROGRAM = pathlib.Path(__file__).resolve().parents[2] / "tools/readme-commands"


def run(document, *options):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "init", "-q", folder], check=True)
        path = pathlib.Path(folder, "README.md")
        path.write_text(document)
        return subprocess.run([str(PROGRAM), str(path), *options], check=False, text=True, timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def block(*lines, kind="sh"):
    return "\n".join([f"```{kind}", *lines, "```", ""])


class ReadmeCommands(unittest.TestCase):
    def test_run_in_order_in_one_session(self):
        ran = run(block("said=hello", "cd /") + "Then:\n" + block('echo "$said from $PWD"'))
        self.assertIn("hello from /\n", ran.stdout)
        self.assertTrue(ran.stdout.endswith("2 passed, 0 failed, 0 skipped\n"), ran.stdout)

    def test_of_a_console_block_are_the_lines_with_a_prompt(self):
        ran = run(block("$ echo one", "one", "false", kind="console"))
        self.assertEqual(ran.returncode, 0, ran.stdout)

    def test_that_fail_stop_the_session(self):
        ran = run(block("echo fine") + block("false") + block("echo never"))
        self.assertEqual(ran.returncode, 1)
        self.assertNotIn("never\nnever", ran.stdout)
        self.assertTrue(ran.stdout.endswith("1 passed, 1 failed, 1 skipped\n"), ran.stdout)

    def test_marked_as_not_run_are_skipped_with_the_reason(self):
        ran = run("<!-- not run: needs a radio -->\n" + block("exit 3") + block("true"))
        self.assertIn("skipped: line 2: exit 3: needs a radio\n", ran.stdout)
        self.assertTrue(ran.stdout.endswith("1 passed, 0 failed, 1 skipped\n"), ran.stdout)

    def test_do_not_run_the_gate_inside_itself(self):
        self.assertIn("that is what runs: ./check fast", run(block("./check fast")).stdout)

    def test_have_a_home_of_their_own(self):
        ran = run(block('[ "$HOME" != ' + str(pathlib.Path.home()) + " ]", 'touch "$HOME/x"'))
        self.assertEqual(ran.returncode, 0, ran.stdout)

    def test_that_dirty_the_work_tree_fail(self):
        ran = run(block("touch left-over"))
        self.assertEqual(ran.returncode, 1)
        self.assertIn("?? left-over", ran.stdout)

    def test_that_hang_are_ended(self):
        ran = run(block("exec cat /dev/zero >/dev/null"), "--seconds", "0.3")
        self.assertEqual(ran.returncode, 1)
        self.assertIn("ended after 0.3 s", ran.stdout)

    def test_are_not_missing(self):
        self.assertEqual(run("No command at all.\n").returncode, 1)

    def test_in_other_blocks_are_text(self):
        ran = run(block("exit 1", kind="json") + block("true"))
        self.assertTrue(ran.stdout.endswith("1 passed, 0 failed, 0 skipped\n"), ran.stdout)


if __name__ == "__main__":
    unittest.main()
