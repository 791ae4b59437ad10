"""Which fields of a request each of Gemini's doors knows; any other is refused in their words.

Both doors read protobuf's JSON, in which a field may be spelled either way.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

BOTH_REQUEST = {
    "contents",
    "systemInstruction",
    "generationConfig",
    "safetySettings",
    "tools",
    "toolConfig",
    "cachedContent",
}
REQUEST = {False: BOTH_REQUEST, True: BOTH_REQUEST | {"labels", "modelArmorConfig"}}
BOTH_CONFIG = {
    "temperature",
    "topP",
    "topK",
    "candidateCount",
    "maxOutputTokens",
    "stopSequences",
    "responseMimeType",
    "responseSchema",
    "responseJsonSchema",
    "presencePenalty",
    "frequencyPenalty",
    "seed",
    "responseLogprobs",
    "logprobs",
    "thinkingConfig",
    "responseModalities",
    "speechConfig",
    "mediaResolution",
    "imageConfig",
}
CONFIG = {
    False: BOTH_CONFIG | {"enableEnhancedCivicAnswers"},
    True: BOTH_CONFIG | {"routingConfig", "audioTimestamp", "modelSelectionConfig"},
}
BOTH_IMAGE = {"aspectRatio", "imageSize"}
IMAGE = {False: BOTH_IMAGE, True: BOTH_IMAGE | {"imageOutputOptions", "personGeneration"}}
BOTH_SCHEMA = {
    "type",
    "format",
    "title",
    "description",
    "nullable",
    "enum",
    "items",
    "minItems",
    "maxItems",
    "properties",
    "required",
    "minimum",
    "maximum",
    "anyOf",
    "minLength",
    "maxLength",
    "pattern",
    "minProperties",
    "maxProperties",
    "example",
    "default",
    "propertyOrdering",
}
SCHEMA = {False: BOTH_SCHEMA, True: BOTH_SCHEMA | {"additionalProperties", "ref", "defs"}}
TYPES = {"STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL"}
CONTENT = {"role", "parts"}
_HUMP = re.compile(r"_([a-z])")

Violation = tuple[str, str]
"""Where it is, and what is said of it."""


def violations(body: Mapping[str, Any], *, vertex: bool) -> list[Violation]:
    """Return what the door refuses about a request."""
    found = list(_unknown(body, REQUEST[vertex], ""))
    config = _under(body, "generationConfig")
    found += _unknown(config, CONFIG[vertex], "generation_config")
    found += _unknown(
        _under(config, "imageConfig"), IMAGE[vertex], "generation_config.image_config"
    )
    for number, content in enumerate(body.get("contents") or []):
        found += _unknown(content, CONTENT, f"contents[{number}]")
    schema = _under(config, "responseSchema")
    if schema:
        found += _schema(schema, "generation_config.response_schema", vertex=vertex)
    return found


def wrongs(body: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with the sense of a schema whose fields are all known."""
    schema = _under(_under(body, "generationConfig"), "responseSchema")
    return list(_senseless(schema, "generation_config.response_schema")) if schema else []


def silencing(body: Mapping[str, Any]) -> bool:
    """Return whether Vertex would answer 200 with nothing: any other key allowed does that."""
    schema = _under(_under(body, "generationConfig"), "responseSchema")
    return '"additionalProperties": true' in json.dumps(schema)


def _schema(schema: Mapping[str, Any], place: str, *, vertex: bool) -> Iterator[Violation]:
    yield from _unknown(schema, SCHEMA[vertex], place)
    for name, below in _under(schema, "properties").items():
        if isinstance(below, Mapping):
            yield from _schema(below, f"{place}.properties['{name}'].value", vertex=vertex)
    if isinstance(items := schema.get("items"), Mapping):
        yield from _schema(items, f"{place}.items", vertex=vertex)


def _senseless(schema: Mapping[str, Any], place: str) -> Iterator[str]:
    kind = schema.get("type")
    if isinstance(kind, list) or (kind is not None and str(kind).upper() not in TYPES):
        yield f"Invalid value at '{place}.type'"
        return
    properties = _under(schema, "properties")
    if str(kind).upper() == "OBJECT" and not properties:
        yield f"* {place}.properties: should be non-empty for OBJECT type"
    if str(kind).upper() == "ARRAY" and not schema.get("items"):
        yield f"* {place}.items: missing field."
    for number, name in enumerate(schema.get("required") or []):
        if name not in properties:
            yield f"* {place}.required[{number}]: property is not defined"
    for number, value in enumerate(schema.get("enum") or []):
        if value == "":
            yield f"* {place}.enum[{number}]: cannot be empty"
    for name, below in properties.items():
        yield from _senseless(below, f"{place}.properties[{name}]")


def _unknown(part: object, known: set[str], place: str) -> Iterator[Violation]:
    for name in part if isinstance(part, Mapping) else ():
        if _HUMP.sub(lambda hump: hump[1].upper(), name) not in known:
            at = f" at '{place}'" if place else ""
            yield (
                place,
                f'Invalid JSON payload received. Unknown name "{name}"{at}: Cannot find field.',
            )


def _under(part: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    snake = re.sub(r"([A-Z])", lambda hump: f"_{hump[1].lower()}", name)
    found = part.get(name, part.get(snake))
    return found if isinstance(found, Mapping) else {}
