"""A workload of pylatexenc: LaTeX is read and told as text, and text is written as LaTeX."""

from pylatexenc.latex2text import LatexNodes2Text
from pylatexenc.latexencode import unicode_to_latex
from pylatexenc.latexwalker import LatexWalker

PART = r"""
\section{Part %d} Some \textbf{bold} and \emph{slanted} words, caf\'e, na\"ive \& co. % a comment
\begin{enumerate} \item First $x_{%d} = \frac{a}{b} + \sum_{i=0}^{n} \alpha_i$ \item \textit{Second} \end{enumerate}
\begin{equation} E = m c^2 \label{eq:%d} \end{equation} See~\ref{eq:%d}, \cite{someone} --- ``quoted''.
"""
text = "\n".join(PART.replace("%d", str(n)) for n in range(300))
nodes, _, _ = LatexWalker(text).get_latex_nodes()
plain = LatexNodes2Text().latex_to_text(text)
print(len(nodes), len(plain), len(unicode_to_latex("Café ∑ α ≤ β, naïve & 50 % “fine” — ß\n" * 900)))
