"""What a table of contents is called."""

import re

_CONTENTS_TITLE = re.compile(
    r"(table of )?contents?|\w+ contents|index|inhalt(sverzeichnis|sübersicht)?|sommaire|table des matières"
    r"|índice( general)?|(tabla de )?contenidos?|sumario|目\s*[录錄次]",
    re.IGNORECASE,
)


def is_contents_title(line: str) -> bool:
    """Whether a line is the title of a table of contents or of an index, and nothing else."""
    return _CONTENTS_TITLE.fullmatch(line.strip()) is not None
