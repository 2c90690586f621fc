"""Converts documents of thousands of paragraphs, some of them HTML with Markdown in it."""

import markdown

plain = "\n\n".join(f"Paragraph {i} with *emphasis*, `code` and [a link](http://x/{i})." for i in range(5_000))
nested = "\n\n".join(f'<div markdown="1">\n\n* one {i}\n* two\n\n</div>' for i in range(400))
flat = '<div markdown="1">\n' + "\n".join(f'<p markdown="1">*{i}*</p>' for i in range(2_500)) + "\n</div>"
html = [
    markdown.markdown(plain),
    markdown.markdown(nested, extensions=["md_in_html"]),
    markdown.markdown(flat, extensions=["md_in_html"]),
]
print(*map(len, html))
