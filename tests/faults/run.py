"""Plant each fault of catalogue.py in a copy, build it, run the suite's layers and print who sees it.

    python tests/faults/run.py [--only TEXT] [--from N] [--to N] [--enough N] [--layers A,B] [--dial]

Needs an environment with the test extra, setuptools and Cython. A layer is stopped at its first
failure; after `--enough` layers have seen a fault the others are not asked ("-" in the table). A layer
that sees a fault is run once without any, and must pass.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from catalogue import DIAL, FAULTS, Fault

ROOT = Path(__file__).parents[2]
LAYERS = {  # the cheap ones first
    "conditionals": ["tests/trust/test_conditionals.py"],
    "equations": ["tests/trust/test_equations.py", "tests/test_kernels.py", "tests/test_priors.py"],
    "statistics": ["tests/test_statistics.py", "tests/test_input.py"],
    "evidence": ["tests/test_merging.py", "tests/test_renewal.py", "tests/test_keeping.py"],
    "exports": ["tests/test_export.py", "tests/test_arrow.py"],
    "answers": ["tests/test_answers.py", "tests/test_pooling.py"],
    "joint": ["tests/test_simulate.py", "tests/test_predict.py", "tests/test_log_prob.py"],
    "comparison": [
        "tests/test_refits.py",
        "tests/test_evidence.py",
        "tests/test_compare.py",
        "tests/test_sensitivity.py",
        "tests/test_loo.py",
    ],
    "exchangeability": ["tests/test_exchangeability.py"],
    "diagnostics": ["tests/test_diagnose.py", "tests/test_report.py", "tests/test_reprs.py"],
    "promise": ["tests/test_promise.py"],
    "quadrature": ["tests/test_quadrature.py", "tests/test_nodes.py", "tests/test_nodal.py"],
    "times": ["tests/test_times.py", "tests/test_zero_inflated.py"],
    "mixtures": ["tests/test_mixture.py"],
    "ordered": ["tests/test_ordered.py"],
    "linear": ["tests/test_linear.py"],
    "grids": ["tests/test_grid.py"],
    "shares": ["tests/test_multinomial.py", "tests/test_dirichlet.py"],
    "scales": ["tests/test_scales.py"],
    "students": ["tests/test_student.py"],
    "truncated": ["tests/test_truncated.py"],
    "pairs": ["tests/test_conjugate.py", "tests/test_negative_binomial.py", "tests/test_pairs.py"],
    "posteriors": ["tests/test_posterior.py", "tests/test_counts.py"],
    "invariance": ["tests/test_invariance.py"],
    "cases": ["tests/test_cases.py"],
    "transitions": ["tests/trust/test_proposals.py", "tests/trust/test_transitions.py"],
    "calibration": ["tests/test_calibration.py"],
}
NEAREST = {  # layers asked first where the changed file begins so, when some are enough
    "csrc/conjugate/normal": ("conditionals", "posteriors", "cases"),
    "csrc/conjugate/": ("equations", "conditionals", "pairs"),
    "csrc/likelihood/weibull": ("equations", "times", "pairs"),
    "csrc/likelihood/gamma": ("equations", "times", "pairs"),
    "csrc/phi/mixed": ("mixtures", "cases"),
    "csrc/theta/allocate": ("mixtures", "cases"),
    "csrc/conjugate/normal_marginal": ("mixtures", "cases"),
    "hierfast/distributions/mixture": ("mixtures",),
    "csrc/likelihood/ordered": ("ordered", "equations"),
    "csrc/likelihood/normal_scale": ("equations", "scales"),
    "csrc/likelihood/student": ("equations", "students"),
    "csrc/likelihood/zero": ("equations", "times", "pairs"),
    "csrc/likelihood/": ("equations", "posteriors", "pairs"),
    "csrc/incomplete_gamma": ("equations", "times", "pairs"),
    "csrc/phi/points": ("grids",),
    "csrc/theta/points": ("grids",),
    "csrc/binomial": ("grids",),
    "hierfast/grid": ("grids",),
    "hierfast/schemes/grid": ("grids",),
    "csrc/phi/dirichlet": ("shares", "cases"),
    "csrc/phi/nodes": ("quadrature", "pairs"),
    "csrc/phi/gibbs": ("transitions", "calibration"),
    "csrc/phi/grid": ("transitions", "posteriors"),
    "csrc/phi/proposal": ("transitions", "posteriors"),
    "csrc/phi/integrated": ("conditionals", "pairs", "posteriors"),
    "csrc/phi/": ("conditionals", "transitions", "posteriors", "calibration"),
    "csrc/population/inverse": ("equations", "scales"),
    "csrc/population/truncated": ("equations", "truncated"),
    "csrc/population/": ("equations", "pairs"),
    "csrc/prior/": ("equations", "conditionals"),
    "csrc/readout": ("posteriors", "pairs"),
    "csrc/run": ("linear", "transitions", "pairs", "posteriors"),
    "csrc/statistics": ("statistics", "conditionals"),
    "csrc/theta/slice": ("linear", "truncated", "pairs", "posteriors"),
    "csrc/theta/nodes": ("quadrature", "pairs"),
    "csrc/theta/sinc": ("quadrature", "pairs"),
    "csrc/theta/trapezoid": ("scales",),
    "csrc/theta/panels": ("students", "truncated"),
    "csrc/theta/places": ("students", "truncated"),
    "csrc/ranks": ("answers",),
    "csrc/conjugate/normal_above": ("answers",),
    "csrc/leave_out": ("comparison",),
    "hierfast/joint": ("answers",),
    "hierfast/chances": ("answers",),
    "hierfast/po": ("answers",),
    "hierfast/heterogeneity": ("answers",),
    "hierfast/exchangeability": ("exchangeability",),
    "hierfast/refits": ("comparison",),
    "hierfast/pred": ("joint",),
    "hierfast/merging": ("evidence",),
    "hierfast/sample": ("evidence", "promise"),
    "hierfast/renewal": ("evidence",),
    "hierfast/archive": ("evidence",),
    "hierfast/keeping": ("evidence",),
    "hierfast/trees": ("exports",),
    "hierfast/densities": ("exports",),
    "hierfast/schemes/counts": ("evidence", "posteriors"),
    "hierfast/terms": ("students", "pairs"),
    "csrc/theta/moving": ("scales",),
    "csrc/theta/invert": ("conditionals", "pairs", "posteriors"),
    "csrc/theta/quadrature": ("scales", "conditionals", "pairs", "posteriors"),
    "csrc/theta/": ("conditionals", "pairs", "posteriors"),
    "hierfast/ordered": ("ordered", "promise"),
    "hierfast/conjugate": ("pairs", "posteriors"),
    "hierfast/counts": ("posteriors", "pairs"),
    "hierfast/diagnose": ("diagnostics", "cases"),
    "hierfast/distributions": ("equations", "conditionals"),
    "hierfast/gra": ("conditionals", "equations"),
    "hierfast/links": ("quadrature", "posteriors"),
    "hierfast/t": ("times", "pairs"),
    "hierfast/design": ("linear", "cases"),
    "hierfast/nodal": ("quadrature", "pairs"),
    "hierfast/schemes/shares": ("shares", "cases"),
    "hierfast/shares": ("shares", "cases"),
    "hierfast/categories": ("shares", "statistics"),
    "hierfast/scales": ("scales",),
    "hierfast/schemes/nodes": ("quadrature", "pairs"),
    "hierfast/schemes": ("statistics", "pairs"),
    "hierfast/": ("statistics", "posteriors", "pairs"),
}
FLAGS = ["-std=c11", "-O3", "-fno-fast-math", "-ffp-contract=off", "-fno-math-errno",
         "-fno-trapping-math", "-fPIC", "-fvisibility=hidden", "-Icsrc"]  # fmt: skip


class Tree:
    """A built copy of the project."""

    def __init__(self, folder):
        self.root = Path(folder) / "tree"
        names = subprocess.run(
            ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.splitlines()
        for name in names:
            to = self.root / name
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to)
        build = [sys.executable, "setup.py", "-q", "build_ext", "--inplace"]
        subprocess.run(build, cwd=self.root, check=True, capture_output=True)
        self.module = next((self.root / "hierfast").glob("_core*.so"))
        self.objects = sorted((self.root / "build").rglob("*.o"))
        self.clean = {path: path.read_bytes() for path in [self.module, *self.objects]}

    def plant(self, fault):
        """Apply a fault and build; return what undoes it."""
        path = self.root / fault.path
        text = path.read_text("utf-8")
        assert text.count(fault.old) == 1, f"{fault.name}: the list is stale"
        path.write_text(text.replace(fault.old, fault.new), "utf-8")
        if fault.path.startswith("csrc"):
            self.compile(fault.path)

        def undo():
            path.write_text(text, "utf-8")
            for built, data in self.clean.items() if fault.path.startswith("csrc") else ():
                built.unlink()
                built.write_bytes(data)
            self.module.chmod(0o755)

        return undo

    def compile(self, changed):
        """Compile what includes the changed file, and link."""
        jobs = []
        for source in sorted((self.root / "csrc").rglob("*.c")):
            name = source.relative_to(self.root)
            needs = subprocess.run(
                ["cc", *FLAGS, "-MM", str(name)], cwd=self.root, capture_output=True, text=True,
                check=True,
            ).stdout  # fmt: skip
            if changed in needs.split():
                obj = next(o for o in self.objects if o.match(f"*/{name.with_suffix('.o')}"))
                command = ["cc", *FLAGS, "-w", "-c", str(name), "-o", str(obj)]
                jobs.append(subprocess.Popen(command, cwd=self.root))
        assert all(job.wait() == 0 for job in jobs), changed
        link = ["cc", "-shared", *map(str, self.objects), "-o", str(self.module)]
        subprocess.run(link, cwd=self.root, check=True)

    def sees(self, layer):
        """Tell whether a layer fails."""
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-x",
            "-q",
            "-n0",
            "-p",
            "no:cacheprovider",
            *LAYERS[layer],
        ]
        environment = os.environ | {"PYTHONPATH": str(self.root), "PYTHONSAFEPATH": "1"}
        try:
            done = subprocess.run(
                command,
                cwd=self.root,
                env=environment,
                capture_output=True,
                check=False,
                timeout=1800,
            )
        except subprocess.TimeoutExpired:  # a fault that never ends is a fault that is seen
            return True
        assert done.returncode in (0, 1), done.stdout.decode()
        return done.returncode == 1


def order(fault, layers):
    """Layers in the order they are asked: those given, or the nearest first, then the cheap ones."""
    if layers:
        return dict.fromkeys(layers.split(","))
    nearest = next((v for k, v in NEAREST.items() if fault.path.startswith(k)), ())
    return dict.fromkeys([*nearest, *LAYERS])


def table(tree, faults, enough, layers):
    """Print fault x layer; return how many faults no layer saw."""
    print("| fault |", " | ".join(LAYERS), "|")
    print("|---|" + "---|" * len(LAYERS))
    missed, sound = 0, set()
    for fault in faults:
        undo, found = tree.plant(fault), {}
        for layer in order(fault, layers):
            if sum(found.values()) < enough:
                found[layer] = tree.sees(layer)
        undo()
        for layer in {layer for layer in found if found[layer]} - sound:
            assert not tree.sees(layer), f"{layer} fails without a fault"
            sound.add(layer)
        missed += not any(found.values())
        row = [{None: "-", True: "caught", False: ""}[found.get(layer)] for layer in LAYERS]
        print(f"| {fault.name} |", " | ".join(row), "|", flush=True)
    return missed


def dial(tree):
    """Print the smallest error that each layer sees, halving from 0.5."""
    for name, (path, old, new) in DIAL.items():
        smallest = {}
        left, eps = list(LAYERS), 0.5
        while left and eps > 1e-7:
            undo = tree.plant(Fault(name, path, old, new.format(eps=eps)))
            left = [layer for layer in left if tree.sees(layer)]
            undo()
            smallest |= dict.fromkeys(left, eps)
            eps /= 4
        print(name, {k: f"{v:.1g}" for k, v in smallest.items()}, flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="", help="faults whose name holds this")
    parser.add_argument(
        "--enough", type=int, default=len(LAYERS), help="layers that must see a fault"
    )
    parser.add_argument(
        "--from", type=int, default=0, dest="first", help="number of the first fault"
    )
    parser.add_argument("--to", type=int, default=None, help="number after the last fault")
    parser.add_argument("--layers", default="", help="the only ones asked, in this order")
    parser.add_argument("--dial", action="store_true", help="the smallest error seen, instead")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tree = Tree(folder)
        if args.dial:
            clean = [layer for layer in LAYERS if tree.sees(layer)]
            assert not clean, f"layers fail without a fault: {clean}"
            return dial(tree)
        return table(
            tree,
            [f for f in FAULTS[args.first : args.to] if args.only in f.name],
            args.enough,
            args.layers,
        )


if __name__ == "__main__":
    sys.exit(main())
