"""Types of the extension: what `_core.pyx` takes and gives."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from typing_extensions import disjoint_base

_Float = NDArray[np.float64]
_Doubles = NDArray[np.float64] | None
_Ints = NDArray[np.int64] | None

ABREAST: int
BLOCK: int
LARGEST: float
SUMS: int
THETA: int
SCALE: int
POINTS: int
TILE: int

class SamplingError(RuntimeError): ...
class Stopped(Exception): ...

def levels() -> dict[int, str]: ...
def best_level() -> int: ...
def prior_names() -> list[str]: ...
def family_names() -> tuple[list[str], list[str]]: ...
def pair_names() -> list[tuple[str, str]]: ...
def math(which: int, x: _Doubles, level: int = 0) -> _Float: ...
def key(seed: int, chain: int, term: int, site: int) -> int: ...
def normals(
    key: int,
    label: NDArray[np.uint64] | None,
    sweep: int,
    attempt: int = 0,
    level: int = 0,
    uniform: bool = False,
    out: _Float | None = None,
) -> _Float: ...
def words(
    key: int, label: NDArray[np.uint64] | None, sweep: NDArray[np.uint32] | None, attempt: int = 0
) -> NDArray[np.uint32]: ...
def variates(kind: int, key: int, n: int, a: float = 1.0, b: float = 1.0) -> _Float: ...
def binomial(key: int, n: int, trials: float, share: float, rest: float) -> _Float: ...
def prior_logpdf(name: str, x: _Doubles, params: list[Any], level: int = 0) -> _Float: ...
def likelihood_eval(
    name: str, eta: _Doubles, stats: list[Any], params: list[Any], level: int = 0
) -> _Float: ...
def likelihood_overall(
    name: str, params: list[_Doubles], counts: Any, level: int = 0
) -> _Float: ...
def population_eval(
    name: str, theta: _Doubles, location: Any, params: list[Any], level: int = 0
) -> _Float: ...
def text_of_objects(
    values: list[Any],
) -> tuple[NDArray[np.uint8], NDArray[np.int64], list[int]]: ...
def text_of_cells(cells: Any) -> tuple[NDArray[np.uint8], NDArray[np.int64]]: ...
def factorise_part(
    text: NDArray[np.uint8] | None, at: _Ints, n_part: int, part: int, code: _Ints
) -> NDArray[np.int64]: ...
def join_codes(code: _Ints, offset: _Ints, lo: int, hi: int) -> None: ...
def sort_labels(text: NDArray[np.uint8] | None, at: _Ints, first: Any) -> NDArray[np.int64]: ...
def decode_labels(
    text: NDArray[np.uint8] | None, at: _Ints, rows: _Ints, as_bytes: bool
) -> NDArray[Any]: ...
def hash_labels(text: NDArray[np.uint8] | None, at: _Ints) -> NDArray[np.uint64]: ...
def scan_rows(y: _Doubles, se: _Doubles, lo: int, hi: int) -> tuple[bool, bool]: ...
def scan_codes(code: _Ints, lo: int, hi: int) -> tuple[int, int]: ...
def add_rows(
    code: _Ints,
    y: _Doubles,
    se: _Doubles,
    weight: _Doubles,
    base: int,
    centre: float,
    near: _Doubles,
    lo: int,
    hi: int,
    count: NDArray[np.uint32] | None,
    s: _Doubles,
) -> None: ...
def finish_groups(
    width: int,
    count: NDArray[np.uint32] | None,
    s: _Doubles,
    centre: float,
    near: _Doubles,
    integer: bool,
    base: int,
    lo: int,
    hi: int,
    at: int = 0,
    out: Any = None,
) -> Any: ...
def merge_groups(
    integer: bool,
    a_n: _Doubles,
    a_p: _Doubles,
    a_mean: _Doubles,
    a_m2: _Doubles,
    b_n: _Doubles,
    b_p: _Doubles,
    b_mean: _Doubles,
    b_m2: _Doubles,
) -> None: ...
def add_cells(
    p: _Doubles, mean: _Doubles, m2: _Doubles, centre: float, lo: int, hi: int, cell: _Doubles
) -> float: ...

@disjoint_base
class Target:
    n_node: int
    @property
    def dim(self) -> int: ...
    def watch(self, stop: NDArray[np.int32] | None) -> Any: ...
    def start(self, known: Any) -> list[float]: ...
    def mode(self, start: list[Any]) -> list[float]: ...
    def follow(self, other: Target) -> None: ...
    def place(self, start: list[Any]) -> list[float]: ...
    def prepare(self, around: Any = None) -> None: ...
    def build_proposal(
        self, start: list[Any], seed: int, grid: bool, trials: int = 1024
    ) -> tuple[float, float]: ...
    def logp(self, z: _Doubles) -> _Float: ...
    @property
    def spread(self) -> _Float: ...
    def propose(self, key: int, first: int, n: int) -> tuple[_Float, _Float]: ...
    def proposal_density(self, z: _Doubles) -> _Float: ...
    def log_rows(self, x: _Doubles) -> _Float: ...
    def values(self, z: _Doubles) -> _Float: ...
    def sweeps_blocks(self) -> Any: ...

@disjoint_base
class Collapsed(Target):
    def __init__(self, graph: Any, skip: int, cells: Any, level: int) -> None: ...
    def scan(self, drop: float) -> tuple[float, float, float, float, float]: ...
    def table_size(self, lo: float, hi: float) -> int: ...
    def table_nodes(self, lo: float, hi: float, n: int) -> _Float: ...
    def moment_leaf(self, leaf: int, lam: _Doubles, out: _Doubles) -> None: ...
    def set_table(self, lo: float, hi: float, lam: _Doubles, moment: _Doubles) -> None: ...
    def finish(
        self, seed: int, chain: int, first: int, z: _Doubles, x: _Doubles, part: _Doubles
    ) -> None: ...

@disjoint_base
class Conjugate(Target):
    def __init__(
        self, graph: Any, likelihood: str, population: str, rising: Any, sizes: Any, level: int
    ) -> None: ...
    def draw(
        self,
        x: _Doubles,
        key: int,
        sweep: int,
        base: int,
        label: NDArray[np.uint64] | None,
        y: _Doubles,
        size: _Doubles,
        out: _Doubles,
    ) -> None: ...

@disjoint_base
class Shares(Target):
    def __init__(
        self,
        graph: Any,
        alpha: Any,
        counts: Any,
        trials: Any,
        part: NDArray[np.int32],
        y: _Float,
        together: list[int],
        level: int,
    ) -> None: ...
    def turn(self, z: Any) -> _Float: ...
    def marginal(self, x: _Doubles, lo: int, hi: int) -> _Float: ...
    def draw(
        self,
        x: _Doubles,
        key: int,
        sweep: int,
        label: NDArray[np.uint64],
        y: _Float,
        out: _Float,
    ) -> None: ...
    def given_shares(self, total: _Doubles, z: _Doubles) -> _Float: ...

@disjoint_base
class Integrated(Target):
    def __init__(
        self,
        graph: Any,
        likelihood: str,
        population: str,
        stats: Any,
        lpar: Any,
        ppar: Any,
        level: int,
        mult: _Doubles | None = None,
        order: int = 61,
        rows: Any = None,
        design: Any = (),
        closed: bool = False,
    ) -> None: ...
    mult: NDArray[np.float64]
    fixed: bool
    nodes: list[NDArray[Any]]
    @property
    def count(self) -> int: ...
    def alike(self) -> NDArray[np.float64]: ...
    def prepare(self, around: Integrated | None = None) -> None: ...
    def span(self, around: Integrated) -> NDArray[np.float64]: ...
    def set_nodes(
        self,
        cell: NDArray[np.int64],
        level: NDArray[np.int64],
        first: NDArray[np.int64],
        count: NDArray[np.int64],
        rest: NDArray[np.int64],
    ) -> None: ...
    def missed(self, around: Integrated) -> NDArray[np.bool_]: ...
    def share(self, lo: int) -> int: ...
    def sinc(
        self,
        lo: int,
        hi: int,
        mass: _Doubles,
        table: NDArray[np.float64],
        prob: _Doubles,
        out: NDArray[np.float64],
        slack: NDArray[np.float64],
    ) -> None: ...
    def choose_order(self, wanted: float) -> tuple[int, float]: ...
    def design_points(self) -> _Float: ...
    def take_order(self, other: Integrated) -> None: ...
    def around(self) -> _Float: ...
    def apart(self, a: _Doubles, b: _Doubles) -> float: ...
    def blend(
        self,
        lo: int,
        x: NDArray[np.float64],
        n: int,
        total: NDArray[np.float64],
        mass: NDArray[np.float64],
        missed: NDArray[np.int64],
    ) -> int: ...
    def moments(self, x: _Doubles, cell: _Ints, mean: _Doubles, sd: _Doubles) -> None: ...
    def invert(self, x: _Doubles, cell: _Ints, u: _Doubles, out: _Doubles) -> None: ...
    @property
    def concave(self) -> bool: ...
    def modes(self, x: _Doubles, cell: _Ints | None, out: _Doubles) -> None: ...
    def reject(
        self,
        x: _Doubles,
        cell: _Ints,
        key: int,
        base: int,
        label: NDArray[np.uint64] | None,
        sweep: int,
        out: _Doubles,
        near: _Doubles | None = None,
    ) -> None: ...
    def marginal(self, x: _Doubles, lo: int, hi: int) -> _Float: ...

@disjoint_base
class Conditional(Target):
    def __init__(
        self,
        graph: Any,
        cells: Any,
        p: Any,
        ybar: Any,
        p_sum: float,
        py_sum: float,
        pyy_sum: float,
        level: int,
    ) -> None: ...
    def condition(self, sums: _Doubles, loc: float, scale: float, noncentred: bool) -> None: ...

@disjoint_base
class Sliced(Target):
    def __init__(
        self,
        graph: Any,
        likelihood: str,
        population: str,
        stats: Any,
        lpar: Any,
        ppar: Any,
        level: int,
        rows: Any = None,
        design: Any = (),
    ) -> None: ...
    def given_effects(self, eta: _Doubles, z: _Doubles, noncentred: bool) -> _Float: ...

def normal_marginal(stats: Any, sigma: float, loc: float, tau: float, level: int = 0) -> _Float: ...

@disjoint_base
class Mixed(Target):
    def __init__(
        self,
        graph: Any,
        stats: Any,
        lpar: Any,
        level: int,
        mult: _Doubles | None = None,
        order: int = 61,
        rows: Any = None,
    ) -> None: ...
    @property
    def nodes(self) -> list[NDArray[Any]]: ...
    def marginal(self, x: _Doubles, lo: int, hi: int) -> _Float: ...
    def choose_order(self, wanted: float) -> tuple[int, float]: ...
    def moments(
        self, x: _Doubles, cell: NDArray[np.int64], mean: _Doubles, sd: _Doubles
    ) -> None: ...
    def shares(
        self,
        x: _Doubles,
        cell: NDArray[np.int64],
        mean: _Doubles,
        sd: _Doubles,
        share: _Doubles,
    ) -> None: ...
    def invert(
        self, x: _Doubles, cell: NDArray[np.int64] | None, u: _Doubles, out: _Doubles
    ) -> None: ...

@disjoint_base
class Allocated(Target):
    n_group: int
    def __init__(self, graph: Any, stats: Any, lpar: Any, level: int, rows: Any = None) -> None: ...
    def given_effects(
        self, eta: _Doubles, part: _Doubles, z: _Doubles, x: _Doubles | None = None
    ) -> _Float: ...

@disjoint_base
class Gridded(Target):
    points: int
    def __init__(
        self,
        graph: Any,
        stats: Any,
        lpar: Any,
        level: int,
        mult: _Doubles,
        rows: Any,
        concentration: Any,
        point: _Doubles,
        base: _Doubles,
        own: Any,
        by_cell: bool,
        by_point: bool,
        held: bool,
    ) -> None: ...
    def likelihoods(
        self, x: _Doubles, cell: Any = None, by_point: bool = False
    ) -> tuple[_Float, _Float]: ...
    def log_likelihood(self, x: _Doubles, w: _Doubles) -> float: ...
    def invert(self, x: _Doubles, w: _Doubles, cell: Any, u: _Doubles, out: _Doubles) -> None: ...
    def given(
        self,
        z: _Doubles,
        rows: bool,
        marginal: bool,
        log_w: _Doubles,
        count: _Doubles,
        own: _Doubles,
    ) -> _Float: ...

@disjoint_base
class Chain:
    def __init__(
        self,
        target: Target,
        seed: int,
        chain: int,
        blocks: Any,
        stop: Any,
        passes: int = 1,
        base: int = 0,
        label: Any = None,
    ) -> None: ...
    def begin(self, start: Any = None) -> None: ...
    def run(self, first: int, path: _Doubles) -> Any: ...
    @property
    def moved(self) -> int: ...
    @property
    def cut(self) -> Any: ...
    @property
    def effects(self) -> _Float | None: ...
    @property
    def sums(self) -> list[float]: ...
    def save(self) -> bytes: ...
    def load(self, saved: bytes) -> None: ...

def sweep(
    p: _Doubles,
    ybar: _Doubles,
    loc: float,
    tau2: float,
    sigma2: float,
    centre: float,
    key: int,
    sweep: int,
    base: int,
    label: NDArray[np.uint64] | None,
    lo: int,
    hi: int,
    theta: _Doubles,
    sums: _Doubles,
    level: int,
) -> None: ...

@disjoint_base
class Mixture:
    def __init__(self, part: _Doubles, level: int) -> None: ...
    def coefficients(self, p: _Doubles, out: _Doubles) -> None: ...
    def quantiles(
        self, p: _Doubles, d: _Doubles, mean: _Doubles, sd: _Doubles, prob: _Doubles, out: _Doubles
    ) -> None: ...
    def above(
        self,
        edge: NDArray[np.int32],
        p: _Doubles,
        d: _Doubles,
        x: _Doubles,
        chance: _Doubles,
        mcse: _Doubles,
    ) -> None: ...
    def compress(self, n_bin: int, order: _Ints) -> _Float: ...
    def error(self, p: float, d: float, sd: float, prob: float, x: float) -> float: ...

def ndtri(p: float) -> float: ...
def rank_twice(
    x: _Doubles, key: NDArray[np.uint64], out: NDArray[np.int32], level: int = 0
) -> None: ...
def keep_extremes(
    draws: NDArray[Any], held: NDArray[Any], room: NDArray[Any], level: int
) -> None: ...
def leave_out(
    log: _Doubles, mult: _Doubles, flat: float, found: _Doubles, off: _Doubles, level: int
) -> None: ...
def add_batch(draws: _Doubles, is_first: bool, sums: _Doubles) -> None: ...
def read_groups(
    level: int,
    by_log: bool,
    row: NDArray[np.int32] | None,
    x0: float,
    inv_dx: float,
    moment: _Doubles,
    table_: _Doubles,
    centre: float,
    s0: float,
    inv_ds: float,
    spread: float,
    p: _Doubles,
    ybar: _Doubles,
    lo: int,
    hi: int,
    mean: _Doubles,
    sd: _Doubles,
    quantile: _Doubles,
) -> None: ...
