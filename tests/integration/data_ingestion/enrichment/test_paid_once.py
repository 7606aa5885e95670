"""No stored answer is asked for twice."""

from data_ingestion.artifacts import Artifacts
from tests.support.buckets import writer_to
from tests.support.chat_server import ChatServer
from tests.support.describer import BUCKET, CONFIG, Describer, cached_keys, page


class TestPaidOnce:
    def test_a_stored_answer_is_never_asked_for_again(self, worker: Describer, chat: ChatServer) -> None:
        pages = tuple(page(n, f"Page {n} says much about goblins and the caves they live in.") for n in range(1, 9))
        first = worker.describe(scope="page", pages=pages)
        contexts = worker.contexts
        again = worker.describe(scope="page", pages=pages)

        assert len(chat.asked) == 9
        assert again.description == first.description, "the provenance tells what the answers took, not this run"
        assert worker.contexts == contexts
        assert (again.usage.calls, again.usage.cached_calls, again.usage.cost_usd) == (0, 9, 0.0)

    def test_a_changed_page_is_asked_about_alone(self, worker: Describer, chat: ChatServer) -> None:
        pages = [page(n, f"Page {n} says much about goblins and the caves they live in.") for n in range(1, 9)]
        worker.describe(scope="page", pages=tuple(pages))
        pages[3] = page(4, "This page is about something else entirely: dragons, and how to please them.")

        again = worker.describe(scope="page", pages=tuple(pages))

        assert (again.usage.calls, again.usage.cached_calls) == (1, 8)

    def test_a_changed_prompt_redoes_its_own_questions_only(self, worker: Describer) -> None:
        pages = tuple(page(n, f"Page {n} says much about goblins and the caves they live in.") for n in range(1, 9))
        worker.describe(scope="page", pages=pages)
        config = CONFIG.model_copy(update={"metadata_prompt": "Describe this document."})

        again = worker.describe(scope="page", pages=pages, config=config)

        assert (again.usage.calls, again.usage.cached_calls) == (1, 8)

    def test_equal_questions_at_the_same_time_are_asked_once(self, worker: Describer, chat: ChatServer) -> None:
        chat.delay_seconds = 0.2
        pages = tuple(page(n, "The same text on every page, as on the pages of a printed form.") for n in range(1, 7))

        enrichment = worker.describe(scope="page", pages=pages)

        assert len(chat.asked) == 2
        assert len(worker.contexts) == 6
        assert (enrichment.usage.calls, enrichment.usage.cached_calls) == (2, 5)

    def test_the_keys_of_its_answers_let_a_document_be_forgotten(self, worker: Describer, chat: ChatServer) -> None:
        enrichment = worker.describe()
        assert cached_keys(worker.bucket) == list(enrichment.cache_keys)

        artifacts = Artifacts(worker.bucket, writer_to(worker.bucket, BUCKET), BUCKET, "")
        artifacts.delete_answers(list(enrichment.cache_keys))

        assert cached_keys(worker.bucket) == []
        worker.describe()
        assert len(chat.asked) == 2

    def test_an_unreadable_stored_answer_is_asked_for_anew(self, worker: Describer, chat: ChatServer) -> None:
        [key] = worker.describe().cache_keys
        worker.bucket.put_object(Bucket=BUCKET, Key=key, Body=b'{"answer": {"summary')

        assert worker.describe().description.summary == "All about goblins."
        assert len(chat.asked) == 2
