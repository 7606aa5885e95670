"""The S3 layout: two documents never share a key, and what is deleted is all of one document and nothing else."""

import hashlib
from pathlib import Path

import pytest

from composition.parts import Parts
from data_ingestion.document_file import DocumentFile
from data_ingestion.document_metadata import DocumentMetadata
from data_ingestion.page_file import PageFile, StoredBlock
from document_structure.section_tree import Section
from foundation.errors import FailureCode, PermanentError, TransientError
from pdf_reader.link_record import LinkRecord

KEY = "source-pdfs/a.pdf"


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
    folder = f"pdf-metadata/{artifacts.document_id(key)}"
    assert artifacts.metadata_key(key) == f"{folder}.json"
    assert artifacts.document_key(key, "000001-a") == f"{folder}/000001-a/document.json"
    assert artifacts.markdown_key(key, "000001-a") == f"{folder}/000001-a/document.md"
    assert artifacts.page_key(key, "000001-a", 7) == f"{folder}/000001-a/pages/7.json"


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
        parts.artifacts.put_metadata(key, DocumentMetadata(filename=name))
    assert len(keys(parts)) == 6
    parts.artifacts.delete_derived(f"source-pdfs/{one}")
    assert parts.artifacts.get_metadata(f"source-pdfs/{one}") is None
    assert parts.artifacts.get_metadata(f"source-pdfs/{other}") == DocumentMetadata(filename=other)
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


def test_what_is_kept_is_not_listed_key_by_key(parts: Parts, tmp_path: Path) -> None:
    """A long document's thousands of keys would be read one by one only to leave them where they are."""
    image = tmp_path / "1.jpg"
    image.write_bytes(b"jpeg")
    for s3_key, sha in (("source-pdfs/a.pdf", "aa" * 32), ("source-pdfs/a.pdf", "bb" * 32)):
        parts.artifacts.put_image(image, parts.artifacts.image_key(s3_key, sha, 1, "jpg"))
    # Another document, in a folder that has the first one's name, and itself named like a version.
    parts.artifacts.put_image(image, parts.artifacts.image_key("source-pdfs/a/cccccccccccc.pdf", "dd" * 32, 1, "jpg"))
    for generation in ("g1", "g2"):
        parts.artifacts.put_page("source-pdfs/a.pdf", generation, PageFile(1, ()))
    listed: list[str] = []
    parts.aws.s3.meta.events.register(
        "after-call.s3.ListObjectsV2",
        lambda parsed, **_: listed.extend(item["Key"] for item in parsed.get("Contents", ())),
        unique_id="listed",
    )
    try:
        assert parts.artifacts.prune_images("source-pdfs/a.pdf", "bb" * 32) == 1
        assert parts.artifacts.prune_files("source-pdfs/a.pdf", "g2") == 1
    finally:
        parts.aws.s3.meta.events.unregister("after-call.s3.ListObjectsV2", unique_id="listed")
    assert not [key for key in listed if "bbbbbbbbbbbb" in key or "/g2/" in key]
    assert [key.split("/")[-2] for key in keys(parts, "pdf_page_images/")] == ["bbbbbbbbbbbb", "dddddddddddd"]
    assert [key.split("/")[-3] for key in keys(parts, "pdf-metadata/")] == ["g2"]


def test_other_documents_in_a_folder_of_the_same_name_are_listed_together(parts: Parts, tmp_path: Path) -> None:
    image = tmp_path / "1.jpg"
    image.write_bytes(b"jpeg")
    names = ["a", *(f"a/{number:012}" for number in range(20))]
    for name in names:
        for sha in ("aa" * 32, "bb" * 32):
            parts.artifacts.put_image(image, parts.artifacts.image_key(f"source-pdfs/{name}.pdf", sha, 1, "jpg"))
    calls: list[str] = []
    parts.aws.s3.meta.events.register(
        "after-call.s3.ListObjectsV2", lambda **_: calls.append("list"), unique_id="listed"
    )
    try:
        assert parts.artifacts.prune_images("source-pdfs/a.pdf", "bb" * 32) == 1
    finally:
        parts.aws.s3.meta.events.unregister("after-call.s3.ListObjectsV2", unique_id="listed")
    assert len(calls) == 2
    left = keys(parts, "pdf_page_images/")
    assert len(left) == 2 * len(names) - 1
    assert f"pdf_page_images/a/{'aa' * 6}/1.jpg" not in left


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


def test_a_page_file_is_read_as_it_was_written(parts: Parts) -> None:
    """A broken font's half of a surrogate pair has no place in a file, and costs no document."""
    parts.artifacts.put_page(KEY, "g1", PageFile(7, (StoredBlock("paragraph", "Gr\ud800üße"),)))
    assert parts.artifacts.get_page(KEY, "g1", 7) == PageFile(7, (StoredBlock("paragraph", "Gr?üße"),))
    assert parts.artifacts.get_page(KEY, "g1", 8) is None


def test_half_a_surrogate_pair_in_an_outline_or_a_link_costs_no_document(parts: Parts) -> None:
    section = Section(1, "Gr\ud800ube", 1, 0)
    parts.artifacts.put_document(KEY, "g1", DocumentFile(outline=(section,)))
    parts.artifacts.put_metadata(KEY, DocumentMetadata(toc=(section,)))
    parts.artifacts.put_links(KEY, [LinkRecord("Gr\ud800ube", 1)])
    read = Section(1, "Gr?ube", 1, 0)
    assert parts.artifacts.get_document(KEY, "g1") == DocumentFile(outline=(read,))
    assert parts.artifacts.get_metadata(KEY) == DocumentMetadata(toc=(read,))
    assert [link.link_text for link in parts.artifacts.get_links(KEY)] == ["Gr?ube"]
