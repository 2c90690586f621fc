"""When the same question may be asked in other words: its text can be changed, and the rows stay."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from perfprof.rules.catalog import Compared
from perfprof.rules.obligations.proofs import obligation, observed, proved, unproved
from perfprof.rules.reading.predicates import argument, kind_of
from perfprof.rules.rewording.mappers import in_its_words
from perfprof.rules.rewording.places import Place, edits
from perfprof.rules.rewording.question import place, question_of, scope, words
from perfprof.rules.rewording.text import Reworded, worded
from perfprof.rules.rule import Case, Edit, Evidence, Measured, Obligation, Proof, Rewrite, Rule, Suspect

if TYPE_CHECKING:
    from perfprof.profilers.recording import Execution
    from perfprof.rules.catalog import Catalog
    from perfprof.rules.reading.predicates import Tree

SMALLEST = 500  # rows of the largest table; below it no wording is slow
LEAST_GAIN = {"backend-ms": 1.5}  # so many times cheaper; less is not worth a reviewer's time, or a clock's noise
PROMISED = 1.2  # of exact counts
Wording = Callable[[Case], Reworded]  # ValueError with the reason where there is none
Look = Callable[["tuple[Execution, ...]", "Catalog"], Iterator[Suspect]]
Worth = Callable[[Case], Evidence]
Probes = Callable[[Case, str, str], "tuple[str, str]"]  # of both texts, what the program makes of their answers


@obligation
def order_is_told(case: Case) -> Proof:
    """ORDER BY tells all rows apart, or there is only one."""
    select = words(case).tree
    if all(_counts(term) for term in select.expressions) and argument(select, "group") is None:
        return proved("it has one row")
    known, order = scope(case, select), argument(select, "order")
    named = [known.ordered(term) for term in (order.expressions if order is not None else ())]
    problem = known.unique([one for one in named if one is not None])
    return unproved(f"rows may come in another order: {problem}") if problem else proved("it does")


def _counts(term: Tree) -> bool:
    return kind_of(term.this if kind_of(term) == "Alias" else term) == "Count"


class Rewording:
    """What all rules of this kind share.

    wording: the rule's own new text. probes: see `Copy.compare`. told: whether it is worth telling that the two differ
    on the data as it is; otherwise the statement simply means what it says.
    """

    def __init__(self, wording: Wording, *, why: str, probes: Probes | None = None, told: bool = False) -> None:
        self.wording = wording
        self.probes = probes
        self.told = told
        self.why = why
        self.text_is_in_one_place = obligation(self._named(self._text, "text_is_in_one_place"))
        self.rows_are_the_same = obligation(self._named(self._rows, "rows_are_the_same"))

    def rule(self, title: str, looks_for: Look, *own: Obligation, worth: Worth | None = None) -> Rule:
        """The rule; own: its own obligations, which come first."""
        return Rule(
            title=title,
            in_statements=looks_for,
            worth=worth or self.worth,
            safe_if=(*own, self.text_is_in_one_place, self.rows_are_the_same),
            rewrite=self.rewrite,
            promises=PROMISED,
            counter="statement-cost",
        )

    def _named(self, check: Callable[[Case], Proof], name: str) -> Callable[[Case], Proof]:
        said = check.__doc__

        def named(case: Case) -> Proof:
            return check(case)

        named.__name__, named.__doc__ = name, said
        return named

    def new(self, case: Case) -> Reworded | str:
        """The new text, or why there is none."""
        memo = question_of(case).memo
        if "new" not in memo:
            try:
                memo["new"] = self.wording(case)
            except ValueError as error:
                memo["new"] = str(error)
        found = memo["new"]
        assert isinstance(found, (Reworded, str))
        return found

    def compared(self, case: Case) -> Compared | str:
        """Both wordings on the copy."""
        new = self.new(case)
        if isinstance(new, str):
            return new
        assert case.copy is not None
        old = words(case)
        probes = self.probes(case, old.bare, worded(new.text, old.dialect).bare) if self.probes else None
        return case.copy.compare(old.text, new.text, new.order, question_of(case).asked.rows, probes)

    def worth(self, case: Case) -> Evidence:
        """What it costs on a copy, before and after; where that cannot be tried, whether it may be slow at all."""
        question = question_of(case)
        if question.largest < SMALLEST:
            return Evidence(False, f"its tables have at most {question.largest} rows; any wording is fast")
        found = self.compared(case)
        if isinstance(found, str):
            return Evidence(True, f"{question.asked.count:,} executions", gain=1.0)
        gain = found.before / max(found.after, 1e-9)
        numbers = {f"{found.metric} before": round(found.before, 3), f"{found.metric} after": round(found.after, 3)}
        if found.differs and not found.hostile and not self.told:
            return Evidence(False, f"it means what it says: {found.differs}", numbers)
        if gain < LEAST_GAIN.get(found.metric, PROMISED) and not found.differs:
            return Evidence(False, f"in other words it costs the same: {gain:.2f}x fewer {found.metric}", numbers)
        return Evidence(True, f"{gain:,.1f}x fewer {found.metric}", numbers, max(gain, 1.0))

    def rewrite(self, case: Case) -> Rewrite:
        """The bytes of the text, where it stands."""
        new, found, compared = self.new(case), place(case), self.compared(case)
        assert isinstance(new, Reworded)
        assert isinstance(found, Place)
        assert isinstance(compared, Compared)
        made = edits(found, new)
        assert not isinstance(made, str)
        watched: tuple[str, ...] = ()
        if found.function is not None and found.function.qualname != "<module>":
            watched = (f"{found.function.module.relative}::{found.function.qualname}",)
        measured = Measured(compared.metric, compared.before, compared.after)
        return Rewrite(edits=made, why=self.why, watched=watched, measured=measured)

    def _text(self, case: Case) -> Proof:
        """Its text is a literal in one place and can be changed there."""
        found, new = place(case), self.new(case)
        if isinstance(found, str):
            advice = in_its_words(case.suspect.finding.rule, question_of(case).sites, case.program)
            return unproved(f"{found}; {advice}" if advice else found)
        if isinstance(new, str):
            return unproved(new, found.where)
        made: tuple[Edit, ...] | str = edits(found, new)
        return (
            unproved(made, found.where) if isinstance(made, str) else proved("it is a literal there", found.where)
        )

    def _rows(self, case: Case) -> Proof:
        """Both wordings give the same rows in the same order, beside hostile rows too."""
        found = self.compared(case)
        if isinstance(found, str):
            return unproved(found)
        if found.differs:
            return unproved(f"on a copy they differ: {found.differs}")
        if found.turned:
            return unproved("the rows come in another order, and nothing says that it does not matter")
        return observed(f"{found.runs} executions of each on a copy, some beside {found.hostile} hostile rows")
