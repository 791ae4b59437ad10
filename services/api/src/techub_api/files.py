"""What kind of file a name says it is, for what the api serves."""

from techub_common.storage import mime_of

__all__ = ("mime_of",)
