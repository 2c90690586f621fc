"""Compares texts of some hundred characters by every kind of distance."""

import textdistance as td

left = "".join(chr(97 + i * 7 % 26) for i in range(220))
right = "".join(chr(97 + i * 11 % 26) for i in range(240))
words_left, words_right = [left[i : i + 3] for i in range(200)], [right[i : i + 3] for i in range(200)]
for name in (
    "levenshtein",
    "damerau_levenshtein",
    "jaro_winkler",
    "needleman_wunsch",
    "gotoh",
    "smith_waterman",
    "lcsseq",
    "lcsstr",
    "ratcliff_obershelp",
    "mlipns",
    "strcmp95",
    "jaccard",
    "cosine",
    "bag",
    "monge_elkan",
    "editex",
    "sorensen",
    "tversky",
):
    algorithm = getattr(td, name)
    print(name, algorithm(left, right))
print(td.jaccard(words_left, words_right), td.levenshtein(words_left, words_right))
