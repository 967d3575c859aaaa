"""The Markdown table of an evaluation."""

from __future__ import annotations

from typing import Any

MAIN_MEASURES = {"graded": ("nDCG@10",), "single": ("P@1", "nDCG@10", "AUC", "AUC, 10 hardest"), "traps": ("P@1",)}
COLUMNS = (
    ("first-stage", "first stage"),
    ("model", "model"),
    ("sum", "sum"),
    ("baseline-model", "baseline"),
    ("baseline-sum", "baseline, sum"),
)


def write_table(report: dict[str, Any]) -> str:
    """A table of the main measures with intervals, and one of the differences.

    report: as `evaluate` writes it.
    """
    tasks = list(report["tasks"].values())
    shown = [column for column in COLUMNS if any(column[0] in task["systems"] for task in tasks)]
    lines = [f"Model: {report['model']['name']}."]
    if report["baseline"] is not None:
        lines[0] += f" Baseline: {report['baseline']['name']}."
    lines += ["", _write_row(["task", "queries", "measure", *(title for _, title in shown)])]
    lines.append("|---" * (3 + len(shown)) + "|")
    for task in tasks:
        for measure in MAIN_MEASURES[task["kind"]]:
            cells = [_write_estimate(task["systems"].get(name, {}).get(measure)) for name, _ in shown]
            lines.append(_write_row([task["title"], f"{task['queries']:,}", measure, *cells]))
    compared = list(dict.fromkeys(name for task in tasks for name in task["differences"]))
    if compared:
        lines += ["", _write_row(["task", "measure", *compared]), "|---" * (2 + len(compared)) + "|"]
        for task in tasks:
            for measure in MAIN_MEASURES[task["kind"]]:
                cells = [_write_estimate(task["differences"].get(name, {}).get(measure), sign=True) for name in compared]
                lines.append(_write_row([task["title"], measure, *cells]))
    settings = report["settings"]
    lines += [
        "",
        "In brackets the 95 % interval: bootstrap over queries, "
        f"{settings['resamples']:,} resamples, for differences paired. Sum: z-scores of first stage and model added. "
        f"Pairs of at most {settings['max_length']} tokens.",
    ]
    if settings["queries"] is not None:
        lines.append(f"Only a sample of {settings['queries']} queries of each task.")
    return "\n".join(lines) + "\n"


def _write_row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _write_estimate(estimate: dict[str, float] | None, *, sign: bool = False) -> str:
    if estimate is None:
        return ""
    form = "+.3f" if sign else ".3f"
    return f"{estimate['mean']:{form}} ({estimate['low']:{form}} to {estimate['high']:{form}})"
