"""The list of bundled data sets: a new one is its CSV file here and one entry below."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a data set.

    Attributes
    ----------
    name : str
        Its name.
    kind : type
        What its cells are read as: int, float or str.
    meaning : str
        What it holds, with its unit.
    """

    name: str
    kind: type
    meaning: str


@dataclass(frozen=True, slots=True, repr=False)
class Dataset:
    """What is known about a bundled data set.

    Attributes
    ----------
    name : str
        As `hierfast.datasets.load` takes it; its rows are in ``<name>.csv``.
    what : str
        What was observed.
    rows : int
        How many rows there are.
    columns : tuple of Column
        In the order of the file.
    source : str
        Where it was published.
    licence : str
        On which terms it is bundled.
    """

    name: str
    what: str
    rows: int
    columns: tuple[Column, ...]
    source: str
    licence: str

    def __repr__(self) -> str:
        """Print all that is known, a column a line."""
        width = max(len(column.name) for column in self.columns)
        lines = [f"{self.name}: {self.what}", f"{self.rows} rows, {len(self.columns)} columns"]
        lines += [f"  {column.name:<{width}}  {column.meaning}" for column in self.columns]
        return "\n".join([*lines, f"Source: {self.source}", f"Licence: {self.licence}"])


FACTS = "Published facts, public domain."

