"""The two task queues: separate, so that a page never waits behind a course."""

COURSES = "kapstan-courses"
PAGING = "kapstan-paging"
