"""A test file that collects nothing is an error: a renamed prefix must not pass in silence."""

import pytest


def pytest_collectreport(report):
    if report.passed and report.nodeid.endswith(".py") and not report.result:
        raise pytest.UsageError(f"{report.nodeid} collects no test")