DATASETS = (
    Dataset(
        "baseball",
        "Batting of 18 major league players in 1970: the first 45 times at bat, and the rest.",
        18,
        (
            Column("player", str, "player"),
            Column("hits", int, "hits in the first times at bat"),
            Column("at_bats", int, "first times at bat, 45 each"),
            Column("rest_at_bats", int, "times at bat in the rest of the season"),
            Column("rest_average", float, "batting average over the rest of the season"),
        ),
        "Efron, B. and Morris, C. (1975), Data analysis using Stein's estimator and its "
        "generalizations, *Journal of the American Statistical Association* 70, 311-319.",
        FACTS,
    ),
    Dataset(
        "dyes",
        "Yield of dyestuff from five samples of each of six batches of an intermediate.",
        30,
        (
            Column("batch", str, "batch, A to F"),
            Column("grams", int, "yield, g of standard colour"),
        ),
        "Davies, O. L. and Goldsmith, P. L. (1972), *Statistical Methods in Research and "
        "Production*, 4th edition; Box and Tiao (1973), *Bayesian Inference in Statistical "
        "Analysis*.",
        FACTS,
    ),
    Dataset(
        "eight_schools",
        "Estimated effects of coaching on SAT scores in eight schools, with standard errors.",
        8,
        (
            Column("school", str, "school, A to H"),
            Column("effect", float, "estimated effect, SAT points"),
            Column("se", float, "standard error of the effect, SAT points"),
        ),
        "Rubin, D. B. (1981), Estimation in parallel randomized experiments, *Journal of "
        "Educational Statistics* 6(4), 377-401; Gelman et al., *Bayesian Data Analysis*, table 5.2.",
        FACTS,
    ),
    Dataset(
        "epil",
        "Seizures of 59 patients with epilepsy in four periods of two weeks, progabide against placebo.",
        236,
        (
            Column("subject", int, "patient, 1 to 59"),
            Column("visit", int, "period, 1 to 4"),
            Column("seizures", int, "seizures in the two weeks before the visit"),
            Column("treatment", int, "0 placebo, 1 progabide"),
            Column("base", int, "seizures in the eight weeks before treatment"),
            Column("age", int, "age, years"),
        ),
        "Thall, P. F. and Vail, S. C. (1990), Some covariance models for longitudinal count data "
        "with overdispersion, *Biometrics* 46, 657-671.",
        FACTS,
    ),
    Dataset(
        "pastes",
        "Strength of a chemical paste: two assays of each of three casks from ten deliveries.",
        60,
        (
            Column("batch", str, "delivery, A to J"),
            Column("cask", str, "cask, with its delivery: Aa to Jc"),
            Column("strength", float, "paste strength, %"),
        ),
        "Davies, O. L. and Goldsmith, P. L. (1972), *Statistical Methods in Research and "
        "Production*, 4th edition.",
        FACTS,
    ),
    Dataset(
        "penicillin",
        "Zones of inhibition by six samples of penicillin, each on every one of 24 plates.",
        144,
        (
            Column("plate", str, "plate, a to x"),
            Column("sample", str, "sample, A to F"),
            Column("diameter", int, "diameter of the zone, mm"),
        ),
        "Davies, O. L. and Goldsmith, P. L. (1972), *Statistical Methods in Research and "
        "Production*, 4th edition.",
        FACTS,
    ),
    Dataset(
        "pollen",
        "Grains of four kinds of pollen among 100 forest grains at 73 depths of a core.",
        73,
        (
            Column("level", int, "depth, 1 to 73"),
            Column("pine", int, "grains of *Pinus*"),
            Column("fir", int, "grains of *Abies*"),
            Column("oak", int, "grains of *Quercus*"),
            Column("alder", int, "grains of *Alnus*"),
        ),
        "Mosimann, J. E. (1962), On the compound multinomial distribution, the multivariate "
        "beta-distribution, and correlations among proportions, *Biometrika* 49, 65-82.",
        FACTS,
    ),
    Dataset(
        "pumps",
        "Failures of ten pumps of a nuclear power plant.",
        10,
        (
            Column("pump", int, "pump, 1 to 10"),
            Column("failures", int, "failures"),
            Column("hours", float, "operating time, thousands of hours"),
        ),
        "Gaver, D. P. and O'Muircheartaigh, I. G. (1987), Robust empirical Bayes analyses of event "
        "rates, *Technometrics* 29, 1-15.",
        FACTS,
    ),
    Dataset(
        "radon",
        "Log radon in 919 homes of 85 counties of Minnesota.",
        919,
        (
            Column("county", int, "county, 1 to 85 in alphabetical order"),
            Column("floor", int, "where it was measured: 0 basement, 1 first floor"),
            Column("log_radon", float, "log radon, log pCi/L"),
            Column("log_uranium", float, "log uranium in the soil of the county, log ppm"),
        ),
        "U.S. Environmental Protection Agency, State Residential Radon Survey; as prepared for "
        "Gelman and Hill (2007), *Data Analysis Using Regression and Multilevel/Hierarchical "
        "Models*, and distributed by posteriordb.",
        "Survey: work of the U.S. government, public domain. posteriordb's preparation: CC BY 4.0.",
    ),
    Dataset(
        "rat_tumours",
        "Tumours in the control groups of 70 experiments on rats, and of the current one, the last.",
        71,
        (
            Column("experiment", int, "experiment, 1 to 71"),
            Column("tumours", int, "rats with endometrial stromal polyps"),
            Column("rats", int, "rats in the group"),
        ),
        "Tarone, R. E. (1982), The use of historical control information in testing for a trend in "
        "proportions, *Biometrics* 38, 215-220; Gelman et al., *Bayesian Data Analysis*, table 5.1.",
        FACTS,
    ),
    Dataset(
        "rats",
        "Weights of 30 young rats, once a week for five weeks.",
        150,
        (
            Column("rat", int, "rat, 1 to 30"),
            Column("age", int, "age, days"),
            Column("weight", int, "weight, g"),
        ),
        "Gelfand, A. E. et al. (1990), Illustration of Bayesian inference in normal data models "
        "using Gibbs sampling, *Journal of the American Statistical Association* 85, 972-985.",
        FACTS,
    ),
    Dataset(
        "salamander",
        "Matings between two populations of salamanders, 60 females by 60 males, six each.",
        360,
        (
            Column("female", int, "female"),
            Column("male", int, "male"),
            Column("cross", str, "kinds of female and male: R rough butt, W whiteside"),
            Column("mated", int, "1 if they mated, else 0"),
        ),
        "McCullagh, P. and Nelder, J. A. (1989), *Generalized Linear Models*, 2nd edition, tables "
        "14.4 to 14.6.",
        FACTS,
    ),
    Dataset(
        "salm",
        "Colonies of salmonella revertants on 18 plates with quinoline, three a dose.",
        18,
        (
            Column("plate", int, "plate, 1 to 18"),
            Column("dose", int, "dose of quinoline, micrograms a plate"),
            Column("colonies", int, "revertant colonies of strain TA98"),
        ),
        "Breslow, N. E. (1984), Extra-Poisson variation in log-linear models, *Applied Statistics* "
        "33, 38-44.",
        FACTS,
    ),
    Dataset(
        "seeds",
        "Germinated seeds of two varieties of *Orobanche* in two root extracts, on 21 plates.",
        21,
        (
            Column("plate", int, "plate, 1 to 21"),
            Column("germinated", int, "seeds that germinated"),
            Column("seeds", int, "seeds on the plate"),
            Column("variety", int, "0 *O. aegyptiaca* 75, 1 *O. aegyptiaca* 73"),
            Column("extract", int, "0 bean, 1 cucumber"),
        ),
        "Crowder, M. J. (1978), Beta-binomial anova for proportions, *Applied Statistics* 27, "
        "34-37.",
        FACTS,
    ),
    Dataset(
        "surgical",
        "Deaths after cardiac surgery on infants in twelve hospitals.",
        12,
        (
            Column("hospital", str, "hospital, A to L"),
            Column("deaths", int, "deaths"),
            Column("operations", int, "operations"),
        ),
        "Spiegelhalter, D. J. et al. (1996), *BUGS Examples, Volume 1*, Surgical: institutional "
        "ranking.",
        FACTS,
    ),
)
