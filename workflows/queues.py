"""The two task queues: a page never waits behind a course."""

COURSES = "kapstan-courses"
PAGING = "kapstan-paging"
