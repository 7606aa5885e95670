"""What 0.1.0 did not store: keys of the API, events that wait, files of documents, ratings of answers."""

from composition.parts import Parts
from data_ingestion.erasure import FEEDBACK_PREFIX
from ledger.events import Events
from tests.integration.release_data.recorded import HANDBOOK, PREFIX, QUESTION, only, writes
from tests.support.machine import Machine
from tests.support.panel import Visitor
from tests.support.release_data import DataSet

OFFLINE, MODEL = ("v0.2.0", "offline"), ("v0.2.0", "model")


@only(OFFLINE)
def test_its_keys_are_accepted_with_their_folder(browser: Visitor, data: DataSet) -> None:
    client = browser.client.application.test_client()
    headers = {"Authorization": f"Bearer {data.api_token}"}

    key = client.get("/api/v1/key", headers=headers).get_json()
    found = client.post("/api/v1/search", json={"query": QUESTION}, headers=headers).get_json()

    assert (key["scopes"], key["prefix"]) == (["read"], "source-pdfs/tables/")
    assert found["results"]
    assert {one["s3_key"].split("/")[1] for one in found["results"]} == {"tables"}


@only(OFFLINE)
def test_its_events_still_wait(parts: Parts) -> None:
    [event] = Events(parts.table).pending()

    assert (event.s3_key, event.type) == (PREFIX + "announced.pdf", "document.searchable")


@only(OFFLINE)
def test_its_passages_are_marked_on_their_page(browser: Visitor, parts: Parts) -> None:
    document_id = parts.artifacts.document_id(PREFIX + HANDBOOK)
    [best, *_] = browser.get("/api/search", q=QUESTION).json["results"]

    page = browser.get(f"/documents/{document_id}/pages/5", q=QUESTION, passage=best["id"]).text

    assert "data-passage-box=" in page
    assert '<mark class="strong">The floodgate takes eleven minutes to close.' in page


@writes
@only(MODEL)
def test_its_ratings_go_with_the_document(machine: Machine, parts: Parts) -> None:
    def ratings() -> list[str]:
        listed = parts.aws.s3.list_objects_v2(Bucket=parts.artifacts.bucket, Prefix=FEEDBACK_PREFIX)
        return [one["Key"] for one in listed.get("Contents", ())]

    assert len(ratings()) == 1

    machine.manage("erase", HANDBOOK, "--yes")

    assert ratings() == []


@only(OFFLINE, MODEL)
def test_nothing_of_it_is_old(machine: Machine, data: DataSet) -> None:
    assert machine.manage("upgrade")["outdated"] == 0
