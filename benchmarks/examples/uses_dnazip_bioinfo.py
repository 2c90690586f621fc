"""A workload of dnazip: a sequence goes through Burrows-Wheeler and Huffman and back."""

import random

from dnazip.burros_wheeler import BurrosWheeler
from dnazip.huffman import HuffmanTree

dice = random.Random(4)
short = "".join(dice.choices("ACGT", k=2_500))
rotations = list(BurrosWheeler.string_rotations(short))[-1]
matrix = BurrosWheeler.construct_bwm(rotations)
turned = BurrosWheeler.bwt_advanced("".join(dice.choices("ACGT", k=60_000)))
tree = HuffmanTree(turned)
tree.get_codings(tree.create_tree())
bits = tree.seq_to_binstr()
packed = tree.binstr_to_unicode(bits)
print(
    len(turned),
    len(bits),
    len(tree.unicode_to_binstr(packed)),
    len(tree.binstr_to_seq(bits, tree.codes)),
    len(matrix),
)
