"""dramatiq with dramatiq_sqs doing what `queue_worker.py` does, for comparison. Runs in an environment that has both:

    python benchmarks/queue_peer.py work JOURNAL | send SECONDS COUNT

PEER_VISIBILITY_SECONDS sets its visibility time-out; without it dramatiq_sqs's own default applies.
"""

import json
import os
import signal
import sys
import threading
import time

import dramatiq
from dramatiq_sqs import SQSBroker

visibility = os.environ.get("PEER_VISIBILITY_SECONDS")
broker = SQSBroker(
    namespace=os.environ["PEER_NAMESPACE"],
    endpoint_url=os.environ["AWS_ENDPOINT_URL"],
    region_name="us-east-1",
    aws_access_key_id="test",
    aws_secret_access_key="test",
    **({"visibility_timeout": int(visibility)} if visibility else {}),
)
dramatiq.set_broker(broker)


def note(what: str, key: str = "") -> None:
    line = {"what": what, "key": key, "at": time.monotonic(), "cpu_seconds": time.process_time()}
    with open(os.environ["JOURNAL"], "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


@dramatiq.actor(max_retries=3, time_limit=3_600_000)
def work(seconds: float, name: str) -> None:
    note("started", name)
    time.sleep(seconds)
    note("ended", name)


def main() -> None:
    if sys.argv[1] == "send":
        for number in range(int(sys.argv[3])):
            work.send(float(sys.argv[2]), f"{number}/sleep-{sys.argv[2]}")
        return
    os.environ["JOURNAL"] = sys.argv[2]
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    worker = dramatiq.Worker(broker, worker_threads=int(os.environ.get("WORKER_CONCURRENCY", "1")))
    worker.start()
    note("polling")
    stop.wait()
    worker.stop(timeout=110_000)
    note("stopped")


if __name__ == "__main__":
    main()
