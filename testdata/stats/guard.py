"""Means, shrunk covariances, ranks and Mahalanobis distances of small tables by scikit-learn and numpy. Writes guard.json.

    /usr/bin/python3 guard.py > guard.json
"""

import json

import numpy as np
from sklearn.covariance import LedoitWolf

rng = np.random.default_rng(11)


def case(name, x, probes):
    x, probes = np.float32(np.round(x, 3)), np.float32(np.round(probes, 3))
    wide = x.astype(float)
    fit = LedoitWolf().fit(wide)
    return {
        "name": name,
        "columns": x.shape[1],
        "x": [float(v) for v in x.ravel()],
        "probes": [float(v) for v in probes.ravel()],
        "mean": fit.location_.tolist(),
        "covariance": fit.covariance_.tolist(),
        "shrinkage": float(fit.shrinkage_),
        "rank": int(np.linalg.matrix_rank(np.cov(wide.T, bias=True), hermitian=True)),
        "distances": np.sqrt(fit.mahalanobis(probes.astype(float))).tolist(),
    }


def mixed(n, d):
    return rng.normal(size=(n, d)) @ rng.normal(size=(d, d)) + 3 * rng.normal(size=d)


x = mixed(60, 5)
twins = np.column_stack([x[:, :3], x[:, 0], 2 * x[:, 1]])
dead = np.column_stack([np.maximum(mixed(50, 4), 0), np.zeros(50)])
cases = [
    case("five columns", x, mixed(6, 5)),
    case("two columns twice", twins, np.vstack([twins[:3], mixed(3, 5)])),
    case("a unit that never fires", dead, np.vstack([dead[:3], dead[3:6] + [0, 0, 0, 0, 1]])),
    case("fewer rows than columns", mixed(6, 9), mixed(5, 9)),
    case("one column", mixed(40, 1), mixed(4, 1)),
    case("far from zero", 1e4 + mixed(40, 4), 1e4 + mixed(5, 4)),
]
print(json.dumps(cases))
