"""Build the one extension; everything else is declared in pyproject.toml."""

from __future__ import annotations

import os
import sysconfig
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

ROOT = Path(__file__).parent
FLAGS = [
    "-std=c11",
    "-O3",
    "-fno-fast-math",
    "-ffp-contract=off",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-fvisibility=hidden",
]
STRICT = ["-Wall", "-Wextra", "-Werror"] if os.environ.get("HIERFAST_WERROR") == "1" else []
FREE_THREADED = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))  # has no limited API


class BuildExt(build_ext):
    """Compile the sources side by side, those in csrc with the strict flags as well."""

    def build_extensions(self) -> None:
        """Compile and link every extension."""
        compiler: Any = self.compiler

        def compile_sources(
            sources: Sequence[str],
            output_dir: str | None = None,
            macros: list[Any] | None = None,
            include_dirs: list[str] | None = None,
            debug: bool = False,
            extra_preargs: list[str] | None = None,
            extra_postargs: list[str] | None = None,
            depends: list[str] | None = None,
        ) -> list[str]:
            macros, objects, extra_postargs, pp_opts, build = compiler._setup_compile(
                output_dir, macros, include_dirs, sources, depends, extra_postargs
            )
            cc_args = compiler._get_cc_args(pp_opts, debug, extra_preargs)

            def compile_one(obj: str) -> None:
                source, ext = build[obj]
                strict = STRICT if Path(source).parts[0] == "csrc" else []
                compiler._compile(obj, source, ext, cc_args, extra_postargs + strict, pp_opts)

            with ThreadPoolExecutor(os.cpu_count()) as pool:
                list(pool.map(compile_one, build))
            result: list[str] = objects
            return result

        compiler.compile = compile_sources
        super().build_extensions()


def find(*patterns: str) -> list[str]:
    """Find files below csrc, relative to the root and sorted."""
    found = [path for pattern in patterns for path in (ROOT / "csrc").rglob(pattern)]
    return sorted(path.relative_to(ROOT).as_posix() for path in found)


core = Extension(
    "hierfast._core",
    sources=["hierfast/_core.pyx", *find("*.c")],
    depends=["hierfast/_core.pxd", *find("*.h", "*.inc")],
    include_dirs=["csrc", "hierfast/include"],
    extra_compile_args=FLAGS,
    define_macros=[] if FREE_THREADED else [("Py_LIMITED_API", "0x030B0000")],
    py_limited_api=not FREE_THREADED,
)

setup(
    ext_modules=cythonize(
        [core],
        build_dir="build",
        compiler_directives={"language_level": 3, "freethreading_compatible": True},
    ),
    cmdclass={"build_ext": BuildExt},
    options={} if FREE_THREADED else {"bdist_wheel": {"py_limited_api": "cp311"}},
)
