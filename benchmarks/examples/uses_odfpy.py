"""A workload of odfpy: a report whose paragraphs each bring a style of their own, as converters write it."""

import io
import random

from odf.opendocument import OpenDocumentText
from odf.style import ParagraphProperties, Style
from odf.text import P

dice = random.Random(13)
document = OpenDocumentText()
for number in range(1_500):
    style = Style(name=f"P{number}", family="paragraph")
    style.addElement(ParagraphProperties(marginleft=f"{dice.randrange(50)}mm"))
    document.automaticstyles.addElement(style)
    document.text.addElement(P(stylename=style, text=f"Paragraph {number} of the report"))
file = io.BytesIO()
document.write(file)
print(file.tell() > 0)
