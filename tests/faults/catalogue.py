"""Small faults a person could really make: each must be caught.

An entry is a file, a text that stands in it exactly once, and what takes its place. A list that no
longer fits the code is itself a failure (tests/test_faults.py).
"""

from typing import NamedTuple


class Fault(NamedTuple):
    """A fault to plant."""

    name: str
    path: str
    old: str
    new: str


FAULTS = [
    Fault("Jacobian of a log missing", "csrc/phi/hyper.c",
          "for (int i = 0; i < n; i++) lp[i] += z[i];", "(void)lp;"),
    Fault("Jacobian of a logit wrong", "csrc/phi/hyper.c",
          "- 2.0 * hf_log1p(e);", "- hf_log1p(e);"),
    Fault("n off by one", "csrc/statistics.c",
          "double rows = (double)n, p =", "double rows = (double)n + 1.0, p ="),
    Fault("variance of an effect half off", "csrc/conjugate/normal_sweep.h",
          "__builtin_sqrt(tau2 * b)", "__builtin_sqrt(0.5 * tau2 * b)"),
    Fault("degrees of freedom of sigma off by one", "csrc/phi/collapsed.c",
          "c->n_row * hf_log(s2)", "(c->n_row - 1.0) * hf_log(s2)"),
    Fault("half missing before a sum of squares", "csrc/phi/gibbs.c",
          "0.5 * (stt - 2.0 * mu * st", "(stt - 2.0 * mu * st"),
    Fault("log tau counted for one group less", "csrc/phi/gibbs.c",
          "-c->n_group * hf_log(tau)", "-(c->n_group - 1.0) * hf_log(tau)"),
    Fault("slice not shrunk on the left", "csrc/phi/slice.c",
          "left = s < 0.0 ? s : left;", "left = s < -1e300 ? s : left;"),
    Fault("slice level not random", "csrc/phi/slice.c",
          "*lp + hf_log(hf_uniform(key, label, sweep, attempt++))",
          "*lp - 1.0 + 0.0 * hf_uniform(key, label, sweep, attempt++)"),
    Fault("slice interval not placed at random", "csrc/phi/slice.c",
          "-width * hf_uniform(key, label, sweep, attempt++)",
          "-width * (0.1 + 0.0 * hf_uniform(key, label, sweep, attempt++))"),
    Fault("slice remembers no level", "csrc/phi/slice.c",
          "      *lp = here;\n", "      *lp = level;\n"),
    Fault("whitening transposed in the slice", "csrc/phi/slice.c",
          "ray r = {t, z, shape + a, t->d};", "ray r = {t, z, shape + a * t->d, t->d > 1 ? 1 : 1};"),
    Fault("a stream shared by proposal and acceptance", "csrc/phi/chain.c",
          "hf_key(seed, chain, 0, HF_SITE_ACCEPT)", "hf_key(seed, chain, 0, HF_SITE_PROPOSAL)"),
    Fault("acceptance without the proposal", "csrc/phi/chain.c",
          "(to[i] - lq[i]) - (*lp - q0)", "to[i] - *lp"),
    Fault("acceptance upside down", "csrc/phi/chain.c",
          "(to[i] - lq[i]) - (*lp - q0)", "(to[i] + lq[i]) - (*lp + q0)"),
    Fault("stale proposal density", "csrc/phi/chain.c", "        q0 = lq[i];\n", ""),
    Fault("tail of the proposal with other degrees of freedom", "csrc/phi/proposal.c",
          "0.5 * (NU + p->d) * hf_log1p(square / NU)", "0.5 * (NU + 1) * hf_log1p(square / NU)"),
    Fault("density of the mixed proposal without the t", "csrc/phi/proposal.c",
          "t = lq + hf_log(1.0 - GRID_SHARE);", "t = lq - 1e6;"),
    Fault("area of a grid cell forgotten", "csrc/phi/grid.c",
          "sum += hf_exp(lp[i] - top) * (p->edge[0][a + 1] - p->edge[0][a]) *",
          "sum += hf_exp(lp[i] - top) * (p->edge[0][1] - p->edge[0][0]) * (a > -1) *"),
    Fault("a multiplicity dropped", "csrc/conjugate/normal.h",
          "t->jp[i] = j * t->p[i];", "t->jp[i] = t->p[i];"),
    Fault("squares within a cell dropped", "csrc/conjugate/normal.h",
          "t->jsp[i] = (t->jsp[i] + j * m * m) * t->p[i];", "t->jsp[i] = (j * m * m) * t->p[i];"),
    Fault("flat mean integrated by half", "csrc/phi/collapsed.c",
          "ll -= 0.5 * hf_log(wt / s2);", "ll -= hf_log(wt / s2);"),
    Fault("integrated mean not drawn", "csrc/phi/collapsed.c",
          "centre + m + __builtin_sqrt(v) * noise[i]", "centre + m + 0.0 * v * noise[i]"),
    Fault("variance of the integrated mean dropped", "csrc/phi/collapsed.c",
          "part[n + i] = v;", "part[n + i] = 0.0;"),
    Fault("prior of the integrated mean forgotten", "csrc/phi/collapsed.c",
          "ws += m0 / v0;", "ws += 0.0;"),
    Fault("scale of the quadrature dropped", "csrc/theta/quadrature.h",
          "hf_log(1.41421356237309504880 * scale[i] * sum[0][i])",
          "hf_log(1.41421356237309504880 * sum[0][i])"),
    Fault("sign of an end correction", "csrc/theta/quadrature.h",
          "(g[i] - g[i + 1]) / 12.0", "(g[i + 1] - g[i]) / 12.0"),
    Fault("sums of the first sweep for ever", "csrc/run.c",
          "for (int k = 0; k < HF_SUMS; k++) c->sum[k] = s->leaf[k];",
          "for (int k = 0; k < HF_SUMS && s->sweep < 2; k++) c->sum[k] = s->leaf[k];"),
    Fault("effects not moved with the spread", "csrc/run.c",
          "  c->at_scale = hf_arg_at(&c->scale, x, 1, 0);\n", ""),
    Fault("merge without what is between", "csrc/statistics.c",
          "a_m2[i] += b_m2[i] + d * d * p * share;", "a_m2[i] += b_m2[i];"),
    Fault("interpolation weights swapped", "csrc/conjugate/normal_read.h",
          "w[0] = -f * c * e * (1.0 / 6.0);", "w[0] = a * f * c * (1.0 / 6.0);"),
    Fault("quantiles of the other tail", "csrc/readout.c",
          "double off = cdf - prob[i];", "double off = cdf - (1.0 - prob[i]);"),
    Fault("a constant that depends on the scale dropped", "csrc/prior/half_normal.h",
          "HF_HALF_LOG_2_OVER_PI - hf_log(s) - 0.5 * u * u", "HF_HALF_LOG_2_OVER_PI - 0.5 * u * u"),
    Fault("a constant that depends on the shape dropped", "csrc/prior/gamma.h",
          "- hf_lgamma(a) - log_x", "- log_x"),
    Fault("centre forgotten", "hierfast/sample.py",
          "part[0] = read(graph.location, x, hi - lo) - plan.cells.centre",
          "part[0] = read(graph.location, x, hi - lo)"),
    Fault("variance read as a standard deviation", "hierfast/distributions/normal.py",
          'Argument("variance", self.variance, Support.POSITIVE, Form.SQRT)',
          'Argument("variance", self.variance, Support.POSITIVE, Form.AS_IS)'),
    Fault("standard deviation taken for a variance", "hierfast/groups.py",
          "tau[i] * tau[i],", "tau[i],"),
    Fault("effects of the sweep before", "hierfast/groups.py",
          "sweep = plan.tune + 1 + t", "sweep = plan.tune + t"),
    Fault("offsets subtracted twice", "hierfast/groups.py",
          "            out += self.location\n", "            out -= self.location\n"),
]  # fmt: skip

# A dial: how small an error in tau, or in the variance of an effect, each layer still sees.
DIAL = {
    "tau": ("csrc/phi/collapsed.c", "w->tau2[i] = tau * tau;",
            "w->tau2[i] = tau * tau * (1.0 + {eps}) * (1.0 + {eps});"),
    "variance": ("csrc/conjugate/normal_sweep.h", "__builtin_sqrt(tau2 * b)",
                 "__builtin_sqrt(tau2 * b * (1.0 + {eps}))"),
}  # fmt: skip
