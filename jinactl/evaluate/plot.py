"""Draws what was measured: quality against the memory of a document."""

from pathlib import Path

from jinactl.errors import CommandError
from jinactl.evaluate.evaluation import Evaluation, by_quant
from jinactl.evaluate.report import summary

MARKERS = "osD^vP*"


def draw(found: Evaluation, target: Path) -> None:
    """Write the plot in the format that the name of the file ends in, .svg or .png say; raises CommandError."""
    import matplotlib as mpl  # noqa: PLC0415 (an extra, which the command has asked for by now)

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    figure, axes = plt.subplots(figsize=(9, 5))
    for (quant, rows), marker in zip(by_quant(found.rows).items(), MARKERS, strict=False):
        means = [row.ndcg.mean for row in rows]
        below = [row.ndcg.mean - row.ndcg.interval[0] for row in rows]
        above = [row.ndcg.interval[1] - row.ndcg.mean for row in rows]
        sizes = [row.bytes for row in rows]
        axes.errorbar(sizes, means, [below, above], fmt=marker, capsize=3, label=quant, alpha=0.8)
    for row in found.rows:
        axes.annotate(
            f"{row.dims} {row.index_option}",
            (row.bytes, row.ndcg.mean),
            xytext=(4, 4),
            textcoords="offset points",
            fontsize=7,
        )
    chosen = found.recommendation.row
    axes.scatter(
        [chosen.bytes], [chosen.ndcg.mean], s=220, facecolors="none", edgecolors="black", label="recommended"
    )
    axes.set_xscale("log", base=2)
    axes.set_xlabel("bytes a document in memory")
    axes.set_ylabel("nDCG@10, with 95% interval")
    axes.set_title(summary(found))
    axes.legend()
    figure.tight_layout()
    try:
        figure.savefig(target)
    except (OSError, ValueError) as error:
        raise CommandError(f"The plot cannot be written to {target}: {error}") from error
    finally:
        plt.close(figure)
