"""What the API says of itself: OpenAPI, with every answer there may be."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from techub_api.problems import Problem

ABOUT = """\
JSON in, JSON out; what goes wrong is `application/problem+json` (RFC 9457) with a code that does
not change. Reading needs nobody; writing needs a personal token from `/settings/account`. Fields
may be added to what is answered; nothing goes or changes its type within `v1`.
"""


def describe(app: FastAPI) -> None:
    """Make the app's description name problems, and whose it is."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            described = get_openapi(
                title=app.title, version=app.version, description=ABOUT, routes=app.routes
            )
            _add_problem(described["components"]["schemas"])
            app.openapi_schema = described
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way of extending it


def _add_problem(schemas: dict[str, Any]) -> None:
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= problem.pop("$defs", {})
    schemas["Problem"] = problem
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
