"""Builds LALR tables for a language of 90 statements and operators, and parses with it."""

import sys

from ply import lex, yacc

names = [f"W{i}" for i in range(90)]
tokens = (*names, "NUMBER")
t_ignore = " "
for name in names:
    globals()[f"t_{name}"] = rf"\b{name.lower()}x"
t_NUMBER = r"\d+"  # noqa: N816 (ply asks for such names)


def t_error(t):
    """Not reached."""
    raise SyntaxError(t)


def p_program(p):
    """program : statement
    | program statement
    """
    p[0] = (p[1] if len(p) == 3 else 0) + 1


def p_statement(p):
    """statement : first NUMBER second"""


def p_error(p):
    """Not reached."""
    raise SyntaxError(p)


def p_first(p):
    """Its grammar is long."""


def p_second(p):
    """Its grammar is long."""


p_first.__doc__ = "first : " + "\n | ".join(names)
p_second.__doc__ = "second : NUMBER\n | " + "\n | ".join(f"{name} second" for name in names)
lexer = lex.lex(module=sys.modules[__name__])
parser = yacc.yacc(module=sys.modules[__name__], write_tables=False, debug=False, errorlog=yacc.NullLogger())
print(parser.parse("w1x 5 w2x w3x 7 " * 2_000, lexer=lexer))
