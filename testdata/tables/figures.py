#!/usr/bin/python3
"""Measures scikit-learn's multi-layer perceptron on the tables of this folder and writes figures.json.

Each table is prepared as its user would by hand: numbers imputed by their median and standardised, words one-hot, dates as
year and the sine and cosine of the day of the year, texts as TF-IDF of words, targets of regression standardised; all of it
fitted on the training rows alone. The figure is the mean over five seeds on the rows of the test file, of a series on the
last fifth of the windows.
"""

import csv
import datetime
import gzip
import io
import json
import os
import warnings

import numpy as np
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.metrics import accuracy_score, r2_score
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

HERE = os.path.dirname(os.path.abspath(__file__))
SEEDS = range(5)


def number(field):
    """Returns a field as a number, NaN where it is missing, or the word that it is."""
    if field in ("", "NA"):
        return np.nan
    try:
        return float(field.replace(",", "."))
    except ValueError:
        return field


def read(name, drop=(), delimiter=",", encoding="utf-8", units=False):
    """Returns the columns of a table by name, arrays of numbers or of words."""
    with open(os.path.join(HERE, name), "rb") as f:
        b = f.read()
    if name.endswith(".gz"):
        b = gzip.decompress(b)
    rows = list(csv.reader(io.StringIO(b.decode(encoding)), delimiter=delimiter))
    table = {}
    for c, column in enumerate(rows[0]):
        if column not in drop:
            values = [number(r[c]) for r in rows[2 if units else 1:]]
            words = any(isinstance(v, str) for v in values)
            table[column] = np.array(["missing" if v != v else v for v in values] if words else values, object if words else float)
    return table


def both(name, **how):
    return read(name, **how), read(name.replace(".csv", "_test.csv"), **how)


def split(table, label):
    """Returns the features of a table as one array of objects, and its labels."""
    return np.array([v for k, v in table.items() if k != label], object).T, table[label]


def prepare(x):
    words = [c for c in range(x.shape[1]) if any(isinstance(v, str) for v in x[:, c])]
    numbers = [c for c in range(x.shape[1]) if c not in words]
    return ColumnTransformer([("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
                              ("words", OneHotEncoder(handle_unknown="ignore"), words)])


def measure(metric, score, seeds):
    scores = [score(seed) for seed in seeds]
    return {"metric": metric, "value": round(float(np.mean(scores)), 4), "seeds": [round(float(s), 4) for s in scores]}


def classifier(train, test, label, prepare=prepare):
    (x, y), (xt, yt) = split(train, label), split(test, label)
    y, yt = y.astype(str), yt.astype(str)

    def score(seed):
        m = make_pipeline(prepare(x), MLPClassifier((64, 32), max_iter=300, early_stopping=len(y) > 5000, random_state=seed))
        return accuracy_score(yt, m.fit(x, y).predict(xt))
    return measure("accuracy", score, SEEDS)


def regressor(train, test, label):
    (x, y), (xt, yt) = split(train, label), split(test, label)
    y, yt = y.astype(float), yt.astype(float)

    def score(seed):
        m = TransformedTargetRegressor(MLPRegressor((64, 32), max_iter=500, random_state=seed), transformer=StandardScaler())
        return r2_score(yt, make_pipeline(prepare(x), m).fit(x, y).predict(xt))
    return measure("r2", score, SEEDS)


def dated(table):
    days = [datetime.date.fromisoformat(d) for d in table.pop("date")]
    turn = 2 * np.pi * np.array([d.timetuple().tm_yday for d in days]) / 366
    return {**table, "year": np.array([d.year for d in days], float), "sine": np.sin(turn), "cosine": np.cos(turn)}


def sales(lags=12):
    v = read("sales.csv")["passengers"]
    columns = {f"lag{k}": v[k:len(v) - lags + k] for k in range(lags)} | {"y": v[lags:]}
    at = len(v) - lags - round(0.2 * (len(v) - lags))
    return regressor({k: c[:at] for k, c in columns.items()}, {k: c[at:] for k, c in columns.items()}, "y")


def main():
    warnings.filterwarnings("ignore")
    figures = {
        "penguins": classifier(*both("penguins.csv"), "species"),
        "passengers": classifier(*both("passengers.csv", drop=["PassengerId", "Name", "Ticket", "Cabin"]), "Survived"),
        "houses": regressor(*both("houses.csv", drop=["id"]), "price"),
        "weather": regressor(*map(dated, both("weather.csv")), "max_temp"),
        "sales": sales(),
        "sentences": classifier(*both("sentences.csv", drop=["id"]), "topic", lambda x: ColumnTransformer([("words", TfidfVectorizer(), 0)])),
        "wine": classifier(*both("wine.csv", delimiter=";", encoding="windows-1252"), "Güte"),
        "concrete": regressor(*both("concrete.csv", units=True), "strength"),
        "visits": classifier(*both("visits.csv.gz", drop=["visit_id"]), "returned"),
        "yields": regressor(*both("yields.csv"), "yield"),
    }
    with open(os.path.join(HERE, "figures.json"), "w") as f:
        json.dump(figures, f, indent=1, ensure_ascii=False)
        f.write("\n")


if __name__ == "__main__":
    main()
