"""For how long recordings are kept: the settings of the retention."""

from dataclasses import dataclass
from typing import Annotated

from recording.core.retention import RetentionClasses
from recording.settings import parsing
from recording.settings.mechanism import Setting
from recording.settings.policy import parse_retention_classes


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """The classes, and how much may be deleted on a day."""

    classes: Annotated[
        RetentionClasses,
        Setting(
            "RETENTION_CLASSES",
            "",
            parse_retention_classes,
            "how long recordings are kept, by class, as YAML or JSON, or the path of a file in the app's package",
            only_for_retention=True,
        ),
    ]
    export_days: Annotated[
        int,
        Setting(
            "EXPORT_DAYS",
            "30",
            parsing.whole(0, 36_500),
            "days after which an export is removed from its container; 0: never",
        ),
    ]
    most_a_day: Annotated[
        int,
        Setting(
            "RETENTION_MOST_A_DAY",
            "1000",
            parsing.whole(0, 1_000_000),
            "the most recordings that are deleted on a day because their days are over; 0: none",
        ),
    ]
