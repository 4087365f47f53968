"""The error for settings that cannot be used."""

from collections.abc import Sequence

from components.errors import StackError


class SettingsError(StackError):
    """One or more settings of the stack cannot be used; the message lists every problem."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        count = "1 setting" if len(self.problems) == 1 else f"{len(self.problems)} settings"
        lines = "\n".join(f"  - {problem}" for problem in self.problems)
        super().__init__(f"{count} of this stack cannot be used; nothing was changed.\n{lines}")
