"""The whole comparison as one HTML file, which opens without a server and without a network."""

from collections.abc import Iterable
from html import escape
from pathlib import Path

import plotly.graph_objects as go
from plotly.io import to_html
from plotly.offline import get_plotlyjs

from dashboard.compare import OTHER, SLOTS, Incomparable, Slot, annotate
from dashboard.explain import Explanation
from dashboard.export.exhibit import Exhibit, answers_of, class_of, rival_of, settings, to_json
from dashboard.figures.maps import Backdrop, difference_figure, map_figure, outliers_in_words
from dashboard.metrics import Metric, Number, of_map
from dashboard.names import class_names

STYLE = Path(__file__).with_name("report.css").read_text(encoding="utf-8")
CONFIG = {"displayModeBar": False, "responsive": True}


def report_html(exhibit: Exhibit, behind: Backdrop) -> str:
    """The report: the page's interactive figures, both models' predictions, what the maps mean, and all settings."""
    sides = "".join(_side(exhibit, slot, behind) for slot in SLOTS)
    photo, (width, height) = exhibit.photo, exhibit.photo.size
    credit = f"<br>Photo: {escape(photo.credit)}" if photo.credit else ""
    link = f'<p><a href="{escape(exhibit.link)}">Open this view in the dashboard</a></p>' if exhibit.link else ""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(photo.name)}: what two models look at</title>
<style>{STYLE}</style>
<script>{get_plotlyjs()}</script>
</head>
<body>
<h1>What two models look at in {escape(photo.name)}</h1>
<p class="note">{escape(exhibit.note)}</p>
<main style="--tall: {behind.height / behind.width:.4f}">{sides}{_agreement(exhibit, behind)}</main>
<p><small>{width:,} x {height:,} pixels, SHA-256 {escape(photo.digest)}{credit}</small></p>
{link}
<details><summary>All settings</summary><pre>{escape(to_json(settings(exhibit)))}</pre></details>
</body>
</html>
"""


def _side(exhibit: Exhibit, slot: Slot, behind: Backdrop) -> str:
    shown, other = exhibit.shown[slot], exhibit.shown[OTHER[slot]]
    model, name, rival = exhibit.model_of(slot), class_of(shown), rival_of(shown)
    figure = map_figure(shown, behind, exhibit.style, annotate(shown, other, exhibit.share), other.method.label)
    kind = f"class-specific, of “{escape(name)}”" if name else "class-agnostic"
    kind += f" compared with “{escape(rival)}”" if rival else ""
    left_out = outliers_in_words(shown, exhibit.style)
    alternative = f"{shown.method.label} of {model.title} over {exhibit.photo.name}"
    return f"""
<article>
<h2>{escape(shown.method.label)} · {escape(model.title)}</h2>
{_figure(figure, f"{slot}-map", alternative)}
{f'<p class="note">{escape(left_out)}</p>' if left_out and not shown.flat else ""}
<p>{kind}. {escape(f"{shown.method.why} {shown.remark}")} <a href="{escape(shown.method.paper)}">Paper</a></p>
{_answers(shown)}
{"" if shown.flat else _numbers(of_map(shown.heatmap, share=exhibit.share))}
{_tested(exhibit, slot)}
<p><small>Trained on {escape(model.training_data or "data that is not known")}. Key {escape(model.key)}.</small></p>
</article>"""


def _answers(shown: Explanation) -> str:
    answer = shown.prediction
    names = class_names(answer.labels)
    rows = (f"<tr><td>{escape(names[index])}</td><td>{answer.in_words(score)}</td></tr>" for index, score in answers_of(shown))
    return f"<table><tr><td>Class</td><td>{answer.kind.capitalize()}</td></tr>{''.join(rows)}</table>"


def _numbers(numbers: Iterable[Number]) -> str:
    rows = (
        f"<tr>{_about(number.metric)}<td>{', '.join(filter(None, (number.in_words, number.chance_in_words)))}</td></tr>"
        for number in numbers
    )
    return f"<table>{''.join(rows)}</table>"


def _about(metric: Metric) -> str:
    """The first cell of a metric's row: its name, what it means and where it comes from."""
    source = f'<a href="{escape(metric.paper)}">Source</a>'
    return f"<td>{escape(metric.title)}<br><small>{escape(metric.meaning)} {source}</small></td>"


def _tested(exhibit: Exhibit, slot: Slot) -> str:
    """What the model answers as the photo loses what the map marks, beside the controls; nothing where it was not tested."""
    if slot not in exhibit.tested:
        return ""
    rows = "".join(
        f"<tr>{_about(row.metric)}"
        + "".join(f"<td>{Number(row.metric, value).in_words}</td>" for value in (row.value, row.mean, row.middle))
        + f"<td>{escape(row.verdict)}</td></tr>"
        for row in exhibit.tested[slot]
    )
    heads = "<tr><td></td><td>This map</td><td>Random maps, mean</td><td>The middle</td><td></td></tr>"
    return (
        f"<h3>As the photo loses what the map marks</h3><p>In its place: {escape(exhibit.in_place)}.</p>"
        f"<table>{heads}{rows}</table>"
    )


def _agreement(exhibit: Exhibit, behind: Backdrop) -> str:
    comparison = exhibit.comparison
    if comparison is None:
        raise ValueError("expected a comparison of two sides, got none")
    if isinstance(comparison, Incomparable):
        return f"<article><h2>Where they disagree</h2><p>{escape(comparison.reason)}</p></article>"
    rows, columns = comparison.difference.shape
    figure = difference_figure(comparison, behind)
    return f"""
<article>
<h2>Where they disagree (by rank)</h2>
{_figure(figure, "difference", "Where one map ranks higher than the other, over the photo")}
{_numbers(comparison.numbers)}
<p><small>Over the part that both maps cover, on {rows} x {columns} cells.</small></p>
</article>"""


def _figure(figure: go.Figure, name: str, alternative: str) -> str:
    figure.layout.height = None  # the style sheet has it follow the width
    drawn = to_html(figure, CONFIG, include_plotlyjs=False, full_html=False, div_id=name)
    return f'<figure role="img" aria-label="{escape(alternative)}"><div>{drawn}</div></figure>'
