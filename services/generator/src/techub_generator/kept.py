"""What lets us ask GitHub whether an answer has changed since."""

from pydantic import BaseModel, ConfigDict


class Kept(BaseModel):
    """What an answer left: its ETag, and when it was last modified.

    `by` tells whose word it was asked with: GitHub's ETags differ from one token to the next. Of a
    list's page, `elements` is how many it held that can be used, `last` the number of the last.
    `gone` remembers that there was nothing.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    etag: str | None = None
    modified: str | None = None
    by: str = ""
    elements: int = 0
    last: int | None = None
    gone: bool = False
