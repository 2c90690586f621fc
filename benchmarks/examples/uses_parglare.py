"""A workload of parglare: the tables of a grammar with many statements."""

from parglare import Grammar, Parser

statements = "\n".join(f"s{number}: 'word{number}' expression ';' | 'word{number}' block;" for number in range(60))
choices = " | ".join(f"s{number}" for number in range(60))
grammar = Grammar.from_string(f"""
    program: statement+;
    statement: {choices};
    block: '{{' statement* '}}';
    expression: expression '+' term | term;
    term: term '*' factor | factor;
    factor: '(' expression ')' | 'n';
    {statements}
    """)
parser = Parser(grammar)
print(len(parser.table.states))
