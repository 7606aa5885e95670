"""What can be counted in a text: its language, title, keywords, names and telling sentences."""

from collections import Counter
from itertools import pairwise

import pytest

from data_ingestion.enrichment.extractive_enricher import ExtractiveEnricher, sample
from data_ingestion.enrichment.keywords import best_sentences, keywords, names
from data_ingestion.enrichment.merge import found_in, merge
from data_ingestion.enrichment.ports import DocumentBrief
from data_ingestion.enrichment.schema import DocumentAnswer
from data_ingestion.enrichment.title import choose_title
from data_ingestion.lease import NoLease
from document_structure.section_texts import SectionText
from embeddings.language import detect_language
from embeddings.stop_words import STOP_WORDS
from pdf_reader.document import DocumentFacts

LANGUAGES = {
    "en": "All human beings are born free and equal in dignity and rights. They are endowed with reason.",
    "de": "Alle Menschen sind frei und gleich an Würde und Rechten geboren. Sie sind mit Vernunft begabt.",
    "fr": "Tous les êtres humains naissent libres et égaux en dignité et en droits. Ils sont doués de raison.",
    "es": "Todos los seres humanos nacen libres e iguales en dignidad y derechos y, dotados como están de razón.",
    "it": "Tutti gli esseri umani nascono liberi ed eguali in dignità e diritti. Essi sono dotati di ragione.",
    "pt": "Todos os seres humanos nascem livres e iguais em dignidade e em direitos. Dotados de razão.",
    "nl": "Alle mensen worden vrij en gelijk in waardigheid en rechten geboren. Zij zijn begiftigd met verstand.",
    "pl": "Wszyscy ludzie rodzą się wolni i równi pod względem swej godności i swych praw. Są oni obdarzeni rozumem.",
    "ru": "Все люди рождаются свободными и равными в своем достоинстве и правах. Они наделены разумом.",
    "uk": "Всі люди народжуються вільними і рівними у своїй гідності та правах. Вони наділені розумом і совістю.",
    "el": "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια και τα δικαιώματα.",
    "ar": "يولد جميع الناس أحرارًا متساوين في الكرامة والحقوق. وقد وهبوا عقلاً وضميرًا.",
    "fa": "تمام افراد بشر آزاد به دنیا می‌آیند و از لحاظ حیثیت و حقوق با هم برابرند. همه چیز پاک.",
    "he": "כל בני האדם נולדו בני חורין ושווים בערכם ובזכויותיהם.",
    "zh": "人人生而自由,在尊严和权利上一律平等。他们赋有理性和良心。",
    "ja": "すべての人間は、生まれながらにして自由であり、尊厳と権利とについて平等である。",
    "ko": "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다.",
    "und": "1040 12/2025 §§ 4.2",
}


@pytest.mark.parametrize(("code", "text"), LANGUAGES.items())
def test_a_language_is_told_by_script_and_common_words(code: str, text: str) -> None:
    assert detect_language(text) == code


def test_a_few_words_are_no_language() -> None:
    assert detect_language("Xyzzy plugh frotz") == "und"


FIRST_PAGE = "Annual report 2025\nThe Goblin Handbook\nA guide to caves\nby A. Grishnak"


@pytest.mark.parametrize(
    ("pdf_title", "model_title", "expected", "source"),
    [
        ("The Goblin Handbook", None, "The Goblin Handbook", "pdf"),
        ("Microsoft Word - draft7.doc", None, "Annual report 2025", "first_page"),
        ("goblins_final.indd", "The Goblin Handbook", "The Goblin Handbook", "llm"),
        ("The Goblin Handbook", "Dragons of the World", "The Goblin Handbook", "pdf"),
        ("", "The Goblin Handbook: A guide to caves", "The Goblin Handbook: A guide to caves", "llm"),
        ("Untitled", None, "Annual report 2025", "first_page"),
    ],
)
def test_the_first_page_decides_between_titles(
    pdf_title: str, model_title: str | None, expected: str, source: str
) -> None:
    title = choose_title(pdf_title, FIRST_PAGE, model_title)

    assert title is not None
    assert (title.text, title.source) == (expected, source)


@pytest.mark.parametrize(
    ("pdf_title", "model_title", "expected"),
    [
        ("Instructions for 2013", "Instructions for Form 1040", "Instructions for Form 1040"),
        ("The Goblin Handbook", "Something Else", "The Goblin Handbook"),
        ("", "Something Else", "Something Else"),
        ("", None, None),
    ],
)
def test_unseen_titles_are_weighed_against_each_other(
    pdf_title: str, model_title: str | None, expected: str | None
) -> None:
    title = choose_title(pdf_title, "", model_title)

    assert (title.text if title else None) == expected


@pytest.mark.parametrize(
    "line",
    ["Contents", "目次", "1 Introduction 2", "Caves . . . . . 7", "https://example.org/", "12 | 45", "a@b.example"],
)
def test_what_heads_a_page_is_no_title(line: str) -> None:
    title = choose_title("", f"{line}\nThe Goblin Handbook")

    assert title is not None
    assert title.text == "The Goblin Handbook"


