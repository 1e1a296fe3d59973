"""Permutation importance by scikit-learn: a linear model of 60 rows of 3 numbers, the last two of which are one column
of the table to nngen. Writes importance.json.

    /usr/bin/python3 importance.py > importance.json
"""

import json

import numpy as np
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LinearRegression

rng = np.random.default_rng(3)
x = np.round(rng.normal(size=(60, 3)), 3)
y = np.round(x @ [2.0, 0.5, 0.0] + rng.normal(size=60) * 0.3, 3)
model = LinearRegression()
model.coef_, model.intercept_ = np.array([2.0, 0.5, 0.0]), 0.0
r = permutation_importance(model, x, y, n_repeats=4000, random_state=1, scoring="neg_mean_squared_error")
print(json.dumps({
    "x": x.ravel().tolist(), "y": y.tolist(), "coef": [2.0, 0.5, 0.0],
    "mse": float(np.mean((y - model.predict(x)) ** 2)),
    "mean": r.importances_mean.tolist(), "sd": r.importances_std.tolist(),
}))
