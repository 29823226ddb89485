"""What a type cannot say of a value on the wire: JSON Schema keywords, given with `Annotated`."""

from typing import Annotated


class Schema:
    """JSON Schema keywords of the annotated value; of an object they hold for the whole of it."""

    def __init__(self, **keywords: object) -> None:
        self.keywords = keywords


Moment = Annotated[str, Schema(format="date-time")]
"""A moment in UTC, as `format_time` writes it."""
Count = Annotated[int, Schema(minimum=0)]
"""A number from 0 up."""
