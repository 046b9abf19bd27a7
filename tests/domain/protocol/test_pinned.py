"""Courses of one process hold one copy of a protocol that they share."""

import gc
from weakref import ref

from domain.course.course import Course
from domain.protocol.model import Protocol
from domain.protocol.pinned import shared
from tests.support.cast import WEEKLY, pinned, weekly
from tests.support.ward import Ward


def read_anew(protocol: Protocol) -> Protocol:
    """As a course that is carried on is read: a copy of its own."""
    return Protocol.model_validate_json(protocol.model_dump_json())


def test_courses_of_one_protocol_hold_one_copy() -> None:
    """However many copies are read."""
    first, second = read_anew(WEEKLY), read_anew(WEEKLY)

    assert shared(first, "a hash of the test") is first
    assert shared(second, "a hash of the test") is first


def test_a_course_that_is_read_holds_that_copy() -> None:
    """Whatever else was handed over with it: what a run began with stays as long as the run."""
    ward = Ward().referred()
    first, second = (Course.model_validate_json(ward.course.model_dump_json()) for _ in range(2))

    assert first.protocol is second.protocol


def test_a_hash_alone_proves_nothing() -> None:
    """A course goes on by the protocol that it carries, whatever hash it bears."""
    other = weekly({"medicine.discharge.padss_min": 10})
    kept = shared(read_anew(WEEKLY), pinned().hash)

    assert kept == WEEKLY
    assert shared(other, pinned().hash) is other


def test_a_protocol_that_no_course_holds_is_let_go() -> None:
    """A worker that lives for months keeps no protocol of courses that ended."""
    held = shared(read_anew(WEEKLY), "held by nobody")
    gone = ref(held)

    del held
    gc.collect()

    assert gone() is None
