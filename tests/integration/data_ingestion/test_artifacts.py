"""The S3 layout: two documents never share a key, and what is deleted is all of one document and nothing else."""

import hashlib
from pathlib import Path

import pytest

from composition.parts import Parts
from foundation.errors import FailureCode, PermanentError, TransientError


def put(parts: Parts, key: str, body: bytes = b"%PDF-") -> None:
    parts.aws.s3.put_object(Bucket=parts.settings.aws_s3_bucket_name, Key=key, Body=body)


def keys(parts: Parts, prefix: str = "") -> list[str]:
    answer = parts.aws.s3.list_objects_v2(Bucket=parts.settings.aws_s3_bucket_name, Prefix=prefix)
    return [item["Key"] for item in answer.get("Contents", [])]


def test_keys_of_the_layout(parts: Parts) -> None:
    artifacts = parts.artifacts
    key = "source-pdfs/core/phb.pdf"
    url = f"s3://{parts.settings.aws_s3_bucket_name}/{key}"
    assert artifacts.document_id(key) == hashlib.sha256(url.encode()).hexdigest()
    assert artifacts.image_key(key, "ab" * 32, 7, "jpg") == "pdf_page_images/core/phb/abababababab/7.jpg"
    assert artifacts.links_key(key) == "extracted_links/core/phb.pdf.links.json"
    assert artifacts.metadata_key(key) == f"pdf-metadata/{artifacts.document_id(key)}.json"


@pytest.mark.parametrize(
    ("one", "other"),
    [("one/x.pdf", "two/x.pdf"), ("猫.pdf", "犬.pdf"), ("a.pdf", "a/b.pdf"), ("x.pdf", "x.PDF/y.pdf")],
)
def test_documents_of_like_names_never_touch_each_other(parts: Parts, tmp_path: Path, one: str, other: str) -> None:
    image = tmp_path / "1.jpg"
    image.write_bytes(b"jpeg")
    for name in (one, other):
        key = f"source-pdfs/{name}"
        parts.artifacts.put_image(image, parts.artifacts.image_key(key, "ab" * 32, 1, "jpg"))
        parts.artifacts.put_links(key, [])
        parts.artifacts.put_metadata(key, {"title": name})
    assert len(keys(parts)) == 6
    parts.artifacts.delete_derived(f"source-pdfs/{one}")
    assert parts.artifacts.get_metadata(f"source-pdfs/{one}") is None
    assert parts.artifacts.get_metadata(f"source-pdfs/{other}") == {"title": other}
    assert len(list(parts.artifacts.image_keys(f"source-pdfs/{other}"))) == 1
    assert len(keys(parts)) == 3


def test_what_s3_would_not_delete_is_not_taken_for_deleted(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    """S3 answers 200 and lists what it refused."""
    refused = {"Errors": [{"Key": "extracted_links/a.pdf.links.json", "Code": "AccessDenied"}]}
    parts.artifacts.put_links("source-pdfs/a.pdf", [])
    monkeypatch.setattr(parts.aws.s3, "delete_objects", lambda **_: refused)
    with pytest.raises(TransientError, match=r"a\.pdf\.links\.json because of AccessDenied"):
        parts.artifacts.delete_derived("source-pdfs/a.pdf")


def test_what_is_not_there_is_not_deleted(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    """S3 would keep a delete marker that has the document's name, where the bucket has versions. moto keeps none."""
    for name in ("a", "b"):
        parts.artifacts.put_links(f"source-pdfs/{name}.pdf", [])
    put(parts, f"{parts.artifacts.links_key('source-pdfs/a.pdf')}x")  # begins so, and is another's
    assert parts.artifacts.delete_derived("source-pdfs/a.pdf") == 1
    monkeypatch.setattr(parts.aws.s3, "delete_objects", lambda **_: pytest.fail("asked S3 to delete nothing"))
    assert parts.artifacts.delete_derived("source-pdfs/a.pdf") == 0
    assert len(keys(parts)) == 2


def test_only_images_of_older_versions_are_pruned(parts: Parts, tmp_path: Path) -> None:
    image = tmp_path / "1.jpg"
    image.write_bytes(b"jpeg")
    for sha in ("aa" * 32, "bb" * 32):
        for page in (1, 2):
            parts.artifacts.put_image(image, parts.artifacts.image_key("source-pdfs/a.pdf", sha, page, "jpg"))
    assert parts.artifacts.prune_images("source-pdfs/a.pdf", "bb" * 32) == 2
    assert keys(parts, "pdf_page_images/") == [f"pdf_page_images/a/{'bb' * 6}/{page}.jpg" for page in (1, 2)]


def test_listing_takes_pdfs_only_whatever_their_case(parts: Parts) -> None:
    for name in ("a.pdf", "B.PDF", "notes.txt", "folder/", "deep/er/c d+é.pdf"):
        put(parts, f"source-pdfs/{name}")
    found = [source.key.removeprefix("source-pdfs/") for source in parts.artifacts.list_sources()]
    assert sorted(found) == ["B.PDF", "a.pdf", "deep/er/c d+é.pdf"]


def test_a_source_that_was_replaced_after_the_look_is_not_read_as_if_it_were_the_old_one(
    parts: Parts, tmp_path: Path
) -> None:
    put(parts, "source-pdfs/a.pdf", b"old")
    seen = parts.artifacts.find_source("source-pdfs/a.pdf")
    assert seen
    put(parts, "source-pdfs/a.pdf", b"new")
    with pytest.raises(TransientError, match="replaced meanwhile"):
        parts.artifacts.download_source(seen, tmp_path / "a.pdf")
    parts.artifacts.delete_source("source-pdfs/a.pdf")
    with pytest.raises(PermanentError) as caught:
        parts.artifacts.download_source(seen, tmp_path / "a.pdf")
    assert caught.value.code is FailureCode.SOURCE_MISSING


def test_a_download_is_hashed_on_the_way(parts: Parts, tmp_path: Path) -> None:
    put(parts, "source-pdfs/a.pdf", b"x" * 3_000_000)
    seen = parts.artifacts.find_source("source-pdfs/a.pdf")
    assert seen
    digest = parts.artifacts.download_source(seen, tmp_path / "a.pdf")
    assert digest == hashlib.sha256(b"x" * 3_000_000).hexdigest()
    assert (tmp_path / "a.pdf").stat().st_size == 3_000_000
