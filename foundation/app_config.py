"""AppConfig: how documents are read, cut, described and searched. A person edits it while workers run.

It is `config/app_config.json` in the bucket over one of the profiles in `profiles/`.
"""

import json
from functools import cache
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


class AppConfig(BaseModel):
    """Tuning and prompts. Unknown keys are kept, bad values are refused with the bound."""

    model_config = ConfigDict(extra="allow", frozen=True)

    profile: str = "generic"
    # Models; None leaves the choice to Settings.
    llm_model: str | None = None
    llm_temperature: float = Field(default=0.0, ge=0, le=2)
    llm_max_output_tokens: int = Field(default=2_000, ge=64, le=65_536)
    prices: dict[str, ModelPrice] = {}
    # Retrieval.
    vector_store_type: StoreName = "semantic"
    rerank_alpha: float = Field(default=0.5, ge=0, le=1, description="weight of the dense score")
    rerank_alpha_share_offline: float = Field(
        default=0.2, ge=0, le=1, description="what of rerank_alpha counts when no model makes the vectors"
    )
    rerank_beta: float = Field(default=0.5, ge=0, le=1, description="weight of the sparse score")
    rerank_gamma: float = Field(default=0.1, ge=0, le=1, description="weight of words shared with the heading path")
    retrieval_k: int = Field(default=10, ge=1, le=200)
    retrieval_fetch_multiplier: int = Field(default=3, ge=1, le=20)
    retrieval_min_similarity: float = Field(
        default=0.25, ge=0, le=1, description="cosine that a passage needs if it shares no word with the question"
    )
    context_max_tokens_per_result: int = Field(default=1_000, ge=50, le=32_000)
    context_max_total_tokens: int = Field(default=8_000, ge=200, le=200_000)
    # Prompts and vocabulary.
    system_prompt: str = Field(min_length=1)
    metadata_prompt: str = Field(min_length=1)
    section_prompt: str = Field(min_length=1)
    page_prompt: str = Field(min_length=1)
    categories: tuple[str, ...] = ()
    enrichment_input_tokens: int = Field(default=24_000, ge=1_000, le=1_000_000, description="of one question")
    link_colors: dict[str, tuple[str, ...]] = {}
    # Reading and cutting.
    chunk_tokens: int = Field(default=400, ge=50, le=8_000)
    chunk_overlap_tokens: int = Field(default=50, ge=0, le=2_000)
    image_dpi: int = Field(default=150, ge=36, le=600)
    image_format: Literal["jpeg", "webp", "png"] = "jpeg"
    image_quality: int = Field(default=80, ge=1, le=100)
    ocr_languages: str = Field(default="eng", pattern=r"^[A-Za-z_]+(\+[A-Za-z_]+)*$")

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
