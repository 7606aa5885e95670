"""How a worker runs: confined, with its keys and settings, and times that agree with the queue."""

import re
from collections.abc import Iterator, Mapping

from config import Settings
from foundation.errors import SettingsError
from tests.unit.infra.template_checks.reading import Template, policy, read, resolver, worker_settings
from work_queue.liveness import MAX_SILENCE_SECONDS

#: What the worker itself takes beside its extraction processes.
WORKER_MEGABYTES = 512
SERVER = "https://models.internal/v1"


def tasks_are_confined(template: Template) -> Iterator[str]:
    task = resolver(template).properties("TaskDefinition")
    [container] = task["ContainerDefinitions"]
    if not container["ReadonlyRootFilesystem"]:
        yield "the root can be written"
    if container["User"].split(":")[0] in ("", "0", "root"):
        yield "the worker is root"
    if container.get("Privileged") or container["LinuxParameters"]["Capabilities"] != {"Drop": ["ALL"]}:
        yield "the worker has capabilities"
    if not container["LinuxParameters"]["InitProcessEnabled"]:
        yield "nobody reaps orphans"
    if [mount["ContainerPath"] for mount in container["MountPoints"]] != ["/tmp"]:
        yield "there is no place for temporary files, or too many"
    if container["LogConfiguration"]["LogDriver"] != "awslogs":
        yield "logs are lost"
    if container["HealthCheck"]["Command"] != ["CMD", "python", "fargate_worker.py", "--healthcheck"]:
        yield "a hung worker isn't noticed"
    if not template["Resources"]["LogGroup"]["Properties"].get("RetentionInDays"):
        yield "logs stay for ever"


def secrets_come_from_the_secret(template: Template) -> Iterator[str]:
    own = {"LlmBaseUrl": SERVER, "EmbeddingBaseUrl": SERVER}
    always = ["OPENAI_API_KEY", "QDRANT_API_KEY"]
    cases: list[tuple[dict[str, str], str, list[str]]] = [
        ({}, "<Secret>", always),
        ({"SecretArn": "arn:given"}, "arn:given", always),
        ({"SecretArn": "arn:given", **own}, "arn:given", [*always, "LLM_API_KEY", "EMBEDDING_API_KEY"]),
    ]
    for parameters, arn, names in cases:
        here = resolver(template, **parameters)
        [container] = here.properties("TaskDefinition")["ContainerDefinitions"]
        given = {secret["Name"]: secret["ValueFrom"] for secret in container["Secrets"]}
        if given != {name: f"{arn}:{name}::" for name in names}:
            yield f"with {parameters} secrets are {given}"
        if here.resolve(template["Outputs"]["SecretNames"]["Value"]) != ",".join(names):
            yield f"with {parameters} make deploy looks for other names than tasks want"
        named = {variable["Name"] for variable in container["Environment"]}
        yield from (
            f"{name} is in plain sight" for name in sorted(named) if re.search("KEY|SECRET|PASSWORD|TOKEN$", name)
        )


def keys_are_asked_for_where_the_worker_needs_them(template: Template) -> Iterator[str]:
    """`make deploy` goes by this output: workers without a key would end at once, and the deployment be rolled back."""
    for embedding in ("openai", "static", "lexical"):
        for enrichment in ("llm", "extractive"):
            for server in ({}, *({name: SERVER} for name in ("OpenAiBaseUrl", "LlmBaseUrl", "EmbeddingBaseUrl"))):
                choice = {"EmbeddingProvider": embedding, "Enrichment": enrichment, **server}
                asked = resolver(template, **choice).condition(template["Outputs"]["NeedsOpenAiKey"]["Condition"])
                if asked == _runs_without_keys(template, choice):
                    yield f"with {choice} the key is {'asked for' if asked else 'not asked for'}"


