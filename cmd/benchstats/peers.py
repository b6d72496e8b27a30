"""The same work by the programs that people use today, on the data in the folder argv[1].

Reads names of figures, one a line, and answers each with one JSON object a line: {"name",
"peer", "version", "seconds", "answer"}, seconds being the median processor time of a few runs on
one thread, or {"name", "peer", "error"}. argv[2], where given, is a folder to import more packages from.
"""

import json
import statistics
import sys
import time

if len(sys.argv) > 2:
    sys.path.insert(0, sys.argv[2])

import numpy as np

DATA = sys.argv[1]
RESAMPLES = 9999
BATCH = 100  # the fastest of those tried: larger batches fall out of the cache
BOOTSTRAPS = 100


def load(name):
    return np.fromfile(f"{DATA}/{name}.f64", dtype="<f8")


def timed(work):
    """The median processor time of up to 20 runs, within a second or in one, and the answer."""
    work_times, begun = [], time.perf_counter()
    while len(work_times) < 20 and (not work_times or time.perf_counter() - begun < 1):
        start = time.process_time()
        answer = work()
        work_times.append(time.process_time() - start)
    return statistics.median(work_times), float(answer)


def report(name, peer, prepare):
    """Times prepare()'s function and prints the figure; the preparation is not timed."""
    try:
        module = __import__(peer)
        seconds, answer = timed(prepare())
        version = getattr(module, "__version__", None) or installed(peer)
        line = {"name": name, "peer": peer, "version": version, "seconds": seconds, "answer": answer}
    except Exception as problem:  # the other figures are still wanted
        line = {"name": name, "peer": peer, "error": f"{type(problem).__name__}: {problem}"}
    print(json.dumps(line), flush=True)


def installed(package):
    from importlib import metadata

    return metadata.version(package)


def bootstrap(data, method):
    def prepare():
        from scipy import stats

        values = load(data)

        def work():
            rng = np.random.default_rng(1)
            found = stats.bootstrap((values,), np.mean, n_resamples=RESAMPLES, batch=BATCH,
                                    method=method, vectorized=True, random_state=rng)
            return found.confidence_interval.low

        return work

    return prepare


def mean_difference(first, second, axis):
    return np.mean(first, axis=axis) - np.mean(second, axis=axis)


def paired_permutation():
    from scipy import stats

    first, second = load("pairs").reshape(2, -1)

    def work():
        rng = np.random.default_rng(1)
        return stats.permutation_test((first, second), mean_difference, permutation_type="samples",
                                      n_resamples=RESAMPLES, batch=BATCH, vectorized=True,
                                      random_state=rng).pvalue

    return work


def one_sample_permutation():
    from scipy import stats

    first, second = load("pairs").reshape(2, -1)
    difference = first - second

    def work():
        rng = np.random.default_rng(1)
        return stats.permutation_test((difference,), np.mean, permutation_type="samples",
                                      n_resamples=RESAMPLES, batch=BATCH, vectorized=True,
                                      random_state=rng).pvalue

    return work


def clustered_error():
    import statsmodels.api as sm

    scores, codes = load("clusters").reshape(2, -1)
    groups, ones = codes.astype(np.int64), np.ones((len(scores), 1))

    def work():
        fit = sm.OLS(scores, ones).fit(cov_type="cluster", cov_kwds={"groups": groups})
        return fit.bse[0]

    return work


def unique_rows(wins, ties):
    """Battles as distinct rows (first, second, outcome) with their counts."""
    rows = []
    models = len(wins)
    for i in range(models):
        for j in range(models):
            if wins[i, j] > 0:
                rows.append((i, j, 1.0, wins[i, j]))
            if j < i and ties[i, j] > 0:
                rows.append((i, j, 0.5, ties[i, j]))
    table = np.array(rows)
    return table[:, 0].astype(np.int64), table[:, 1].astype(np.int64), table[:, 2], table[:, 3]


def bradley_terry():
    from scipy.optimize import minimize
    from scipy.special import expit

    square = int(len(load("wins")) ** 0.5)
    first, second, outcome, count = unique_rows(load("wins").reshape(square, square),
                                                load("ties").reshape(square, square))
    battles = int(count.sum())

    def loss(strength, weight):
        logit = strength[first] - strength[second]
        value = np.dot(weight, np.logaddexp(0, logit) - outcome * logit)
        slope = weight * (expit(logit) - outcome)
        gradient = np.bincount(first, slope, square) - np.bincount(second, slope, square)
        return value, gradient

    def fit(weight, start):
        return minimize(loss, start, args=(weight / battles,), jac=True, method="L-BFGS-B",
                        options={"gtol": 1e-6}).x

    def work():
        rng = np.random.default_rng(1)
        best = fit(count, np.zeros(square))
        drawn = rng.multinomial(battles, count / battles, BOOTSTRAPS)
        spread = [strength[0] - strength[1] for strength in (fit(weight, best) for weight in drawn)]
        return np.mean(spread)

    return work


def krippendorff(level):
    def prepare():
        import krippendorff as package

        ratings = load("ratings").reshape(5, -1)
        return lambda: package.alpha(reliability_data=ratings, level_of_measurement=level)

    return prepare


FIGURES = {
    "bootstrap/graded/percentile": ("scipy", bootstrap("graded", "percentile")),
    "bootstrap/graded/bca": ("scipy", bootstrap("graded", "BCa")),
    "bootstrap/binary/percentile": ("scipy", bootstrap("binary", "percentile")),
    "bootstrap/binary/bca": ("scipy", bootstrap("binary", "BCa")),
    "sign-flip/pairs": ("scipy", paired_permutation),
    "sign-flip/differences": ("scipy", one_sample_permutation),
    "clustered-se": ("statsmodels", clustered_error),
    "bradley-terry": ("scipy", bradley_terry),
    "krippendorff/nominal": ("krippendorff", krippendorff("nominal")),
    "krippendorff/ordinal": ("krippendorff", krippendorff("ordinal")),
}

for line in sys.stdin:
    peer, prepare = FIGURES[line.strip()]
    report(line.strip(), peer, prepare)
