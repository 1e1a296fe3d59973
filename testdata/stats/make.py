"""Writes vectors.json: predictions drawn at random, and what scikit-learn measures of them.

    python3 make.py > vectors.json
"""
import json
import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import softmax
from sklearn import metrics
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.class_weight import compute_class_weight

rng = np.random.default_rng(3)


def classes(n, k):
    truth = rng.integers(0, k, n)
    logits = rng.normal(size=(n, k)) + 1.2 * np.eye(k)[truth]
    p = np.round(np.exp(logits) / np.exp(logits).sum(1, keepdims=True), 2).astype(np.float32)
    p[:, -1] = 1 - p[:, :-1].sum(1)
    guess = (p[:, 1] >= 0.5).astype(int) if k == 2 else p.argmax(1)
    precision, recall, f1, support = metrics.precision_recall_fscore_support(truth, guess, labels=range(k))
    exact = np.float64(p) / np.float64(p).sum(1, keepdims=True)
    each = [metrics.average_precision_score(truth == c, p[:, c]) for c in range(k)]
    return {
        "p": p.ravel().tolist(), "truth": truth.tolist(), "classes": k,
        "precision": precision.tolist(), "recall": recall.tolist(), "f1": f1.tolist(), "support": support.tolist(),
        "mcc": metrics.matthews_corrcoef(truth, guess),
        "balanced_accuracy": metrics.balanced_accuracy_score(truth, guess),
        "log_loss": metrics.log_loss(truth, exact, labels=range(k)),
        "average_precision": each[1] if k == 2 else float(np.mean(each)),
    }


def decisions():
    """Thresholds by scikit-learn's curves, and the temperature by scipy, whose inverse has a gamma prior with the mode 1."""
    draw = np.random.default_rng(5)
    n = 120
    truth = (draw.random(n) < 0.3).astype(int)
    p = np.round(1 / (1 + np.exp(-(draw.normal(size=n) * 1.2 + 1.8 * truth - 1.2))), 2).astype(np.float32)
    precision, recall, _ = metrics.precision_recall_curve(truth, p)
    f1 = max(metrics.f1_score(truth, p >= t) for t in np.unique(p))
    cost = min([np.sum((p >= t) & (truth == 0)) + 4 * np.sum((p < t) & (truth == 1)) for t in np.unique(p)] + [4 * truth.sum()])
    classes = draw.integers(0, 3, n)
    scores = (draw.normal(size=(n, 3)) * 2 + 3 * np.eye(3)[classes]).round(2)
    loss = lambda t: metrics.log_loss(classes, softmax(scores / t, axis=1), labels=range(3))
    best = minimize_scalar(lambda t: n * loss(t) + 3 * (1 / t - 1 + np.log(t)), bounds=(0.05, 100), method="bounded",
                           options={"xatol": 1e-9})
    return {
        "p": p.tolist(), "truth": truth.tolist(), "f1": f1, "cost": int(cost),
        "recall_at_precision": float(recall[precision >= 0.7].max()), "precision_at_recall": float(precision[recall >= 0.8].max()),
        "scores": scores.tolist(), "classes": classes.tolist(), "temperature": best.x, "loss": loss(best.x), "loss_at_1": loss(1.0),
        "balanced": compute_class_weight("balanced", classes=np.arange(3), y=[0, 0, 0, 1, 2, 2]).tolist(),
    }


def conformal():
    """Quantiles of residuals: numpy's with method="higher" at ceil((n + 1) * coverage) / n; and pinball losses."""
    draw = np.random.default_rng(7)
    outside = draw.normal(size=59).round(3)
    levels = [0.5, 0.8, 0.9, 0.95]
    n = len(outside)
    y, t = draw.normal(size=30).round(3), draw.normal(size=30).round(3)
    return {
        "outside": outside.tolist(), "levels": levels,
        "radii": [float(np.quantile(outside, min(1, np.ceil((n + 1) * c) / n), method="inverted_cdf")) for c in levels],
        "y": y.tolist(), "t": t.tolist(),
        "pinball": [metrics.mean_pinball_loss(t, y, alpha=a) for a in (0.05, 0.5, 0.9)],
    }


x = rng.normal(size=(40, 3)).astype(np.float32) * [1, 10, 0.1] + [0, 5, 3]
y = (x @ [[1.0], [0.3], [-2]] + rng.normal(size=(40, 1))).astype(np.float32)
label = (np.digitize(y[:, 0], [-5, -3])).astype(int)
x = x.astype(np.float32)
ridge = make_pipeline(StandardScaler(), Ridge(alpha=1)).fit(x, y)
logistic = make_pipeline(StandardScaler(), LogisticRegression(C=1, max_iter=10000, tol=1e-8)).fit(x, label)
print(json.dumps({
    "classes": [classes(40, 3), classes(30, 2)], "decisions": decisions(), "conformal": conformal(),
    "linear": {"x": x.ravel().tolist(), "y": y.ravel().tolist(), "label": label.tolist(),
               "ridge": ridge.predict(x).ravel().tolist(),
               "logistic": logistic.predict_proba(x).ravel().tolist()},
}))
