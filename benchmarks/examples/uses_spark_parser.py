"""A workload of spark_parser: long sums, read by an ambiguous grammar."""

from spark_parser.ast import AST
from spark_parser.spark import GenericASTBuilder


class Sums(GenericASTBuilder):
    """Sums and products of numbers."""

    def p_sums(self, args):
        """
        sum ::= sum PLUS sum
        sum ::= sum TIMES sum
        sum ::= NUMBER
        """


class Token:
    """A word of a sum."""

    def __init__(self, kind):
        self.kind = kind
        self.attr = kind

    def __eq__(self, other):
        return self.kind == getattr(other, "kind", other)

    def __hash__(self):
        return hash(self.kind)


tokens = [Token("NUMBER")]
for number in range(90):
    tokens += [Token("PLUS" if number % 2 else "TIMES"), Token("NUMBER")]
parser = Sums(AST, "sum")
print(parser.parse(tokens).kind)
