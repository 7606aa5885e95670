"""Which documents an upgrade would do, in which order, and for what."""

from data_ingestion.enrichment.estimate import Estimator
from data_ingestion.plan import decide
from data_ingestion.upgrade import plan_upgrade
from foundation.app_config import ModelPrice, parse_app_config
from ledger.data_version import DATA_VERSION, missing
from ledger.records import DocumentRecord, DocumentState, ServedStore

SHAPES = frozenset({"s1"})
PRICES = {"gpt-x": ModelPrice(input=1.0, output=4.0)}
ESTIMATOR = Estimator(
    config=parse_app_config(None).model_copy(update={"prices": PRICES}),
    scope="document",
    llm_model="gpt-x",
    embedding_model=None,
)


def document(name: str, version: int | None, state: DocumentState = DocumentState.SUCCEEDED) -> DocumentRecord:
    served = ServedStore(sha256="aa", shape="s1", generation="1", **({"data_version": version} if version else {}))
    return DocumentRecord(
        document_id=name, s3_key=f"source-pdfs/{name}.pdf", state=state, etag="e1", content_sha256="aa",
        served={"pages": served}, pages_total=10, seconds=360.0, processed_at=f"2026-01-0{ord(name[0]) - 96}T00:00:00Z",
    )  # fmt: skip


def test_what_older_versions_stored_is_planned_newest_first() -> None:
    documents = [document("a", 1), document("b", None), document("c", DATA_VERSION), document("d", 1)]
    plan = plan_upgrade(documents, ESTIMATOR)
    assert plan.by_version == {1: 3, DATA_VERSION: 1}
    assert [found.document_id for found in plan.outdated] == ["d", "b", "a"]
    assert (plan.total.documents, plan.total.pages, round(plan.worker_hours, 2)) == (3, 30, 0.3)
    assert plan.total.cost_usd > 0


def test_documents_that_are_gone_or_at_work_are_left_out() -> None:
    gone = [document("a", 1, DocumentState.DELETED), document("b", 1, DocumentState.PROCESSING)]
    assert plan_upgrade(gone, ESTIMATOR).outdated == ()


def test_a_sum_takes_the_newest_documents_that_fit_into_it() -> None:
    plan = plan_upgrade([document("a", 1), document("b", 1), document("c", 1)], ESTIMATOR)
    one = plan.estimates[0].cost_usd
    assert [found.document_id for found in plan.within(one * 2.5)] == ["c", "b"]
    assert plan.within(one / 2) == ()
    assert len(plan.within(one * 3.01)) == 3


def test_an_older_version_is_work_only_for_whom_an_upgrade_was_asked() -> None:
    for behavior, stores in (("use", ()), ("upgrade", ("pages",)), ("rebuild", ("pages",))):
        plan = decide(document("a", 1), stores=("pages",), shapes=SHAPES, cache_behavior=behavior, etag="e1")  # type: ignore[arg-type]
        assert plan.stores == stores
    current = decide(document("a", DATA_VERSION), stores=("pages",), shapes=SHAPES, cache_behavior="upgrade", etag="e1")
    assert current.stores == ()


def test_what_an_older_version_lacks_is_said() -> None:
    assert missing(document("a", 1)) == ["no highlighted places and no blocks yet: run `upgrade`"]
    assert missing(document("a", DATA_VERSION)) == []
