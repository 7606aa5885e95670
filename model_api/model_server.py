"""A server of OpenAI's protocol: its address and its key, and the settings that say them."""

from dataclasses import dataclass

OPENAI_URL = "https://api.openai.com/v1"


@dataclass(frozen=True, slots=True)
class ModelServer:
    """`base_url` None: OpenAI's own. The settings are those that gave, or would give, address and key."""

    base_url: str | None = None
    api_key: str | None = None
    url_setting: str = "OPENAI_BASE_URL"
    key_setting: str = "OPENAI_API_KEY"

    @property
    def address(self) -> str:
        return self.base_url or OPENAI_URL

    @property
    def is_given(self) -> bool:
        """There is a key, or a server that may need none."""
        return self.api_key is not None or self.base_url is not None
