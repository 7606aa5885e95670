"""The version of what is stored of a document, and what each version brought.

A new version of the code serves what older ones stored. Nothing is done again because of this number alone: somebody
asks for it with `upgrade`.
"""

from ledger.records import DocumentRecord

#: What this code stores. Version 1 is what 0.1.0 stored, without naming it.
DATA_VERSION = 2
#: What a document lacks that an older version stored, by the version that brought it; for a person.
BROUGHT = {2: "no highlighted places and no blocks"}


def data_version(document: DocumentRecord) -> int | None:
    """The oldest version among the stores that serve the document; None when none does."""
    return min((served.data_version for served in document.served.values()), default=None)


def is_outdated(document: DocumentRecord) -> bool:
    """Some store serves what an older version stored."""
    version = data_version(document)
    return version is not None and version < DATA_VERSION


def missing(document: DocumentRecord) -> list[str]:
    """What the document lacks because an older version stored it, one sentence each."""
    version = data_version(document)
    if version is None:
        return []
    return [f"{what} yet: run `upgrade`" for brought_by, what in BROUGHT.items() if version < brought_by]