def limits_of_the_model_reach_the_worker(template: Template) -> Iterator[str]:
    unlimited = worker_settings(template)
    if (unlimited.llm_tpm_limit, unlimited.llm_rpm_limit) != (None, None):
        yield "there is a limit that nobody set"
    limited = worker_settings(template, LlmTokensPerMinute=200_000, LlmRequestsPerMinute=500)
    if (limited.llm_tpm_limit, limited.llm_rpm_limit) != (200_000, 500):
        yield "the model's limits don't reach the worker"


def choices_of_the_model_reach_the_worker(template: Template) -> Iterator[str]:
    usual = worker_settings(template)
    chosen = worker_settings(
        template, LlmBaseUrl=SERVER, EmbeddingBaseUrl=SERVER, LlmReasoningEffort="low", MaxCostPerDocumentUsd="0.5"
    )
    for name, value in (
        ("llm_base_url", SERVER), ("embedding_base_url", SERVER), ("llm_reasoning_effort", "low"),
        ("max_cost_per_document_usd", 0.5),
    ):  # fmt: skip
        if (getattr(usual, name), getattr(chosen, name)) != (None, value):
            yield f"{name.upper()} is {getattr(usual, name)}, and {getattr(chosen, name)} for {value}"


def times_agree(template: Template) -> Iterator[str]:
    """Visibility, receive count, stop, grace and health check, between queue, task and worker."""
    here = resolver(template)
    queue, dead_letters = here.properties("Queue"), here.properties("DeadLetterQueue")
    settings, container = worker_settings(template), here.properties("TaskDefinition")["ContainerDefinitions"][0]
    if settings.visibility_timeout_seconds != queue["VisibilityTimeout"]:
        yield "the worker's heartbeat doesn't fit the queue's visibility time-out"
    if settings.wait_time_seconds != queue["ReceiveMessageWaitTimeSeconds"]:
        yield "worker and queue poll differently"
    if queue["RedrivePolicy"]["deadLetterTargetArn"] != "<DeadLetterQueue.Arn>":
        yield "what can't be worked on isn't kept"
    if queue["RedrivePolicy"]["maxReceiveCount"] < 2 * 3:
        yield "SQS gives up before the worker has tried three times, each of which may be received twice"
    if dead_letters["MessageRetentionPeriod"] < queue["MessageRetentionPeriod"]:
        yield "a dead letter is gone before its time: its age counts from when it was sent first"
    if container["StopTimeout"] > 120:
        yield "Fargate gives no more than 120 s"
    if settings.shutdown_grace_seconds + 10 > container["StopTimeout"]:
        yield "no time is left for handing back what is unfinished"
    if container["StopTimeout"] > queue["VisibilityTimeout"]:
        yield "a stopping worker outlives its leases"
    if settings.wait_time_seconds * 2 > MAX_SILENCE_SECONDS:
        yield "a healthy long poll looks like a hang"
    sleep = policy(read(template), "SleepPolicy")
    if sleep.evaluation_periods * 60 < 2 * settings.wait_time_seconds + 120:
        yield "a queue looks empty before its metrics have caught up"


def memory_suffices(template: Template) -> Iterator[str]:
    settings, task = worker_settings(template), resolver(template).properties("TaskDefinition")
    extraction = settings.extraction_memory_megabytes * settings.extraction_processes
    worker = settings.worker_max_memory_megabytes or WORKER_MEGABYTES
    if worker + extraction > task["Memory"]:
        yield f"{worker} MB of worker and {extraction} MB of extraction processes don't fit into {task['Memory']} MiB"


def the_worker_accepts_its_settings(template: Template) -> Iterator[str]:
    [container] = resolver(template).properties("TaskDefinition")["ContainerDefinitions"]
    known = {name.upper() for name in Settings.model_fields}
    named = [variable["Name"] for variable in [*container["Environment"], *container["Secrets"]]]
    yield from (f"no setting is called {name}" for name in named if name not in known)
    try:
        worker_settings(template)
    except SettingsError as error:
        yield str(error)


def _runs_without_keys(template: Template, parameters: Mapping[str, str]) -> bool:
    try:
        worker_settings(template, key="", **parameters)
    except SettingsError:
        return False
    return True
