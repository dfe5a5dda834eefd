"""What is installed is what is tested, and importing it is cheap."""

import subprocess
import sys
from pathlib import Path

import hierfast

ROOT = Path(__file__).parents[1]


def test_installed_package_is_tested():
    assert not Path(hierfast.__file__).is_relative_to(ROOT / "hierfast")


def test_import_leaves_scipy_alone():
    code = "import sys, hierfast; sys.exit(any(m.startswith('scipy') for m in sys.modules))"
    assert subprocess.run([sys.executable, "-P", "-c", code], check=False).returncode == 0
