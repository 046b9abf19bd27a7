"""What stands first on the page behind an alarm of the watch: a dosed patient is looked at, a course kept by hand."""

from console.pages.oncall.acknowledge import SILENT, UNWATCHED, advice


def test_a_dosed_patient_is_looked_at_and_a_course_is_not() -> None:
    """Nobody is sent to look for a patient who is at home; what a workflow pages for says itself what it is."""
    assert advice("MARA-1~orchestrator_silent~2~1") == SILENT
    assert advice("MARA-1~orchestrator_silent~0~1") == UNWATCHED
    assert advice("MARA-1~vitals_overdue~1~1") is None
