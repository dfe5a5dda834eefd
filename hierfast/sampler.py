"""A chain as init, step, snapshot over arrays that Python owns; `fit` is a loop over these."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hierfast import _core

if TYPE_CHECKING:
    from hierfast.plan import Plan

FloatArray = NDArray[np.float64]


class Sampler:
    """One chain of a plan.

    Parameters
    ----------
    plan : Plan
        What to sample and how.
    seed : int
        64-bit seed of the fit.
    chain : int
        Which chain this is.
    stop : numpy.ndarray, optional
        Flag (1,) polled between blocks.
    """

    def __init__(
        self, plan: Plan, seed: int, chain: int, stop: NDArray[np.int32] | None = None
    ) -> None:
        self._dim = plan.target.dim + plan.width
        self._sweep = 1
        flag = np.zeros(1, dtype=np.int32) if stop is None else stop
        draws_effects = any("eta" in block or block == "shares" for block in plan.blocks)
        base, keys = plan.keys if draws_effects else (0, None)
        self._chain = _core.Chain(
            plan.target, seed, chain, plan.blocks, flag, plan.passes, base, keys
        )
        self._chain.begin(plan.start)

    def step(self, n: int) -> FloatArray:
        """Advance by n sweeps.

        Parameters
        ----------
        n : int
            Sweeps; cutting a run into several steps does not change it.

        Returns
        -------
        numpy.ndarray
            Coordinates after each sweep (dim, n), of a grid its weights below them; fewer columns where
            the stop flag was seen, after which the sampler is not to be used.
        """
        path = np.empty((self._dim, n))
        done = self._chain.run(self._sweep, path) if n and self._dim else n
        self._sweep += done
        return path[:, :done]

    @property
    def sweep(self) -> int:
        """Number of the next sweep, from 1."""
        return self._sweep

    @property
    def moved(self) -> int:
        """Accepted proposals so far."""
        return int(self._chain.moved)

    @property
    def cut(self) -> int:
        """Slices so far that were wider than the cap on their interval."""
        return int(self._chain.cut)

    @property
    def sums(self) -> list[float]:
        """Sums of the last pass over the effects (Gibbs)."""
        return list(self._chain.sums)

    def snapshot(self) -> tuple[int, bytes]:
        """Take the state; a sampler of the same plan that restores it goes on with the same draws.

        Returns
        -------
        tuple
            The next sweep and the state's bytes.
        """
        return self._sweep, self._chain.save()

    def restore(self, snapshot: tuple[int, bytes]) -> None:
        """Go back to a snapshot.

        Parameters
        ----------
        snapshot : tuple
            From `snapshot`, of a sampler of the same plan and chain.
        """
        self._sweep, state = snapshot
        self._chain.load(state)
