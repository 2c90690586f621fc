"""The icicle of a run as a picture of its own."""

from __future__ import annotations

from perfprof.errors import UsageError
from perfprof.optimizer.reports import flamegraph
from perfprof.optimizer.reports.contract import Document
from perfprof.optimizer.reports.markup import Html, tag

STYLE = """
svg { background: #ffffff; color: #1a2028; font: 11px system-ui, sans-serif; }
text { fill: currentColor; pointer-events: none; }
.own { fill: #cfdcea; } .library { fill: #e6e9ed; } .found { fill: #ffd9a8; stroke: #b65a00; stroke-width: 1.5; }
@media (prefers-color-scheme: dark) {
  svg { background: #10151b; color: #e7ebf0; }
  .own { fill: #2d435a; } .library { fill: #2a333d; } .found { fill: #6b3f0c; stroke: #ffb169; }
}
"""


def render(report: Document) -> str:
    """SVG that loads nothing; UsageError if the run has no samples."""
    if not report["flame"]["frames"]:
        raise UsageError("this run has no samples to draw", where=report["run"]["id"])
    picture = flamegraph.icicle(report["flame"], flamegraph.marked(report))
    head, _, body = picture.partition(">")
    whole = Html(f'{head} xmlns="http://www.w3.org/2000/svg">{tag("style", Html(STYLE))}{body}')
    return f"{whole}\n"
