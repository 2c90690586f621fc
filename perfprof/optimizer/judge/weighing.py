"""What the judging processes told, weighed: do captured and derived calls do the same on old and new code?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from perfprof.optimizer.judge.replay import Case, Played


@dataclass(frozen=True, slots=True)
class Weighed:
    """What replay says. calls: replayed on both sides. used: indexes of calls fit for timing, with old seconds.

    mild: the difference takes a made-up object, or is a TypeError; see ``replaying/differing``.
    """

    outcome: str  # "passed", "failed", "cannot tell"
    reason: str
    calls: int = 0
    used: Mapping[int, float] = field(default_factory=dict)
    mild: bool = False


def weigh_replay(case: Case, played: Played) -> Weighed:
    """Every captured call must do the same; calls that old code itself answers differently decide nothing."""
    unstable = _order_dependent(played) & _differing(played)
    for _, answer in played.answers:
        for difference in answer.get("differences", ()):
            if difference["call"] not in unstable:
                return Weighed("failed", told(answer["function"], difference))
    if played.died:
        return Weighed("cannot tell", played.died)
    used: dict[int, float] = {}
    refused: Counter[str] = Counter()
    for answers in played.functions().values():
        most = max(answers, key=lambda answer: len(answer.get("seconds", ())))  # the seed that played all calls
        played.problems += most.get("problems", ())
        refused.update(most.get("refused", {}).values())
        good = {int(index): seconds for index, (seconds, _) in most.get("seconds", {}).items()}
        lost = unstable | {int(index) for index in most.get("refused", {})}
        used |= {index: seconds for index, seconds in good.items() if index not in lost}
    refused["its answer changes with the hash seed"] += len(unstable)
    refused["it takes too long"] += _left_out(case, played)
    return _summed(case, played, used, refused)


def _left_out(case: Case, played: Played) -> int:
    """Calls that no process had the time for."""
    seen = {index for _, answer in played.answers for index in answer.get("seconds", {})}
    return 0 if played.problems else len(case.calls) - len(seen)


def _summed(case: Case, played: Played, used: dict[int, float], refused: Counter[str]) -> Weighed:
    left_out = "; ".join(f"{count} not replayed: {why}" for why, count in refused.most_common(3) if count)
    if not used:
        why = "; ".join(dict.fromkeys(played.problems)) or left_out or "no call was captured"
        return Weighed("cannot tell", f"nothing could be replayed ({why})")
    silent = {call.function for call in case.calls} - {case.calls[index].function for index in used}
    agree = f"{len(used)} captured call{'s agree' if len(used) != 1 else ' agrees'}"
    parts = [
        agree + near(case.tolerance, played.apart()),
        f"nothing for {', '.join(sorted(silent))}" if silent else "",
        left_out,
    ]
    return Weighed("passed", "; ".join(filter(None, parts)), len(used), used)


def near(within: float, largest: float) -> str:
    """``within 1e-09 (largest difference 2.2e-16)``; nothing for what is the same to the bit by its own promise."""
    return f" within {within:g} (largest difference {largest:.2g})" if within else ""


def _differing(played: Played) -> set[int]:
    """Calls on which old and new differ under some hash seed."""
    return {difference["call"] for _, answer in played.answers for difference in answer.get("differences", ())}


def _order_dependent(played: Played) -> set[int]:
    """Calls whose old answer is not the same under every hash seed."""
    names: dict[int, set[str]] = {}
    for _, answer in played.answers:
        for index, name in answer.get("old", {}).items():
            if index not in answer.get("refused", {}):
                names.setdefault(int(index), set()).add(name)
    return {index for index, found in names.items() if len(found) > 1}


def weigh_differential(played: Played, kind: str, within: float = 0.0) -> Weighed:
    """kind "typed": inputs of the types that were seen; "hostile": of types that never were."""
    answers = [answer for _, answer in played.answers if answer.get(kind) is not None]
    examples, skipped = (sum(answer[kind][name] for answer in answers) for name in ("examples", "skipped"))
    differing = [answer for answer in answers if answer[kind]["difference"] is not None]
    if differing:  # a grave difference goes before a mild one
        first = min(differing, key=lambda answer: bool(answer[kind]["difference"]["mild"]))
        difference = first[kind]["difference"]
        return Weighed("failed", told(first["function"], difference), examples, mild=difference["mild"])
    if examples:
        left_out = f", {skipped:,} left out" if skipped else ""
        told_near = near(within, played.apart(kind))
        return Weighed("passed", f"{examples:,} inputs agree{told_near}{left_out}", examples)
    return Weighed("cannot tell", _untried(played))


def _untried(played: Played) -> str:
    """Why no input was derived."""
    answers = [answer for _, answer in played.answers]
    effects = [answer["function"].partition("::")[2] for answer in answers if answer.get("effects")]
    if effects:
        return f"not tried: {effects[0]} touches the outside"
    replayed = any(answer.get("seconds") for answer in answers)
    return "no input could be derived" if replayed else "not tried: nothing was replayed"


def told(function: str, difference: Mapping[str, Any]) -> str:
    """One difference in words."""
    name = function.partition("::")[2]
    if not difference["old"] and not difference["new"]:
        return f"{name} leaves another {difference['part']} behind"
    what = f"{name}({difference['arguments']}): {difference['part']} differs"
    if difference["old"] != difference["new"]:
        what += f"; old {difference['old']}; new {difference['new']}"
    return what
