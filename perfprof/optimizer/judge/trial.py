"""One patch before the judge: what is known of it so far, and the verdict that follows."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from perfprof.optimizer.judge.pairs import spoken
from perfprof.optimizer.judge.replay import Case
from perfprof.optimizer.judge.statistics import Answered
from perfprof.optimizer.judge.verdict import Comparison, Decision, Layer, Verdict
from perfprof.optimizer.patches import Patch
from perfprof.rules.rule import Level

_UNTESTED = "no tests given"  # as `Baseline.tests` begins
_QUIETER = "run it again while this machine has less to do, or with more work for this function"
_ALONE = "no call could be replayed, so the workload as a whole would have to show it"
Outcome = tuple[str, str]  # of a layer: "passed", "failed", "skipped" or "cannot tell", and why


@dataclass
class Trial:
    """Filled by one layer after the other. used: captured calls fit for timing -> seconds of the old code.

    unconfirmed: clocks on the changed functions alone tell a gain, and no call of them could be replayed.
    """

    patch: Patch
    case: Case
    layers: list[Layer] = field(default_factory=list)
    used: Mapping[int, float] = field(default_factory=dict)
    answered: Answered | None = None
    comparison: Comparison | None = None
    memory: Comparison | None = None
    notes: list[str] = field(default_factory=list)
    largest: float = 0.0  # difference of floats that was let pass, within the patch's tolerance
    unconfirmed: bool = False
    usual: str = ""  # why it is no gain for usual calls

    def ask(self, name: str, question: Callable[[Trial], Outcome]) -> bool:
        """Put one question; True if the patch is still in."""
        begun = time.monotonic()
        outcome, reason = question(self)
        seconds = time.monotonic() - begun
        self.layers.append(Layer(name, outcome, reason, seconds))  # type: ignore[arg-type]
        return outcome != "failed"

    def answer(self, name: str) -> Outcome:
        """What a layer said and why, empty if it was not asked."""
        return next(((layer.outcome, layer.reason) for layer in self.layers if layer.name == name), ("", ""))

    def outcome(self, name: str) -> str:
        """What a layer said, empty if it was not asked."""
        return self.answer(name)[0]

    @property
    def untold(self) -> bool:
        """Nothing has told the gain: captured calls are too few or too noisy, or not those of the function inside theirs."""
        if self.answered is None or self.answered.decision == "cannot tell":
            return True
        return self.answered.decision != "faster" and any("<locals>" in name for name in self.patch.functions)

    def verdict(self) -> Verdict:
        """Accepted only if every layer agrees and there is a gain."""
        decision, reason = self._decided()
        files = tuple((change.path, digest_of(change.before)) for change in self.patch.changes)
        return Verdict(
            self.patch.digest,
            files,
            decision,
            reason,
            tuple(self.layers),
            self.comparison,
            self.memory,
            self.patch.tolerance,
            self.largest,
        )

    def _decided(self) -> tuple[Decision, str]:
        failed = next((layer for layer in self.layers if layer.outcome == "failed"), None)
        if failed is not None:
            return "rejected", failed.reason
        doubt = self.doubt()
        if doubt:
            return "cannot tell", doubt
        decision, reason = self._gain()
        outcome, other = self.answer("hostile")
        if decision == "accepted" and outcome == "cannot tell":
            return "cannot tell", f"{reason} for all types that were seen; for others it differs: {other}"
        return decision, reason

    def doubt(self) -> str:
        """Why the runs do not show that the patch keeps the answers, empty if they do."""
        derived = self.outcome("differential") == "passed" or self.patch.level > Level.OBSERVED
        same = (self.outcome("replay") == "passed" and derived) or self.outcome("answers") == "passed"
        tested = self.outcome("tests") == "passed"
        level = self.patch.level
        if not same and not tested:
            tests = self.answer("tests")[1].partition(":")[0]  # "no tests given", and not what that leaves open
            more = f"{tests}; --tests COMMAND may show it" if tests == _UNTESTED else tests
            told = "; ".join(filter(None, (self._reasons("replay", "answers"), more)))
            return f"no run shows that the answers stay the same: {told}"
        if not same and level < Level.PROVED:
            told = (
                f"{level.word} is not enough where no call could be compared: {self._reasons('replay', 'answers')}"
            )
            return f"{told}; read the patch yourself"
        outcome, reason = self.answer("tests")
        return reason if outcome == "cannot tell" else ""

    def _reasons(self, *names: str) -> str:
        return "; ".join(layer.reason for layer in self.layers if layer.name in names)

    def _gain(self) -> tuple[Decision, str]:
        compared = self.comparison
        if compared is not None and compared.metric not in ("cpu", "wall"):
            return self._counted(compared)
        answered = self.answered
        if answered is None or math.isnan(answered.ratio):
            return "cannot tell", f"nothing could be timed: {self._reasons('function', 'workload')}"
        told = "; ".join([spoken(answered), *self.notes])
        if answered.decision == "faster":
            return self._won(told)
        if answered.decision == "slower":
            return "rejected", f"slower: {told}"
        if answered.decision == "no change":
            return "rejected", f"{self._shortfall(answered)}: {told}"
        seen = compared.resolution if compared is not None else 0.0
        noise = f"; this machine tells {seen:.0%} from noise" if seen else ""
        return "cannot tell", f"after {answered.pairs} pairs it is not clear: {told}{noise}; {_QUIETER}"

    def _won(self, told: str) -> tuple[Decision, str]:
        """It is faster in sum; for the usual call, and where nothing but clocks say so, that is not enough."""
        if self.usual:
            return "cannot tell", f"{self.usual}: {told}"
        if self.unconfirmed:
            return "cannot tell", f"{told}; {_ALONE}"
        return "accepted", told

    def _counted(self, compared: Comparison) -> tuple[Decision, str]:
        if self.answered is not None and self.answered.decision == "slower":
            return "cannot tell", f"fewer {compared.metric}, but slower: {spoken(self.answered)}"
        return "accepted", f"{compared.before[0]:,.0f} {compared.metric} -> {compared.after[0]:,.0f}"

    def _shortfall(self, answered: Answered) -> str:
        promise = self.patch.promise
        return f"gain below the promised {promise:.2g}x" if promise > 1.03 and answered.low > 1.0 else "no gain"


def digest_of(text: str) -> str:
    """What a verdict names a file's content by."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
