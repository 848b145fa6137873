"""Means and intervals over seeds and texts, and the tables made of them."""

from __future__ import annotations

import numpy as np
import pytest

from studies.comparison import compare, forest, pooled, table
from studies.statistics import difference, mean_f1


def counts(right, seed, n_texts=200):
    """Texts with two entities each, of which a share is right."""
    rng = np.random.default_rng(seed)
    hits = rng.binomial(2, right, n_texts)
    return np.stack([hits, np.full(n_texts, 2), np.full(n_texts, 2)], axis=1)


def test_the_mean_over_seeds():
    runs = [counts(share, seed) for seed, share in enumerate((0.6, 0.7, 0.8))]
    own = [run[:, 0].sum() / 400 for run in runs]
    found = mean_f1(runs)
    assert found.value == pytest.approx(np.mean(own))
    assert min(own) - 0.05 < found.low < found.value < found.high < max(own) + 0.05


def test_seeds_that_differ_widen_the_interval():
    alike = [counts(0.7, seed) for seed in range(3)]
    apart = [counts(share, seed) for seed, share in enumerate((0.5, 0.7, 0.9))]
    narrow, wide = mean_f1(alike), mean_f1(apart)
    assert wide.high - wide.low > 2 * (narrow.high - narrow.low)


def test_a_difference_is_of_the_same_seeds_and_texts():
    base = [counts(share, seed) for seed, share in enumerate((0.5, 0.7, 0.9))]
    assert difference(base, base) == (0, 0, 0)
    # One entity more in each of forty texts, whatever the seed: sure, though the seeds lie far apart.
    better = [run + np.outer(np.arange(200) < 40, (0, 0, 0)) for run in base]
    for run in better:
        run[:40, 0] = np.minimum(run[:40, 0] + 1, 2)
    found = difference(better, base)
    assert found.value > 0
    assert found.is_sure
    assert not difference([counts(0.7, 1)], [counts(0.7, 2)]).is_sure


def test_the_table_names_the_base_and_marks_what_is_sure():
    runs = {
        "none": [{"clean": counts(0.6, seed)} for seed in range(2)],
        "better": [{"clean": counts(0.8, seed)} for seed in range(2)],
        "no seed": [{"clean": counts(0.6, 0)}],
    }
    found = compare(runs, "none")
    text = table(found, ["clean"], "none")
    _, _, base, better, alike = text.splitlines()
    assert base.startswith("| none (base) | .")
    assert "**+.2" in better
    assert "**" not in alike
    assert found["clean"]["no seed"].more.value == pytest.approx(
        found["clean"]["no seed"].f1.value - found["clean"]["none"].f1.value
    )


def test_copies_of_the_same_texts_count_together():
    own = {"clean": counts(0.6, 0), "clean, typos": counts(0.5, 1), "clean, OCR": counts(0.4, 2)}
    whole = pooled(own, ["clean, typos", "clean, OCR"], "perturbed")["perturbed"]
    assert whole.shape == (200, 3)
    assert whole.sum() == own["clean, typos"].sum() + own["clean, OCR"].sum()


def test_the_plot_has_a_panel_for_each_test():
    runs = {
        name: [{"clean": counts(0.6, n), "law": counts(0.5, n)} for n in range(2)]
        for name in ("none", "fgm")
    }
    svg = forest({"pt": compare(runs, "none")}, {"pt": ["clean", "law"]}, "none", "Students")
    assert svg.startswith("<?xml")
    for text in ("pt: clean", "pt: law", "fgm", "Students"):
        assert f">{text}<" in svg
