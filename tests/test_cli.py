"""The command ``hierfast``."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import hierfast
from hierfast.cli import main


def test_prints_three_fits(capsys):
    assert main(["--groups", "300", "--seed", "3"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"hierfast {hierfast.__version__}, instruction set ")
    for title in ("Eight schools", "Radon in 85 counties", "1,500 simulated rows over 300 groups"):
        assert f"\n{title}\n" in out
    for name in ("school_mu", "school_sigma", "county_mu", "county_sigma", "group_sigma", "sigma"):
        assert re.search(rf"^{name} +-?\d", out, re.MULTILINE), name
    assert "85 groups (county)" in out
    assert out.count("90% interval of all groups") == 3


def test_same_seed_same_figures(capsys):
    def figures():
        main(["--groups", "50"])
        text = capsys.readouterr().out
        return re.findall(r"^\w*(?:mu|sigma) .*$", text, re.MULTILINE)

    first = figures()
    assert len(first) == 8
    assert figures() == first


def test_version_of_the_installed_command():
    command = Path(sys.executable).with_name("hierfast")
    out = subprocess.run([command, "--version"], capture_output=True, text=True, check=True).stdout
    assert out.startswith(f"hierfast {hierfast.__version__}")


@pytest.mark.parametrize("wrong", ["0", "-5", "many"])
def test_number_of_groups_is_checked(wrong, capsys):
    with pytest.raises(SystemExit):
        main(["--groups", wrong])
    assert "--groups" in capsys.readouterr().err
