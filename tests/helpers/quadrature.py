"""Brute-force posteriors of small normal models on a grid, with SciPy alone."""

import numpy as np
from scipy import stats as st
from scipy.integrate import trapezoid


class GridPosterior:
    """Normal rows in Normal groups; mu, log tau and (where sigma is unknown) log sigma on a grid.

    Parameters
    ----------
    y, group : array_like
        Rows.
    priors : dict of str to callable
        Log densities of mu, tau and, where unknown, sigma.
    ranges : dict of str to tuple
        Bounds of mu, log tau and log sigma, wide enough to hold all but 1e-9 of the mass.
    se : array_like, optional
        Known standard deviations, one row a group.
    n : int
        Nodes per axis.
    """

    def __init__(self, y, group, priors, ranges, se=None, n=301):
        self.names = list(ranges)
        axes = [np.linspace(*ranges[k], n) for k in self.names]
        grid = np.meshgrid(*axes, indexing="ij")
        self.axes = {
            k: a if k == "mu" else np.exp(a) for k, a in zip(self.names, axes, strict=True)
        }
        at = {k: g if k == "mu" else np.exp(g) for k, g in zip(self.names, grid, strict=True)}
        mu, tau, sigma = at["mu"], at["tau"], at.get("sigma", 1.0)
        lp = sum(priors[k](at[k]) + (0 if k == "mu" else np.log(at[k])) for k in self.names)
        y, group = np.asarray(y, float), np.asarray(group)
        self.effects = []
        for j, label in enumerate(np.unique(group)):
            rows = y[group == label]
            var = np.asarray(se)[j] ** 2 if se is not None else sigma**2 / len(rows)
            lp = lp + st.norm.logpdf(rows.mean(), mu, np.sqrt(tau**2 + var))
            if se is None and len(rows) > 1:
                ss = ((rows - rows.mean()) ** 2).sum()
                lp = lp - (len(rows) - 1) * np.log(sigma) - ss / (2 * sigma**2)
            k = tau**2 / (tau**2 + var)
            self.effects.append((mu + k * (rows.mean() - mu), tau**2 * (1 - k)))
        w = np.exp(lp - lp.max())
        for axis, name in enumerate(self.names):
            edge = np.take(w, [0, -1], axis=axis).max()
            assert edge < 1e-7, f"the grid cuts {name} off ({edge:.1e})"
        self.w = w / w.sum()
        self.step = [a[1] - a[0] for a in axes]

    def marginal(self, name):
        """Nodes of the sampled coordinate and the density on them, normalised."""
        axis = self.names.index(name)
        density = self.w.sum(axis=tuple(i for i in range(self.w.ndim) if i != axis))
        x = self.axes[name] if name == "mu" else np.log(self.axes[name])
        return x, density / trapezoid(density, x)

    def cdf(self, name):
        """Distribution function of a hyperparameter."""
        x, density = self.marginal(name)
        fine = np.linspace(x[0], x[-1], 20 * len(x))
        f = np.interp(fine, x, density)
        total = np.concatenate([[0], np.cumsum((f[1:] + f[:-1]) / 2)])
        total /= total[-1]
        return lambda v: np.interp(v if name == "mu" else np.log(v), fine, total)

    def moments(self, name):
        """Mean and sd of a hyperparameter."""
        shape = [1] * self.w.ndim
        shape[self.names.index(name)] = -1
        x = self.axes[name].reshape(shape)
        mean = (self.w * x).sum()
        return mean, np.sqrt((self.w * x**2).sum() - mean**2)

    def effect(self, j):
        """Mean and sd of an effect."""
        m, v = self.effects[j]
        mean = (self.w * m).sum()
        return mean, np.sqrt((self.w * (v + m**2)).sum() - mean**2)

    def correlation(self, i, j):
        """Posterior correlation of two effects: given phi they are independent."""
        (a, sa), (b, sb) = self.effect(i), self.effect(j)
        return ((self.w * self.effects[i][0] * self.effects[j][0]).sum() - a * b) / (sa * sb)
