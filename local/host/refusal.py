"""Why the host refuses an app at start."""


class AppRefusedError(Exception):
    """The app cannot run here: every reason, each with what to change."""

    def __init__(self, *reasons: str) -> None:
        super().__init__("\n".join(reasons))
        self.reasons = reasons
