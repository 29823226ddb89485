"""What happened in a run, line by line; kept only for the run that is shown."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Story:
    """The lines: time, who, what. `moment` gives the simulated time in seconds."""

    moment: Callable[[], float]
    is_told: bool = False
    lines: list[tuple[float, str, str]] = field(default_factory=list)

    def tell(self, who: str, what: str, *args: object) -> None:
        """Add a line."""
        if self.is_told:
            self.lines.append((self.moment(), who, what.format(*args)))

    def text(self) -> str:
        """All lines, numbered."""
        return "\n".join(
            f"{number:4}  {_clock(at)}  {who:<12} {what}" for number, (at, who, what) in enumerate(self.lines, 1)
        )


class LogLines(logging.Handler):
    """Adds the app's own log to the story."""

    def __init__(self, story: Story, who: Callable[[], str]) -> None:
        super().__init__(logging.INFO)
        self._story = story
        self._who = who

    def emit(self, record: logging.LogRecord) -> None:
        line = record.getMessage()
        if not line.startswith("sweep.done") or "looked=0" not in line:  # a sweep that found nothing
            self._story.tell(self._who(), "{}", line)


def _clock(seconds: float) -> str:
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    return f"{int(days)}d {int(hours):02}:{int(minutes):02}:{rest:06.3f}"
