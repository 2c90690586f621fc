"""Publishes a document of 900 parts, each with mistakes, as HTML and LaTeX."""

from docutils.core import publish_string

parts = [
    "Title\n=====\n",
    *(
        f"Part {i}\n-------------\n\nText `missing{i}`_ with *emphasis* and |sub{i}| in it.\n\n* a\n* b\n"
        for i in range(900)
    ),
]
settings = {"report_level": 5, "halt_level": 6, "warning_stream": False}
text = "\n".join(parts)
html = publish_string(text, writer_name="html5", settings_overrides=settings)
latex = publish_string("\n".join(parts[:200]), writer_name="latex", settings_overrides=settings)
print(len(html) > 10_000, len(latex) > 10_000)
