# Folders for the tests of the house; they go away when the tests end.
import atexit
import pathlib
import shutil
import tempfile


def scratch_folder():
    folder = tempfile.mkdtemp(prefix="antiphon-house-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return pathlib.Path(folder)
