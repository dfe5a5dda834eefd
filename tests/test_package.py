"""What is installed is what is tested, and importing it is cheap."""

import subprocess
import sys
from pathlib import Path

import numpy as np

import hierfast
from hierfast.datasets import simulate_normal

ROOT = Path(__file__).parents[1]


def test_installed_package_is_tested():
    assert not Path(hierfast.__file__).is_relative_to(ROOT / "hierfast")


def test_import_leaves_scipy_alone():
    code = "import sys, hierfast; sys.exit(any(m.startswith('scipy') for m in sys.modules))"
    assert subprocess.run([sys.executable, "-P", "-c", code], check=False).returncode == 0


def test_bundled_data():
    schools = hierfast.load_eight_schools()
    assert schools["school"].tolist() == list("ABCDEFGH")
    assert schools["effect"].tolist() == [28, 8, -3, 7, -1, 1, 18, 12]
    assert schools["se"].tolist() == [15, 10, 16, 11, 9, 11, 10, 18]
    radon = hierfast.load_radon()
    assert {name: len(column) for name, column in radon.items()} == dict.fromkeys(radon, 919)
    assert np.array_equal(np.unique(radon["county"]), np.arange(1, 86))
    assert np.array_equal(np.unique(radon["floor"]), [0, 1])
    assert abs(radon["log_radon"].mean() - 1.2646) < 1e-3


def test_simulated_rows_belong_to_their_groups():
    table = simulate_normal(n_groups=50, n_rows=20_000, seed=3)
    residual = table["y"] - table["theta"][table["group"]]
    assert abs(residual.mean()) < 4 * 2 / 20_000**0.5
    assert abs(residual.std() - 2) < 4 * 2 / 40_000**0.5
    assert np.array_equal(table["y"], simulate_normal(50, 20_000, 3)["y"])
