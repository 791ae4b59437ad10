"""The api's schema: its metadata, and the tables the plumbing keeps there."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import DateTime, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase

from techub_common.database import schema
from techub_common.inbox import inbox_table
from techub_common.outbox import outbox_table

METADATA = schema("api")
OUTBOX = outbox_table(METADATA)
INBOX = inbox_table(METADATA)


class Base(DeclarativeBase):
    """The base of every table of the api."""

    metadata = METADATA
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: DateTime(timezone=True),
        str: Text(),
        UUID: Uuid(),
        list[str]: ARRAY(Text()),
        dict[str, Any]: JSONB(),
        list[dict[str, Any]]: JSONB(),
    }
