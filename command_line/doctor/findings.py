"""What a check finds, and what the findings together say."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from command_line.output import EXIT_FAILED, EXIT_UNREACHABLE, EXIT_USAGE
from foundation.errors import IngestionError, SettingsError, SetupError, TransientError


class Verdict(StrEnum):
    """`warning` works, but probably isn't meant; `skipped` could not be checked, or isn't needed here."""

    OK = "ok"
    WARNING = "warning"
    BAD_SETTING = "bad_setting"
    UNREACHABLE = "unreachable"
    WRONG = "wrong"
    SKIPPED = "skipped"


#: What `doctor` ends with when the worst finding is this one, the worst first.
_EXIT_CODES = {
    Verdict.BAD_SETTING: EXIT_USAGE,
    Verdict.UNREACHABLE: EXIT_UNREACHABLE,
    Verdict.WRONG: EXIT_FAILED,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """`subject` is what was looked at, `message` what is so. `value` is never a secret; `next_step` is for a person."""

    subject: str
    verdict: Verdict
    message: str
    setting: str | None = None
    value: str | None = None
    address: str | None = None
    next_step: str | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Check:
    """Something to ask. When the asking itself fails, the finding names the setting, its value and the address."""

    subject: str
    ask: Callable[[], Iterable[Finding]]
    setting: str | None = None
    value: str | None = None
    address: str | None = None
    next_step: str | None = None

    def run(self) -> list[Finding]:
        """Its findings, and one more if it could not be finished."""
        found: list[Finding] = []
        try:
            found.extend(self.ask())
        except SettingsError as error:
            found.append(self._failed(Verdict.BAD_SETTING, str(error)))
        except SetupError as error:
            found.append(self._failed(Verdict.WRONG, str(error)))
        except TransientError as error:
            found.append(self._failed(Verdict.UNREACHABLE, str(error)))
        except IngestionError as error:
            found.append(self._failed(Verdict.WRONG, str(error)))
        except Exception as error:  # noqa: BLE001 (one check that has a bug must not hide what the others say)
            found.append(self._failed(Verdict.WRONG, f"{type(error).__name__}: {error}"))
        return found

    def _failed(self, verdict: Verdict, message: str) -> Finding:
        return Finding(self.subject, verdict, message, self.setting, self.value, self.address, self.next_step)


def exit_code(findings: Iterable[Finding]) -> int:
    """0 unless something has to be mended: 2 a setting, 3 a service that can't be reached, 1 anything else. Pure."""
    verdicts = {finding.verdict for finding in findings}
    return next((code for verdict, code in _EXIT_CODES.items() if verdict in verdicts), 0)
