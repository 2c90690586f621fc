"""A workload of sacremoses: sentences with abbreviations in words and marks."""

import random

from sacremoses import MosesTokenizer

dice = random.Random(53)
words = [
    "Mr.",
    "Dr.",
    "approx.",
    "e.g.",
    "No.",
    "Inc.",
    "house.",
    "river",
    "stone,",
    "walks",
    "U.S.",
    "seen.",
    "3.14",
    "Prof.",
]
tokenizer = MosesTokenizer(lang="en")
print(sum(len(tokenizer.tokenize(" ".join(dice.choices(words, k=30)))) for _ in range(500)))
