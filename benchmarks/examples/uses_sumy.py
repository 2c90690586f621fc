"""A workload of sumy: a long text in five sentences."""

import random

from sumy.nlp.stemmers import null_stemmer
from sumy.parsers.plaintext import PlaintextParser
from sumy.summarizers.luhn import LuhnSummarizer


class Tokenizer:
    """Sentences end with a full stop; words stand between spaces."""

    def to_sentences(self, text):
        """The sentences of a text."""
        return tuple(part.strip() for part in text.split(".") if part.strip())

    def to_words(self, sentence):
        """The words of a sentence."""
        return tuple(sentence.split())


dice = random.Random(19)
words = [f"word{number}" for number in range(4_000)]
text = " ".join(" ".join(dice.choices(words, k=18)) + "." for _ in range(1_500))
parser = PlaintextParser.from_string(text, Tokenizer())
summarizer = LuhnSummarizer(null_stemmer)
summarizer.stop_words = ("word1", "word2")
print(len(summarizer(parser.document, 5)))
