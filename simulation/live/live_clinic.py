"""A floor in real time: plays every patient's script side by side, and adds new patients as they come."""

from asyncio import TaskGroup
from collections.abc import Callable, Iterable

from domain.refusal import Refused
from domain.values import CourseId
from simulation.course.reporter import OffScript
from simulation.demo.clinic import Audience
from simulation.live.patients_on_the_floor import Stay
from simulation.live.real_time import CourseSide, EscalationSide, RealTimeWard, Wall


class LiveClinic:
    """Plays patients up to the present, and then in real time.

    A script ends where its report is not answered as it expects, which means that a person has taken the course over.
    `say` is told so.
    """

    def __init__(
        self,
        courses: CourseSide,
        escalations: EscalationSide,
        wall: Wall,
        audience: Audience,
        say: Callable[[CourseId, str], None],
    ) -> None:
        self._courses = courses
        self._escalations = escalations
        self._wall = wall
        self._audience = audience
        self._say = say

    async def open(self, stays: Iterable[Stay], lives: TaskGroup) -> None:
        """Reports all that has happened to these patients by now; their scripts then go on in `lives`."""
        for ward in [self._admit(stay, lives) for stay in stays]:
            await ward.is_in_the_present.wait()

    async def go_on(self, arrivals: Iterable[Stay], lives: TaskGroup) -> None:
        """Starts each of these patients when they come."""
        for stay in arrivals:
            await self._wall.until(stay.known_from)
            self._admit(stay, lives)

    def _admit(self, stay: Stay, lives: TaskGroup) -> RealTimeWard:
        ward = RealTimeWard(stay.part.patient.course_id, self._courses, self._escalations, self._wall, self._audience)
        lives.create_task(self._live(stay, ward))
        return ward

    async def _live(self, stay: Stay, ward: RealTimeWard) -> None:
        try:
            await stay.part.play(ward, stay.starts_at)
        except (Refused, OffScript, TimeoutError) as ended:
            self._say(stay.part.patient.course_id, str(ended))
        finally:
            ward.is_in_the_present.set()
            self._audience.saw_end(stay.part.patient.course_id)
