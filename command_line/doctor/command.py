"""The command: runs the checks and shows what they found."""

from collections.abc import Iterable, Iterator, Sequence

import typer
from rich.markup import escape

from command_line.doctor.aws_checks import AwsParts, aws_checks
from command_line.doctor.event_checks import event_checks
from command_line.doctor.findings import Check, Finding, Verdict, exit_code
from command_line.doctor.machine_checks import machine_checks
from command_line.doctor.setting_checks import read_settings
from command_line.doctor.store_checks import store_checks
from command_line.output import JsonFlag, counted, err, out, print_json
from composition.parts import Parts
from foundation.app_config_file import AppConfigFile
from foundation.errors import SettingsError, TransientError

DEFAULT_OCR_LANGUAGES = "eng"
_MARKS = {
    Verdict.OK: "[green]ok[/green]      ",
    Verdict.WARNING: "[yellow]warning[/yellow] ",
    Verdict.SKIPPED: "[dim]skipped[/dim] ",
    Verdict.BAD_SETTING: "[red]setting[/red] ",
    Verdict.UNREACHABLE: "[red]away[/red]    ",
    Verdict.WRONG: "[red]wrong[/red]   ",
}


def doctor(as_json: JsonFlag = False) -> None:
    """Check every setting and service.

    Says what is wrong, with the setting's name and value, the address and the next step. Changes nothing; a server may
    charge for one embedding. Exit codes: 0 nothing to repair, 2 a setting is wrong, 3 a service can't be reached, 1
    something else is wrong.
    """
    findings: list[Finding] = []
    for finding in examine():
        findings.append(finding)
        if not as_json:
            show(finding)
    code = exit_code(findings)
    if as_json:
        print_json({"ok": code == 0, "findings": [finding.as_json() for finding in findings]})
    else:
        err.print(_sum_up(findings), soft_wrap=True)
    raise typer.Exit(code)


def examine() -> Iterator[Finding]:
    """Everything there is to find, as it is found. Without usable settings only this machine is looked at."""
    settings, findings = read_settings()
    yield from findings
    if settings is None:
        yield Finding("services", Verdict.SKIPPED, "they are asked once the settings are right")
        yield from _run(machine_checks(DEFAULT_OCR_LANGUAGES))
        return
    parts = Parts(settings)
    try:
        is_away = False
        aws = AwsParts(
            settings,
            parts.aws,
            parts.artifacts,
            parts.queue,
            parts.dead_letter_queue,
            parts.table,
            parts.app_config_file.current,
        )
        for finding in _run(aws_checks(aws)):
            is_away = is_away or (finding.subject == "aws" and finding.verdict is Verdict.UNREACHABLE)
            yield finding
        if not is_away:
            yield from _run(event_checks(settings, parts.table))
        yield from _run(store_checks(settings, lambda: parts.embedder))
        yield from _run(machine_checks(DEFAULT_OCR_LANGUAGES if is_away else _ocr_languages(parts.app_config_file)))
    finally:
        parts.close()


def show(finding: Finding) -> None:
    """One line of what is so, and one of what to do."""
    line = f"{_MARKS[finding.verdict]} [bold]{escape(finding.subject)}[/bold]: {escape(finding.message)}"
    if finding.verdict not in (Verdict.OK, Verdict.SKIPPED) and (place := _place(finding)):
        line += f" [dim]({escape(place)})[/dim]"
    out.print(line, soft_wrap=True)
    if finding.next_step:
        out.print(f"          → {escape(finding.next_step)}", soft_wrap=True)


def _place(finding: Finding) -> str:
    """The setting with its value, and the address, unless the message says them already."""
    setting = f"{finding.setting}={finding.value}" if finding.setting and finding.value else finding.setting or ""
    if (finding.setting or "") in finding.message and (finding.value or "") in finding.message:
        setting = ""
    is_said = not finding.address or finding.address in f"{setting} {finding.message}"
    return setting if is_said else f"{setting} at {finding.address}".strip()


def _run(checks: Iterable[Check]) -> Iterator[Finding]:
    for check in checks:
        yield from check.run()


def _ocr_languages(file: AppConfigFile) -> str:
    try:
        return file.current().ocr_languages
    except (SettingsError, TransientError):
        return DEFAULT_OCR_LANGUAGES  # its own check has said so


def _sum_up(findings: Sequence[Finding]) -> str:
    bad = [finding for finding in findings if exit_code([finding])]
    remarks = sum(finding.verdict is Verdict.WARNING for finding in findings)
    if bad:
        subjects = ", ".join(dict.fromkeys(finding.subject for finding in bad))
        return f"to repair: {escape(subjects)}"
    return "nothing to repair" + (f"; {counted(remarks, 'warning')}" if remarks else "")
