"""What may be asked, wherever it is asked: a text with something in it, no longer than a person writes. Pure."""

#: A page of text. A model is paid by what it reads, and a search reads no more than twice as much.
MAX_QUESTION_CHARACTERS = 2_000


def question_text(text: str) -> str:
    """The question without blanks around it, as text that UTF-8 can hold.

    Raises ValueError, with a sentence for the person who asks, when there is nothing in it or too much.
    """
    # A lone half of a surrogate pair comes from a terminal's bytes that are no UTF-8.
    asked = text.encode("utf-8", "replace").decode().strip()
    if not asked:
        raise ValueError("nothing to look for: say what you want to know")
    if len(asked) > MAX_QUESTION_CHARACTERS:
        limit = f"a question has at most {MAX_QUESTION_CHARACTERS:,} characters"
        raise ValueError(f"{limit}, and this one has {len(asked):,}")
    return asked
