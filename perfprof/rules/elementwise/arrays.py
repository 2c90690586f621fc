"""Write an element-wise loop for whole arrays: under a test of what they are, with the old loop beside it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from perfprof.rules.elementwise.bounds import Bounds
from perfprof.rules.elementwise.errors import Errors
from perfprof.rules.elementwise.guards import tests
from perfprof.rules.elementwise.kinds import FLOATS, Kinds, kinds_of
from perfprof.rules.elementwise.loops import ElementLoop
from perfprof.rules.elementwise.sums import Summed
from perfprof.rules.elementwise.turns import Branch, Count, Named, Step, Store, Sum, every
from perfprof.rules.reading.names import fresh
from perfprof.rules.rule import Case, Rewrite
from perfprof.rules.searching.indexing import at, in_style


@dataclass
class _Writer:
    """The steps as statements over whole arrays. apart: what is stored into is a copy until all is computed.

    errors: of the terms of sums, in units of the last place, and within: the tolerance that allows them.
    """

    found: ElementLoop
    kinds: Kinds
    taken: set[str]
    apart: bool
    errors: Mapping[str, float] = field(default_factory=dict)
    within: float = 0.0
    lines: list[str] = field(default_factory=list)
    copies: dict[str, str] = field(default_factory=dict)
    named: dict[str, tuple[str, str]] = field(
        default_factory=dict
    )  # what it is called, and for which elements it is
    bounds: Bounds = field(init=False)

    def __post_init__(self) -> None:
        self.bounds = Bounds(self.found)

    def new(self, word: str) -> str:
        name = fresh(word, self.taken)
        self.taken.add(name)
        return name

    def write(self) -> tuple[list[str], list[str]]:
        """What may fail, and what then puts all in its place."""
        for name, cell in self.found.written.items() if self.apart else ():
            self.copies[name] = self.new(f"new_{cell.array.rpartition('.')[2]}")
            self.lines.append(f"{self.copies[name]} = {self.bounds.view(cell)}.copy()")
        for name in sorted(self.found.read.counts) if self.apart else ():
            self.copies[name] = self.new(f"new_{name}")
            self.lines.append(f"{self.copies[name]} = {name}")
        for name in sorted(self.found.read.sums) if self.apart else ():
            self.copies[name] = self.new(f"new_{name}")
        self._block(self.found.steps, "")
        after = [
            f"{self.bounds.place(cell)} = {self.copies[name]}"
            for name, cell in self.found.written.items()
            if self.apart
        ]
        return self.lines, [
            *after,
            *(f"{one} = {self.copies[one]}" for one in sorted(self._numbers) if self.apart),
        ]

    @property
    def _numbers(self) -> set[str]:
        return self.found.read.counts | self.found.read.sums

    def _block(self, steps: Sequence[Step], mask: str) -> None:
        for one in steps:
            if isinstance(one, Store):
                self._store(one, mask)
            elif isinstance(one, Sum):
                self._sum(one, mask)
            elif isinstance(one, Named):
                name = self.new(f"all_{one.name}")
                text = self.text(one.value, mask)
                held = (
                    one.value in self.found.read.cells
                    and self.found.read.cells[one.value].array in self.found.written
                )
                self.lines.append(f"{name} = {text}{'.copy()' if held else ''}")
                self.named[one.name] = name, mask
            elif isinstance(one, Count):
                times = "" if one.step == 1 else f"{one.step} * "
                whole = self._whole() if not mask else f"int({self.found.numpy}.count_nonzero({mask}))"
                self.lines.append(f"{self.copies.get(one.name, one.name)} += {times}{whole}")
            else:
                self._branch(one, mask)

    def _sum(self, one: Sum, mask: str) -> None:
        numpy, turns, text = self.found.numpy, self.new(f"{one.name}_by_turn"), self.text(one.value, mask)
        terms = text if len(self.found.axes) == 1 or mask else f"{numpy}.ravel({text})"
        kept, plain = self.copies.get(one.name, one.name), self.kinds.sums[one.name] == "float"
        error = self.errors.get(one.name, 0.0)
        summed = Summed(one.name, one.op, terms, kept, plain, error, self.within)
        if error:
            self.lines += summed.nearly(numpy, turns, kept if self.apart else self.new(f"new_{one.name}"))
        else:
            self.lines += summed.exactly(numpy, turns)
            self.named[one.name] = f"{turns}[1:]", mask

    def _whole(self) -> str:
        return " * ".join(f"({self.bounds.length(axis)})" for axis in self.found.axes)

    def _branch(self, one: Branch, mask: str) -> None:
        test = self.text(one.test, "", True)
        only = len(one.body) == 1 and not one.orelse and not mask and isinstance(one.body[0], Count)
        if only and len(self.found.axes) == 1:
            self._block(one.body, test)  # counted on the spot
            return
        chosen = self.new("chosen")
        self.lines.append(f"{chosen} = {_both(mask, test)}")
        if one.orelse:
            other = self.new("others")
            self.lines.append(f"{other} = {_both(mask, f'~{chosen}')}")
        self._block(one.body, chosen)
        if one.orelse:
            self._block(one.orelse, other)

    def _store(self, one: Store, mask: str) -> None:
        array = one.cell.array
        view = self.copies.get(array) or self.bounds.view(one.cell)
        if not mask:
            place = f"{self.copies[array]}[:]" if array in self.copies else self.bounds.place(one.cell)
            self.lines.append(f"{place} = {self.text(one.value, '')}")
        elif self._each_has_all(one.value):
            self.lines.append(f"{view}[{mask}] = {self.text(one.value, mask)}")
        else:
            self.lines.append(f"{self.found.numpy}.copyto({view}, {self.text(one.value, '')}, where={mask})")

    def _each_has_all(self, value: ast.expr) -> bool:
        """Whether all that varies in it has an element for each turn, of which some can be chosen."""
        if len(self.found.axes) == 1:
            return True
        return all(
            (
                len(self.found.read.cells[node].counters) == len(self.found.axes)
                if node in self.found.read.cells
                else not (isinstance(node, ast.Name) and node.id in self.found.bound)
            )
            for node in _outer(value, self.found)
        )

    def text(self, node: ast.expr, mask: str, truth: bool = False) -> str:
        """The expression over whole arrays, or over their chosen elements."""
        return in_style(ast.unparse(self._made(node, mask, truth)), self.found.function)

    def _made(self, node: ast.expr, mask: str, truth: bool = False) -> ast.expr:
        if truth:
            return self._test(node, mask)
        part, chosen = self._part(node)
        if part:
            cell = self.found.read.cells.get(node)
            one = cell is not None and not cell.counters  # the same in all turns
            return ast.parse(part if one or mask == chosen else f"{part}[{mask}]", mode="eval").body
        if isinstance(node, ast.BinOp):
            return self._operation(node, self._made(node.left, mask), self._made(node.right, mask))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return ast.UnaryOp(node.op, self._made(node.operand, mask))
        if isinstance(node, ast.Call):
            return self._call(node, mask)
        if isinstance(node, (ast.Constant, ast.Name, ast.Attribute)):
            return node
        return self._test(node, mask)

    def _operation(self, node: ast.BinOp, left: ast.expr, right: ast.expr) -> ast.expr:
        """The same of arrays, of which ``** 0.5`` takes the root, and that of -0.0 is -0.0; of an element it is 0.0."""
        if isinstance(node.op, ast.Pow) and isinstance(right, ast.Constant) and right.value == 0.5:
            left = ast.BinOp(left, ast.Add(), ast.Constant(0.0))
        return ast.BinOp(left, node.op, right)

    def _part(self, node: ast.expr) -> tuple[str, str]:
        """The text of something that varies by itself, and for which elements it is; empty for all else."""
        cell = self.found.read.cells.get(node)
        if cell is not None:
            return (self.copies[cell.array] if cell.array in self.copies else self.bounds.view(cell)), ""
        if isinstance(node, ast.Name) and node.id in self.found.bound:
            return self.named.get(node.id) or (self.bounds.counted(node.id), "")
        return "", ""

    def _call(self, node: ast.Call, mask: str) -> ast.expr:
        _, name = self.found.read.called(node)
        made = [self._made(one, mask) for one in node.args]
        numpy = self.found.numpy
        if not self.kinds.varies(node) or (name == "abs" and isinstance(node.func, ast.Name)):
            return ast.Call(node.func, made, [])
        if name == "float":
            plain = self.kinds.of(node.args[0]) in FLOATS
            return made[0] if plain else ast.BinOp(made[0], ast.Mult(), ast.Constant(1.0))
        if name in {"max", "min"}:
            first, other = map(ast.unparse, made)
            sign = ">" if name == "max" else "<"
            return ast.parse(f"{numpy}.where(({other}) {sign} ({first}), {other}, {first})", mode="eval").body
        return ast.Call(ast.parse(f"{numpy}.{name}", mode="eval").body, made, [])

    def _test(self, node: ast.expr, mask: str) -> ast.expr:
        """A test of all elements."""
        if isinstance(node, ast.BoolOp):
            sign = " & " if isinstance(node.op, ast.And) else " | "
            return ast.parse(
                sign.join(f"({ast.unparse(self._test(one, mask))})" for one in node.values), mode="eval"
            ).body
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return ast.UnaryOp(ast.Invert(), self._test(node.operand, mask))
        if isinstance(node, ast.Compare):
            return self._comparison(node, mask)
        made = self._made(node, mask)
        if self.kinds.of(node) == "truth":
            return made
        cell = self.found.read.cells.get(node)
        if self.kinds.of(node) == "bool" and cell is not None and cell.array not in self.found.written:
            return made
        return ast.Compare(made, [ast.NotEq()], [ast.Constant(0)])

    def _comparison(self, node: ast.Compare, mask: str) -> ast.expr:
        sides = [self._made(one, mask) for one in (node.left, *node.comparators)]
        pairs = [
            ast.Compare(left, [op], [right]) for left, op, right in zip(sides, node.ops, sides[1:], strict=False)
        ]
        if len(pairs) == 1:
            return pairs[0]
        return ast.parse(" & ".join(f"({ast.unparse(one)})" for one in pairs), mode="eval").body


def _both(mask: str, test: str) -> str:
    return f"{mask} & ({test})" if mask else test


def _outer(node: ast.expr, found: ElementLoop) -> Iterator[ast.expr]:
    """Its parts, but for those of an element."""
    yield node
    if node not in found.read.cells:
        for part in ast.iter_child_nodes(node):
            if isinstance(part, ast.expr):
                yield from _outer(part, found)


def arrays_at_once(case: Case) -> Rewrite:
    """All elements at once where that gives the very same, else the loop as it stands."""
    found: ElementLoop = case.suspect.reading
    function, kinds = found.function, kinds_of(case)
    taken = {*function.visible, *function.module.identifiers, *case.taken}
    fine = fresh("at_once", taken)
    effects = [one for one in every(found.steps) if isinstance(one, (Store, Count, Sum))]
    errors = Errors(found)
    errors.read()
    writer = _Writer(found, kinds, {*taken, fine}, len(effects) > 1, errors.sums, case.tolerance)
    doing, after = writer.write()
    new = [
        "# One by one, as before, unless these are plain arrays that share no memory, and no error is to be told.",
        f"{fine} = ({' and '.join(tests(found, kinds))})",
        f"if {fine}:",
        "    try:",
        f"        with {found.numpy}.errstate(all='raise'):",
        *(f"            {line}" for line in doing),
        *(f"        {line}" for line in after),
        f"    except {_errors(found)}:",
        f"        {fine} = False",
        f"if not {fine}:",
    ]
    new = [in_style(one, function) for one in new] + [f"    {line}".rstrip() for line in _as_it_stands(found)]
    return Rewrite(
        edits=(at("statement", found.hoist.statement, "\n".join(new)),),
        why=f"NumPy does each step for all elements at once, {_how_near(case)}",
        memory="one or two arrays as long as the loop, while it runs",
        tolerance=case.tolerance if found.read.inexact else 0.0,
    )


def _how_near(case: Case) -> str:
    if not case.suspect.reading.read.inexact:
        return "to the bit as for each of them"
    return f"within {case.tolerance:g} of what it is for each of them, as set"


def _errors(found: ElementLoop) -> str:
    gathers = any(one.gather is not None for one in found.read.cells.values())
    return "(ArithmeticError, IndexError)" if gathers else "ArithmeticError"


def _as_it_stands(found: ElementLoop) -> list[str]:
    loop = found.hoist.statement
    lines = [one.decode() for one in found.function.module.raw_lines[loop.lineno - 1 : loop.end_lineno]]
    return [line[loop.col_offset :] for line in lines]
