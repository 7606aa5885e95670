"""A place on a page, as the API gives it."""

from pydantic import ConfigDict, Field

from web.api.operations import Model


class Box(Model):
    """A place on a page as it is shown: points, origin top left."""

    model_config = ConfigDict(from_attributes=True)

    page: int = Field(description="Counted from 1.")
    x0: float = Field(description="Left.")
    y0: float = Field(description="Top.")
    x1: float = Field(description="Right.")
    y1: float = Field(description="Bottom.")
