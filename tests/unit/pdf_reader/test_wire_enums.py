"""What children say is understood whichever Python they run on."""

import enum

import pytest

from foundation.errors import FailureCode
from pdf_reader import document, wire


def test_members_of_enums_arrive_although_python_3_11_2_would_look_them_up_by_getattr(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def reduce_as_python_3_11_2(self: enum.Enum, protocol: object) -> tuple[object, ...]:
        return getattr, (type(self), self.name)

    monkeypatch.setattr(enum.Enum, "__reduce_ex__", reduce_as_python_3_11_2)
    for cls in (document.PageOutcome, FailureCode):
        monkeypatch.setattr(cls, "__reduce_ex__", reduce_as_python_3_11_2)
    refusal = wire.Refusal(FailureCode.ENCRYPTED, "locked")
    assert wire.unpack_from_child(wire.pack(refusal)) == refusal
