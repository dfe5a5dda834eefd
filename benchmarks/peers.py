"""Poisson rows with an exposure of its own for every group, against the samplers people use:
python benchmarks/peers.py [groups [rounds]], with nutpie and PyMC, NumPyro, JAGS, whichever are there.

Ours is the whole fit, from raw arrays; of a peer the sampling alone, neither its compilation nor what it
takes to read the data. All sides take turns in one process. Effective draws are the smaller of those of mu
and sigma, by ArviZ for everybody."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

import hierfast as hf

CHAINS, TUNE, DRAWS = 2, 200, 200  # of NUTS, whose trees grow with the groups


def simulate(groups):
    rng = np.random.default_rng(4)
    exposure = rng.uniform(1, 20, groups)
    return exposure, rng.poisson(exposure * np.exp(rng.normal(0, 0.5, groups)))


def smallest_ess(draws):
    """Of {name: (chains, draws)}."""
    import arviz as az

    return float(min(np.asarray(az.ess(np.ascontiguousarray(v))) for v in draws.values()))


def ours(exposure, y):
    model = hf.Model(
        hf.Poisson(exposure="e"), hf.Normal(mu=hf.Normal(0, 5), sigma=hf.HalfNormal(1))
    )
    table = {"y": y, "e": exposure, "g": np.arange(len(y))}

    def run(seed):
        begun = perf_counter()
        fit = model.fit(table, y="y", group="g", random_seed=seed, progressbar=False)
        seconds = perf_counter() - begun
        return {k: np.asarray(fit.hyper[k]) for k in ("g_mu", "g_sigma")}, seconds

    return run


def nutpie(exposure, y):
    import nutpie
    import pymc as pm

    with pm.Model() as model:
        mu, sigma = pm.Normal("mu", 0, 5), pm.HalfNormal("sigma", 1)
        theta = pm.Normal("theta", mu, sigma, shape=len(y))
        pm.Poisson("y", exposure * pm.math.exp(theta), observed=y)
    compiled = nutpie.compile_pymc_model(model)

    def run(seed):
        begun = perf_counter()
        trace = nutpie.sample(
            compiled, draws=DRAWS, tune=TUNE, chains=CHAINS, cores=2, seed=seed, progress_bar=False
        )
        seconds = perf_counter() - begun
        return {k: trace.posterior[k].to_numpy() for k in ("mu", "sigma")}, seconds

    return run


def numpyro(exposure, y):
    import numpyro

    numpyro.set_host_device_count(2)
    import jax
    import numpyro.distributions as dist
    from numpyro.infer import MCMC, NUTS

    jax.config.update("jax_enable_x64", True)

    def model():
        mu = numpyro.sample("mu", dist.Normal(0, 5))
        sigma = numpyro.sample("sigma", dist.HalfNormal(1))
        theta = numpyro.sample("theta", dist.Normal(mu, sigma).expand([len(y)]).to_event(1))
        numpyro.sample("y", dist.Poisson(exposure * jax.numpy.exp(theta)).to_event(1), obs=y)

    made = MCMC(
        NUTS(model), num_warmup=TUNE, num_samples=DRAWS, num_chains=CHAINS, progress_bar=False
    )
    made.warmup(jax.random.PRNGKey(0), collect_warmup=False)  # compiles, and is done again below

    def run(seed):
        begun = perf_counter()
        made.post_warmup_state = None
        made.run(jax.random.PRNGKey(seed))
        draws = made.get_samples(group_by_chain=True)
        return {k: np.asarray(draws[k]) for k in ("mu", "sigma")}, perf_counter() - begun

    return run


def jags(exposure, y):
    """By the command line, a process a chain; what it takes without sweeps is not counted."""
    command = shutil.which("jags")
    if command is None:
        raise ImportError("no command jags")
    folder = Path(tempfile.mkdtemp())
    (folder / "model.bug").write_text(
        """model {
          mu ~ dnorm(0, 0.04)
          sigma ~ dnorm(0, 1) T(0,)
          for (j in 1:J) { theta[j] ~ dnorm(mu, pow(sigma, -2)); y[j] ~ dpois(e[j] * exp(theta[j])) }
        }"""
    )
    columns = {"y": y, "e": exposure}
    lines = [f"{k} <- c({', '.join(map(repr, v.tolist()))})" for k, v in columns.items()]
    (folder / "data.R").write_text("\n".join([f"J <- {len(y)}", *lines]))

    def sample(seed, sweeps):
        here = [folder / f"chain{c}" for c in range(CHAINS)]
        running = []
        for c, path in enumerate(here):
            path.mkdir(exist_ok=True)
            (path / "inits.R").write_text(
                f'".RNG.name" <- "base::Mersenne-Twister"\n".RNG.seed" <- {CHAINS * seed + c}\n'
            )
            script = ["model in ../model.bug", "data in ../data.R", "compile"]
            script += ["parameters in inits.R", "initialize"]
            if sweeps:
                script += [
                    f"update {TUNE}",
                    "monitor mu",
                    "monitor sigma",
                    f"update {DRAWS}",
                    "coda *",
                ]
            (path / "script").write_text("\n".join([*script, "exit", ""]))
            running.append(
                subprocess.Popen([command, "script"], cwd=path, stdout=subprocess.DEVNULL)
            )
        if any(process.wait() for process in running):
            raise RuntimeError("jags failed")
        return here

    begun = perf_counter()
    sample(0, sweeps=False)
    idle = perf_counter() - begun

    def run(seed):
        begun = perf_counter()
        here = sample(seed, sweeps=True)
        seconds = perf_counter() - begun - idle
        chains = np.array([np.loadtxt(path / "CODAchain1.txt")[:, 1] for path in here])
        return {"mu": chains[:, :DRAWS], "sigma": chains[:, DRAWS:]}, seconds

    return run


def main(groups, rounds):
    exposure, y = simulate(groups)
    sides = {"hierfast": ours(exposure, y)}
    for make in (nutpie, numpyro, jags):
        try:
            sides[make.__name__] = make(exposure, y)
        except ImportError as missing:
            print(f"{make.__name__}: not here ({missing})", flush=True)
    rates = {name: [] for name in sides}

    def turn(name, seed):
        draws, seconds = sides[name](seed)
        ess = smallest_ess(draws)
        rates[name].append(ess / seconds)
        means = ", ".join(f"{key} {v.mean():.4f}" for key, v in draws.items())
        print(
            f"{name}: {ess:.0f} effective draws in {seconds:.1f} s, "
            f"{ess / seconds:.2f} a second; {means}",
            flush=True,
        )

    for k in range(rounds):
        for name in list(sides)[1:]:
            turn("hierfast", k + 1)
            turn(name, k + 1)
    rate = {name: median(v) for name, v in rates.items()}
    best = max((v, name) for name, v in rate.items() if name != "hierfast")
    print(f"hierfast / {best[1]}, the best of them: {rate['hierfast'] / best[0]:.0f}")


if __name__ == "__main__":
    given = [int(argument) for argument in sys.argv[1:]]
    main(*given, *(100_000, 3)[len(given) :])
