"""Builds LALR tables for a language of 80 statements and operators."""

from rply import LexerGenerator, ParserGenerator

names = [f"W{i}" for i in range(80)]
lexers = LexerGenerator()
for name in names:
    lexers.add(name, rf"\b{name.lower()}x")
lexers.add("NUMBER", r"\d+")
lexers.ignore(r"\s+")
parsers = ParserGenerator([*names, "NUMBER"])


@parsers.production("program : statement")
@parsers.production("program : program statement")
def program(found):
    """How many statements."""
    return 1 + (found[0] if len(found) == 2 else 0)


def nothing(found):
    """No value."""
    return


parsers.production("statement : first NUMBER second")(nothing)
parsers.production("second : NUMBER")(nothing)
for name in names:
    parsers.production(f"first : {name}")(nothing)
    parsers.production(f"second : {name} second")(nothing)
parser, lexer = parsers.build(), lexers.build()
print(parser.parse(lexer.lex("w1x 5 w2x w3x 7 " * 500)))
