"""Upload a PDF to leafmill, wait until it is searchable, search it and ask a question of it.

LEAFMILL_URL=https://panel.example.org LEAFMILL_KEY=lm_… python api_example.py handbook.pdf "How long …?"
"""

import json
import os
import sys
import time
from pathlib import Path

import httpx

api = httpx.Client(
    base_url=f"{os.environ['LEAFMILL_URL']}/api/v1/",
    headers={"Authorization": f"Bearer {os.environ['LEAFMILL_KEY']}"},
    timeout=60,
)
path, question = Path(sys.argv[1]), sys.argv[2]


def told(answer: httpx.Response) -> dict:
    if answer.is_error:
        sys.exit(f"{answer.status_code}: {answer.json()['detail']}")
    return answer.json()


body = {"filename": path.name, "size_bytes": path.stat().st_size, "replace": True}
form = told(api.post("uploads", json=body, headers={"Idempotency-Key": os.urandom(16).hex()}))
httpx.post(form["url"], data=form["fields"], files={"file": path.open("rb")}, timeout=300).raise_for_status()
while not (state := told(api.get("uploads", params={"s3_key": form["s3_key"]})))["is_final"]:
    print(f"{state['state']}: {state['pages_done']} of {state['pages_total']} pages")
    time.sleep(2)
print(f"{state['s3_key']} is {state['state']}")

for result in told(api.post("search", json={"query": question, "limit": 3}))["results"]:
    print(f"p. {result['page_label']}: {result['snippets'][0]['text']}\n  {result['url']}")

with api.stream("POST", "ask", json={"question": question}, headers={"Accept": "text/event-stream"}) as answer:
    events = iter(answer.iter_lines())
    for line in events:
        if line.startswith("event: "):
            name, data = line.removeprefix("event: "), json.loads(next(events).removeprefix("data: "))
            if name == "text":
                print(data["delta"], end="", flush=True)
            elif name == "done":
                print(data["message"], *(f"\n[{source['number']}] {source['url']}" for source in data["sources"]))
            elif name == "problem":
                sys.exit(data["detail"])
