"""Bar chart of how much was done in time, late or not at all."""

from collections.abc import Iterator
from typing import Final

from console.charts.drawing import Area, Drawing, Key, Shape, Table, TextSize
from domain.values import Frozen
from domain.views.figures import Punctuality

NOTHING: Final = "–"
WIDTH: Final = 640.0
BAR: Final = 22.0


class Share(Frozen):
    """One segment of the bar."""

    words: str
    count: int
    total: int
    look: str
    shape: Shape

    @property
    def percent(self) -> str:
        """Such as `92 %`."""
        return f"{100 * self.count / self.total:.0f} %" if self.total else NOTHING

    @property
    def said(self) -> str:
        """Such as `12 late (8 %)`."""
        return f"{self.count} {self.words} ({self.percent})"


def punctuality_chart(name: str, what: str, counted: Punctuality, missed: str = "missed") -> Drawing:
    """A bar for `what`, such as "Checkpoints": the shares in time, late and `missed`."""
    total = counted.in_time + counted.late + counted.missed
    shares = (
        Share(words="in time", count=counted.in_time, total=total, look="well", shape=Shape.DOT),
        Share(words="late", count=counted.late, total=total, look="urgent", shape=Shape.HOLLOW_SQUARE),
        Share(words=missed, count=counted.missed, total=total, look="emergency", shape=Shape.CROSS),
    )
    return Drawing(
        name=name,
        size=TextSize.WIDE,
        width=WIDTH,
        height=BAR + 4,
        says=f"{what}: {', '.join(share.said for share in shares)}." if total else f"{what}: none in this period.",
        areas=(Area(x=0, y=2, width=WIDTH, height=BAR, look="lane", radius=4), *_bar(shares)),
        keys=tuple(Key(shape=share.shape, look=share.look, text=share.said) for share in shares if total),
        tables=(
            Table(
                caption=what,
                head=("When", "Number", "Share"),
                rows=tuple((share.words, str(share.count), share.percent) for share in shares),
            ),
        ),
    )


def _bar(shares: tuple[Share, ...]) -> Iterator[Area]:
    done = 0
    for share in shares:
        if share.count:
            begin = round(WIDTH * done / share.total, 1)
            done += share.count
            yield Area(
                x=begin,
                y=2,
                width=round(WIDTH * done / share.total - begin, 1),
                height=BAR,
                look=f"bar {share.look}",
                tip=share.said,
                # What was not in time can be told from the rest without colour, too.
                is_hatched=share.shape is not Shape.DOT,
            )
