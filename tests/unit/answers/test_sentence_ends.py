"""Which full stops end a sentence: the rule that answers and passages share."""

import pytest

from answers.sentence_ends import stops


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("It is 3.5 m. It is 1,577.", ["m.", "1,577."]),
        ("In the U.S. Navy, e.g. on ships.", ["ships."]),
        ("Dr. Who left. J. Smith came.", ["left.", "came."]),
        ("Am 3. Mai kam er.", ["er."]),
        ("See No. 5 on p. 12. Then go!", ["12.", "go!"]),
        ("Until Sept. 30. Then not.", ["30.", "not."]),
        ("18 U.S.C. Section 1350 holds in N.Y. and D.C. The rest is not.", ["D.C.", "not."]),
        ("Wendell P. Weeks, L.L.C. (Kansas) and S. Lee.", ["Lee."]),
        ("By 18 U.S.C. § 1350 it is U.S. $7. It is.", ["$7.", "is."]),
        ("Contents . . . . 7", []),
        ("“Why?” she asked.", ["asked."]),
        ("Wait... and go. Oh...", ["go.", "Oh..."]),
        ("水門は閉まる。次。", ["水門は閉まる。", "次。"]),
        ("क्या? हाँ।", ["क्या?", "हाँ।"]),
        ("He said (as ever.) Yes.", ["ever.)", "Yes."]),
    ],
)
def test_a_stop_ends_a_sentence_unless_a_reader_reads_on(text: str, ends: list[str]) -> None:
    found = [stop for stop in stops(text, 0, len(text)) if stop.ends_sentence]
    assert [text[: stop.end].replace("。", "。 ").split()[-1] for stop in found] == ends


def test_only_the_asked_part_is_looked_at() -> None:
    """Its end ends a sentence, whatever stands behind it."""
    text = "One. Two. three."
    assert [(stop.start, stop.end, stop.ends_sentence) for stop in stops(text, 4, 9)] == [(8, 9, True)]