GOBLINS = (
    "Goblins live in dark caves below the mountains of the north. A goblin chief rules each of the dark caves alone. "
    "They say that Grishnak knows all dark caves. We asked Captain Vimes of the Watch about it. The weather was fine. "
    "Nobody but Captain Vimes of the Watch has seen dark caves at noon, and even old Grishnak avoids them by day."
)


def test_keywords_are_phrases_that_recur() -> None:
    found = keywords(GOBLINS, STOP_WORDS["en"])

    assert "dark caves" in found
    assert "caves" not in found, "the phrase stands for its words"
    assert not set(found) & STOP_WORDS["en"]


def test_keywords_of_a_script_without_blanks_are_pieces_that_recur() -> None:
    found = keywords("暗い洞窟に住む。暗い洞窟の主。暗い洞窟へ行く。山の上。" * 3, frozenset())

    assert any("洞窟" in word for word in found[:3])


def test_names_are_capitalised_runs_inside_sentences_that_recur() -> None:
    found = names(GOBLINS, "en", STOP_WORDS["en"])

    assert "Captain Vimes of the Watch" in found
    assert "Grishnak" in found
    assert "Goblins" not in found, "a sentence's first word is capital anyway"


def test_the_best_sentences_come_in_the_text_s_order_and_say_different_things() -> None:
    text = f"{GOBLINS} Goblins live in dark caves below the mountains of the north."
    chosen = best_sentences(text, Counter({"dark": 1, "caves": 1, "goblin": 1, "goblins": 1}), 2)

    assert len(chosen) == 2
    assert text.index(chosen[0]) < text.index(chosen[1])
    assert chosen[0] != chosen[1]
    assert not any("weather" in sentence for sentence in chosen)


def brief(title: str = "", language: str = "") -> DocumentBrief:
    return DocumentBrief("k", "d", "f.pdf", DocumentFacts(1, title=title, language=language))


def test_without_a_model_a_document_is_described_by_counting_and_says_so() -> None:
    run = ExtractiveEnricher().begin(brief("The Goblin Handbook"), NoLease())
    sections = [SectionText((), 1, 1, FIRST_PAGE), SectionText(("Caves",), 2, 3, GOBLINS)]

    first, again = run.finish(sections, FIRST_PAGE), run.finish(sections, FIRST_PAGE)

    assert first == again
    assert first.description.title == "The Goblin Handbook"
    assert first.description.language == "en"
    assert "dark caves" in first.description.keywords
    assert first.description.summary
    assert first.description.questions == ()
    assert first.description.provenance.model == "extractive"
    assert (first.usage.calls, first.degraded) == (0, ())


def test_a_document_without_text_is_described_by_what_its_file_says() -> None:
    run = ExtractiveEnricher().begin(brief("scan0007", "de-DE"), NoLease())
    described = run.finish([], "").description

    assert (described.summary, described.keywords, described.entities) == ("", (), ())
    assert described.language == "de"
    assert described.title is None, "what a scanner writes is no title"


def test_of_many_short_texts_some_are_sampled_whole_and_evenly() -> None:
    texts = [f"{n:03d}" + "x" * 997 for n in range(100)]

    sampled = sample(lambda: texts, 10_000).split("\n\n")

    assert len(sampled) == 10
    assert all(text in texts for text in sampled)
    numbers = [int(text[:3]) for text in sampled]
    assert max(b - a for a, b in pairwise(numbers)) == 10


def test_of_few_long_texts_each_is_sampled_from_its_beginning() -> None:
    texts = [f"{n:03d}" + "x" * 99_997 for n in range(4)]

    sampled = sample(lambda: texts, 40_000).split("\n\n")

    assert [text[:3] for text in sampled] == ["000", "001", "002", "003"]
    assert {len(text) for text in sampled} == {10_000}


def answer(**fields: object) -> DocumentAnswer:
    return DocumentAnswer.model_validate(
        {
            "source_book_title": None,
            "summary": "s",
            "keywords": [],
            "entities": [],
            "questions": [],
            "language": "en",
            "document_type": None,
            "automatic_category": None,
            **fields,
        }
    )


@pytest.mark.parametrize(
    ("said", "expected", "source"), [("de", "de", "llm"), ("German", "en", "extractive"), (None, "en", "extractive")]
)
def test_a_language_that_is_no_code_is_detected(said: str | None, expected: str, source: str) -> None:
    described = merge(answer(language=said), brief(), [SectionText((), 1, 1, GOBLINS)], FIRST_PAGE)

    assert described.language == expected
    assert described.provenance.language_source == source


def test_names_that_the_document_does_not_hold_are_left_out() -> None:
    texts = ["old GRISH-\nNAK and Captain", "Vimes", "ﬁne"]

    assert found_in(["Captain Vimes", "fine", "Gandalf"], texts) == ["Captain Vimes", "fine"]
