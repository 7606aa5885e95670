"""The real worker with its AWS calls counted: `python -m benchmarks.metered_worker COUNTS.json`.

On SIGUSR1 it writes what it has counted since its start to the file, at once and as a whole: operations as
`aws_meter` counts them, those of the queue included.
"""

import json
import os
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.aws_meter import AwsMeter
from composition import aws


def main() -> int:
    counts = Path(sys.argv[1])
    meter = AwsMeter()
    make_clients = aws.make_clients

    def make_metered(*arguments: Any) -> Any:
        clients = make_clients(*arguments)
        meter.attach(clients)
        return clients

    def write(*_: object) -> None:
        kept = {name: asdict(operation) for name, operation in sorted(meter.operations.copy().items())}
        new = counts.with_suffix(".new")
        new.write_text(json.dumps(kept), encoding="utf-8")
        os.replace(new, counts)

    aws.make_clients = make_metered  # before composition.parts takes it
    signal.signal(signal.SIGUSR1, write)

    import fargate_worker

    return fargate_worker.main([])


if __name__ == "__main__":
    sys.exit(main())
