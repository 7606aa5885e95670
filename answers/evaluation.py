"""How well a search finds the pages that answer people's questions: ranks, measures, intervals, comparisons. Pure.

A question's rank is that of the first page which holds its evidence, pages ranked by their best passage. Measures are
means over questions; intervals are 95 % by bootstrap over questions (Efron, 1979), with a fixed seed, so that the same
ranks give the same interval. Two configurations are compared question by question, which takes out how hard each is.
"""

import json
import math
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vector_stores.points import Hit

RESAMPLES = 2_000
_SEED = 7
_NDCG_DEPTH = 10

Page = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Question:
    """`document` is a key below the PDF prefix; `pages` count from 1. `answer` is the one to expect, if it is known."""

    question: str
    document: str
    pages: frozenset[int]
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """Ranks of the question's pages that were found, from 1, ascending."""

    question: Question
    ranks: tuple[int, ...]
    milliseconds: float


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and the bounds between which it lies with 95 % confidence."""

    mean: float
    low: float
    high: float


def parse_questions(lines: Iterable[str]) -> list[Question]:
    """A question a line: {"question", "document", "pages": [..]}, "answer" if it is known; empty lines are left out.

    Raises ValueError with the line's number when one is something else.
    """
    found = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            item = json.loads(line)
            asked, document, pages = item["question"], item["document"], frozenset(map(int, item["pages"]))
        except (ValueError, TypeError, LookupError) as error:
            raise ValueError(f"line {number}: a question has question, document and pages ({error})") from None
        if not isinstance(asked, str) or not isinstance(document, str) or not pages:
            raise ValueError(f"line {number}: question and document are texts, pages a list of at least one number")
        found.append(Question(asked, document, pages, str(item.get("answer") or "").strip()))
    if not found:
        raise ValueError("there is no question in the file")
    return found


def ranked_pages(hits: Iterable[Hit]) -> list[Page]:
    """S3 key and page of each page with a passage among the hits, best first; a chunk is on the page it starts on."""
    return list(dict.fromkeys((str(hit.metadata.get("source")), int(hit.metadata["page"])) for hit in hits))


def ranks_of(question: Question, key: str, pages: Sequence[Page]) -> tuple[int, ...]:
    """At which ranks the question's pages are; `key` is its document's S3 key."""
    return tuple(rank for rank, (source, page) in enumerate(pages, start=1) if source == key and page in question.pages)


def _hit_at(depth: int) -> Callable[[Answered], float]:
    return lambda answered: float(bool(answered.ranks) and answered.ranks[0] <= depth)


def _reciprocal_rank(answered: Answered) -> float:
    return 1.0 / answered.ranks[0] if answered.ranks else 0.0


def _ndcg(answered: Answered) -> float:
    """Every page of the question counts the same; the best possible has them all in front."""
    gained = sum(1 / math.log2(rank + 1) for rank in answered.ranks if rank <= _NDCG_DEPTH)
    possible = min(len(answered.question.pages), _NDCG_DEPTH)
    return gained / sum(1 / math.log2(rank + 1) for rank in range(1, possible + 1))


#: What is reported, by its name in JSON.
MEASURES: Mapping[str, Callable[[Answered], float]] = {
    "hit@1": _hit_at(1),
    "hit@5": _hit_at(5),
    "hit@10": _hit_at(10),
    "mrr": _reciprocal_rank,
    "ndcg@10": _ndcg,
}


def interval(values: Sequence[float]) -> Interval:
    """The mean of values and its bootstrap interval."""
    chance = random.Random(_SEED)  # noqa: S311
    count = len(values)
    means = sorted(sum(chance.choices(values, k=count)) / count for _ in range(RESAMPLES))
    return Interval(sum(values) / count, means[int(0.025 * RESAMPLES)], means[int(0.975 * RESAMPLES) - 1])


def report(answered: Sequence[Answered], configuration: Mapping[str, Any]) -> dict[str, Any]:
    """What `evaluate --json` prints: measures, intervals, time, and the rank of every question for comparisons."""
    measured = {name: interval([measure(one) for one in answered]) for name, measure in MEASURES.items()}
    times = sorted(one.milliseconds for one in answered)
    return {
        "questions": len(answered),
        **{name: round(found.mean, 4) for name, found in measured.items()},
        "intervals": {name: [round(found.low, 4), round(found.high, 4)] for name, found in measured.items()},
        "milliseconds": round(sum(times) / len(times), 1),
        "milliseconds_p95": round(times[min(len(times) - 1, int(0.95 * len(times)))], 1),
        "configuration": dict(configuration),
        "results": [
            {
                "question": one.question.question,
                "document": one.question.document,
                "pages": sorted(one.question.pages),
                "ranks": list(one.ranks),
            }
            for one in answered
        ],
    }


def compare(ours: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Interval]:
    """Our measures minus the other's over the questions that both reports have, by measure.

    Raises ValueError when they have none in common or a report isn't one of `report`.
    """
    try:
        mine, theirs = _by_question(ours), _by_question(other)
    except (LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"this is not a report of evaluate --json ({error!r})") from None
    common = [asked for asked in mine if asked in theirs]
    if not common:
        raise ValueError("the two reports have no question in common")
    return {
        name: interval([measure(mine[asked]) - measure(theirs[asked]) for asked in common])
        for name, measure in MEASURES.items()
    }


def _by_question(told: Mapping[str, Any]) -> dict[tuple[str, str], Answered]:
    return {
        (one["question"], one["document"]): Answered(
            Question(one["question"], one["document"], frozenset(one["pages"])), tuple(one["ranks"]), 0.0
        )
        for one in told["results"]
    }


def first_ranks(
    answered: Sequence[Answered], depths: Sequence[int] = (1, 2, 3, 5, 10, 20, 50)
) -> list[tuple[int, float]]:
    """For a plot: which share of the questions has its page among the first so many."""
    return [(depth, sum(_hit_at(depth)(one) for one in answered) / len(answered)) for depth in depths]
