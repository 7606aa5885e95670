"""AppConfig: how documents are read, cut, described and searched. A person edits it while workers run.

It is `config/app_config.json` in the bucket over one of the profiles in `profiles/`.
"""

import json
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from foundation.errors import SettingsError
from foundation.store_names import StoreName

PROFILES_FOLDER = Path(__file__).parents[1] / "profiles"
#: Where AppConfig lives in the bucket.
APP_CONFIG_KEY = "config/app_config.json"


class ModelPrice(BaseModel):
    """US dollars for a million tokens."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    input: float = Field(ge=0)
    output: float = Field(default=0.0, ge=0)


def _key(group: str, title: str, description: str, **bounds: Any) -> Any:
    """A key as people see it: the group it is shown in, its name and what it does. Panel and docs read this."""
    return Field(title=title, description=description, json_schema_extra={"group": group}, **bounds)


_profile, _model, _search, _prompts, _vocabulary, _reading = (
    partial(_key, group)
    for group in ("Profile", "Model", "Search and answers", "Prompts", "Vocabulary", "Reading and cutting")
)


class AppConfig(BaseModel):
    """Tuning and prompts. Unknown keys are kept, bad values are refused with the bound."""

    model_config = ConfigDict(extra="allow", frozen=True)

    profile: str = _profile(
        "Profile",
        "Which set of defaults applies: generic for any documents, dnd for Dungeons & Dragons books.",
        default="generic",
    )
    llm_model: str | None = _model(
        "Model",
        "The model that describes documents and answers questions; empty leaves it to the deployment.",
        default=None,
    )
    llm_temperature: float = _model(
        "Temperature",
        "How freely the model words its answers. 0 gives the same answer each time.",
        default=0.0,
        ge=0,
        le=2,
    )
    llm_max_output_tokens: int = _model(
        "Longest answer (tokens)", "The longest answer, in tokens.", default=2_000, ge=64, le=65_536
    )
    prices: dict[str, ModelPrice] = _model(
        "Prices by model",
        "US dollars for a million tokens, by model. Costs are computed with these.",
        default={},
    )
    vector_store_type: StoreName = _search(
        "Store for questions",
        "Which store questions are answered from, unless the asker chooses.",
        default="semantic",
    )
    rerank_alpha: float = _search(
        "Weight of meaning", "How much similarity of meaning counts.", default=0.5, ge=0, le=1
    )
    rerank_alpha_share_offline: float = _search(
        "Share of that weight without a model",
        "How much of that weight remains when the static model makes the vectors.",
        default=0.2,
        ge=0,
        le=1,
    )
    rerank_beta: float = _search("Weight of words", "How much shared words count.", default=0.5, ge=0, le=1)
    rerank_gamma: float = _search(
        "Weight of headings",
        "How much a passage gains when its section's title has the words of the question.",
        default=0.2,
        ge=0,
        le=1,
    )
    rerank_candidates: int = _search(
        "Passages for the reranker",
        "How many of the best passages a reranker looks at again, where one is set up.",
        default=50,
        ge=1,
        le=200,
    )
    retrieval_one_per_page: bool = _search(
        "One result for each page",
        "Show only the best passage of a page.",
        default=False,
    )
    retrieval_k: int = _search(
        "Passages for a question", "How many passages a question gets.", default=10, ge=1, le=200
    )
    retrieval_fetch_multiplier: int = _search(
        "Candidates for each passage",
        "How many more candidates are fetched than kept.",
        default=3,
        ge=1,
        le=20,
    )
    retrieval_min_similarity: float = _search(
        "Least similarity of meaning",
        "How alike in meaning a passage must be that shares no word with the question.",
        default=0.25,
        ge=0,
        le=1,
    )
    retrieval_weak_similarity: float = _search(
        "Similarity below which nothing answers",
        "When no passage is this alike in meaning and none has all words of a question, the answer is that nothing was"
        " found. 0 takes the value that was measured for the model.",
        default=0.0,
        ge=0,
        le=1,
    )
    context_max_tokens_per_result: int = _search(
        "Longest passage (tokens)",
        "A passage longer than this is cut.",
        default=1_000,
        ge=50,
        le=32_000,
    )
    context_max_total_tokens: int = _search(
        "All passages together (tokens)",
        "All passages together; the least fitting are left out.",
        default=8_000,
        ge=200,
        le=200_000,
    )
    check_answers_with_model: bool = _search(
        "Let the model check answers",
        "Ask the model once more whether the cited passages say what each sentence of its answer says. Words and"
        " numbers are compared in any case, which costs nothing.",
        default=True,
    )
    system_prompt: str = _prompts(
        "Prompt for answers", "The instructions that the model gets before a question.", min_length=1
    )
    metadata_prompt: str = _prompts(
        "Prompt for documents",
        "How the model is asked to describe a document. Changing it makes documents be described anew.",
        min_length=1,
    )
    section_prompt: str = _prompts("Prompt for sections", "How the model is asked to describe a section.", min_length=1)
    page_prompt: str = _prompts("Prompt for pages", "How the model is asked to describe a page.", min_length=1)
    categories: tuple[str, ...] = _vocabulary(
        "Categories", "What documents are sorted into, one a line. Empty: no categories.", default=()
    )
    enrichment_input_tokens: int = _model(
        "Document text in one question (tokens)",
        "How much of a document one question to the model may hold.",
        default=24_000,
        ge=1_000,
        le=1_000_000,
    )
    link_colors: dict[str, tuple[str, ...]] = _vocabulary(
        "Colours of links", "Which colour of a link means which category, as #rrggbb.", default={}
    )
    chunk_tokens: int = _reading(
        "Length of a chunk (tokens)",
        "How long a passage is. Changing it makes documents be cut anew.",
        default=400,
        ge=50,
        le=8_000,
    )
    chunk_overlap_tokens: int = _reading(
        "Overlap of chunks (tokens)",
        "What neighbouring passages share; at most half of their length.",
        default=50,
        ge=0,
        le=2_000,
    )
    image_dpi: int = _reading(
        "Resolution of page images (dpi)",
        "How sharp page images are.",
        default=150,
        ge=36,
        le=600,
    )
    image_format: Literal["jpeg", "webp", "png"] = _reading(
        "Format of page images", "How page images are stored.", default="jpeg"
    )
    image_quality: int = _reading(
        "Quality of page images",
        "From 1 to 100, the best and largest. PNG ignores it.",
        default=80,
        ge=1,
        le=100,
    )
    ocr_languages: str = _reading(
        "Languages of scanned pages",
        "What scanned pages are written in, as Tesseract names it: eng, or deu+eng.",
        default="eng",
        pattern=r"^[A-Za-z_]+(\+[A-Za-z_]+)*$",
    )

    @field_validator("link_colors")
    @classmethod
    def _colors_are_hex(cls, value: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        lowered = {category: tuple(color.lower() for color in colors) for category, colors in value.items()}
        bad = [c for colors in lowered.values() for c in colors if len(c) != 7 or not _is_hex_color(c)]
        if bad:
            raise ValueError(f"colours are written #rrggbb, not {', '.join(bad)}")
        return lowered

    @model_validator(mode="after")
    def _overlap_is_smaller_than_chunk(self) -> Self:
        if self.chunk_overlap_tokens * 2 > self.chunk_tokens:
            raise ValueError("chunk_overlap_tokens must be at most half of chunk_tokens")
        return self

    def category_of_color(self, color: str | None) -> str | None:
        """The link category that this profile gives to a colour (`#rrggbb`), or None."""
        return next((name for name, colors in self.link_colors.items() if color in colors), None)


def _is_hex_color(value: str) -> bool:
    return value.startswith("#") and all(c in "0123456789abcdef" for c in value[1:])


def parse_app_config(stored: bytes | str | None) -> AppConfig:
    """What `config/app_config.json` says, over the profile that it names, over the generic profile.

    Raises SettingsError when it isn't JSON, names an unknown profile, or a value is out of its bounds.
    """
    try:
        overrides = json.loads(stored) if stored else {}
    except ValueError as error:
        raise SettingsError(f"{APP_CONFIG_KEY} is not JSON: {error}") from None
    if not isinstance(overrides, dict):
        raise SettingsError(f"{APP_CONFIG_KEY} must be a JSON object")
    profile = overrides.get("profile", "generic")
    merged = {**_read_profile("generic"), **_read_profile(profile), **overrides}
    try:
        return AppConfig.model_validate(merged)
    except ValidationError as error:
        faults = [
            f"{'.'.join(map(str, fault['loc'])) or 'config'}: {fault['msg'].removeprefix('Value error, ')}"
            for fault in error.errors(include_url=False)
        ]
        raise SettingsError(f"{APP_CONFIG_KEY}: " + "; ".join(faults)) from None


@cache
def _read_profile(name: str) -> dict[str, Any]:
    path = PROFILES_FOLDER / f"{name}.json"
    known = sorted(p.stem for p in PROFILES_FOLDER.glob("*.json"))
    if name not in known:
        raise SettingsError(f"unknown profile {name!r}: choose from {', '.join(known)}")
    profile: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return profile


def describe_app_config() -> dict[str, dict[str, Any]]:
    """The JSON schema of each key: type, bounds, choices, `title`, `description` and the `group` it is shown in."""
    schema: dict[str, dict[str, Any]] = AppConfig.model_json_schema()["properties"]
    return schema
