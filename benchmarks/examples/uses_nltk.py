"""Feature structures, stems and sentiment features of thousands of words."""

from nltk.featstruct import FeatList
from nltk.metrics.paice import Paice
from nltk.sem.logic import Variable
from nltk.sentiment.util import extract_unigram_feats

words = [f"w{i}" for i in range(1_200)]
lists = FeatList([FeatList([Variable(f"?x{i}"), Variable(f"?y{i}")]) for i in range(6_000)])
features = [extract_unigram_feats(words[i:] + words[:i], words) for i in range(20)]
lemmas = {f"lemma{i}": [f"w{i}.{j}" for j in range(4)] for i in range(160)}
stems = {f"stem{i}.{j}": [f"w{k}.{j}" for k in range(i, 160, 90)] for i in range(90) for j in range(4)}
print(len(lists.variables()), len(features), round(Paice(lemmas, stems).ui, 3))
