"""An escalation has one id, and nothing else leads to its workflow."""

import pytest

from domain.escalation.ids import EscalationKey, escalation_of, escalation_workflow_id

ESCALATION = "EX-1~vitals_overdue~2~1"


def test_an_id_its_parts_and_its_workflow_id_are_one() -> None:
    """Each is made from the other."""
    assert EscalationKey.parse(ESCALATION) == EscalationKey("EX-1", "vitals_overdue", 2, 1)
    assert EscalationKey.parse(ESCALATION).id == ESCALATION
    assert escalation_workflow_id(ESCALATION) == "escalation/EX-1/vitals_overdue/2/1"
    assert escalation_of("escalation/EX-1/vitals_overdue/2/1") == ESCALATION


@pytest.mark.parametrize("other", ["EX-1~vitals_overdue~02~1", "EX-1~vitals_overdue~2~01", f"{ESCALATION}\n"])
def test_no_second_spelling_leads_to_the_same_workflow(other: str) -> None:
    """Lists, links and the record know only the id as it is: an alias would act on what they do not find."""
    with pytest.raises(ValueError, match="is not an escalation's id"):
        escalation_workflow_id(other)
