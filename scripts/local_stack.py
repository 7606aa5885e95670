"""AWS on one machine: S3, SQS and DynamoDB by moto_server, made as `infra/template.yaml` says, and Qdrant.

`up` starts everything and stays; `provision` makes bucket, queues and table on an endpoint that is already there. Both
write an env file for `ENV_FILE=… python fargate_worker.py` and the other commands. `qdrant` is the development server
alone.
"""

from pathlib import Path
from typing import Annotated

import typer

from command_line.output import EXIT_FAILED, EXIT_UNREACHABLE, EXIT_USAGE, fail, one_line_errors, out
from command_line.program import run
from development_stack import qdrant
from development_stack.programs import PortTakenError, end_signal, refuse_taken_port
from development_stack.qdrant import QdrantStartError
from development_stack.stack import DEFAULT_STACK_NAME, local_stack, provision_settings, write_env_file

DEFAULT_ENV_FILE = Path(".local/stack.env")
DEFAULT_QDRANT_URL = "http://127.0.0.1:6333"

app = typer.Typer(no_args_is_help=True, help=__doc__, pretty_exceptions_enable=False)

EnvFileOption = Annotated[Path, typer.Option("--env-file", help="Where to write the settings.")]
StackNameOption = Annotated[str, typer.Option("--stack-name", help="Begins the names of queues, table and bucket.")]
BucketNameOption = Annotated[str | None, typer.Option("--bucket-name", help="Instead of the template's own name.")]


@app.command("provision")
def provision_command(
    endpoint_url: Annotated[str, typer.Option("--endpoint-url", help="An AWS-compatible endpoint.")],
    env_file: EnvFileOption = DEFAULT_ENV_FILE,
    stack_name: StackNameOption = DEFAULT_STACK_NAME,
    bucket_name: BucketNameOption = None,
    qdrant_url: Annotated[
        str, typer.Option("--qdrant-url", envvar="QDRANT_URL", help="Where Qdrant is or will be.")
    ] = DEFAULT_QDRANT_URL,
) -> None:
    """Make bucket, notification, queues and table on an endpoint, and write the settings. Twice is as good as once."""
    with one_line_errors():
        env = provision_settings(endpoint_url, qdrant_url=qdrant_url, stack_name=stack_name, bucket_name=bucket_name)
    write_env_file(env_file, env)
    out.print(f"settings are in {env_file}", soft_wrap=True)
    out.print(f"Qdrant is expected at {qdrant_url}; `python scripts/local_stack.py qdrant` starts one", soft_wrap=True)


@app.command()
def up(
    env_file: EnvFileOption = DEFAULT_ENV_FILE,
    port: Annotated[int, typer.Option(help="Of the endpoint; 0 takes a free one.")] = 0,
) -> None:
    """Start the stack, write the settings, and stay until Ctrl-C. What is in it goes with it."""
    try:
        with one_line_errors(), end_signal() as ended, local_stack(env_file.parent, port=port) as stack:
            write_env_file(env_file, stack.env)
            out.print(
                f"S3, SQS and DynamoDB answer at {stack.endpoint_url}; settings are in {env_file}", soft_wrap=True
            )
            out.print(f"in another terminal:\n  export ENV_FILE={env_file}", soft_wrap=True)
            out.print("  python scripts/manage_vector_stores.py upload FILE.pdf\n  python fargate_worker.py")
            out.print("Ctrl-C ends it")
            ended.wait()
    except PortTakenError as error:
        fail(str(error), EXIT_USAGE)
    except (RuntimeError, QdrantStartError) as error:
        fail(str(error), EXIT_UNREACHABLE)


@app.command("qdrant")
def qdrant_command(
    path: Annotated[
        Path, typer.Option("--path", envvar="QDRANT_LOCAL_PATH", help="The folder that keeps the points.")
    ] = Path(".local/qdrant"),
    port: Annotated[int, typer.Option("--port", help="0 takes a free one.")] = 6333,
) -> None:
    """Start the development server of Qdrant alone, and stay until Ctrl-C."""
    with end_signal() as ended:
        try:
            refuse_taken_port(port)
            running = qdrant.start(path, port)
        except PortTakenError as error:
            fail(str(error), EXIT_USAGE)
        except QdrantStartError as error:
            fail(str(error), EXIT_UNREACHABLE)
        out.print(f"Qdrant answers at {running.url}", soft_wrap=True)
        while not ended.wait(1.0):
            if running.process is not None and running.process.poll() is not None:
                fail("the server has ended", EXIT_FAILED)
        running.close()


if __name__ == "__main__":
    run(app)
