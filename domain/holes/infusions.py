"""A medicine by vein that nobody stretches over time: the same dose at once is an anaesthetic (S9)."""

from datetime import timedelta

from domain.durations import in_words, iso_8601
from domain.holes.hole import Hole, Holes
from domain.holes.published import INFUSED_FOR, OURS
from domain.protocol.model import Protocol
from domain.protocol.values import Route


def infusion_holes(protocol: Protocol) -> Holes:
    """A hole where a dose by vein may run in too fast, for ever, or be a slip of the unit: by any route of the file."""
    if Route.INTRAVENOUS not in protocol.routes:
        return
    rules, compared, shortest = protocol.medicine.infusion, protocol.medicine.compared, INFUSED_FOR
    table = "medicine.infusion"
    if rules.least is None or rules.least < shortest:
        given = f"within {in_words(rules.least)}" if rules.least and rules.least > timedelta() else "at once"
        yield Hole(
            key=f"{table}.least",
            lets_through=f"the whole dose could be given by vein {given}, and nobody would hear of it",
            mend=f"must be at least {iso_8601(shortest)} (S18, S30: 40 to 60 minutes; 20 are {OURS}; S9: a push is an "
            "anaesthetic)",
        )
    if not rules.resume_gated:
        yield Hole(
            key=f"{table}.resume_gated",
            lets_through="an infusion that was paused for a danger could be resumed in it, and nobody would hear of it",
            mend=f"must be true (S11: whoever is given it can be rescued; {OURS})",
        )
    if rules.most is None:
        yield Hole(
            key=f"{table}.most",
            lets_through="an infusion that nobody stops would be asked about when its start says, however late that is",
            mend="must be there (S18: 40 to 60 minutes)",
        )
    if compared is None or compared.infusion_at_least_percent is None:
        yield Hole(
            key="medicine.compared.infusion_at_least_percent",
            lets_through="an infusion of a hundredth of the plan's dose, mg/kg typed as mg, would be taken",
            mend=f"must be there, and at least 10 ({OURS})",
        )
