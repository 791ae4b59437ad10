"""A name for what a JSON text holds."""

from typing import Any, TypeAlias

Json: TypeAlias = Any
