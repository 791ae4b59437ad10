"""What `/up` and its like answer, whatever the generator says of Gemini, or does not say."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from pydantic import BaseModel

from techub_api.health import GeminiHealth, router
from techub_common.asks import CHECK_GEMINI
from techub_common.errors import Away, Permanent

WELL = {
    "ok": True,
    "works": True,
    "provider": "vertex",
    "model": "gemini-2.5-flash",
    "reason": None,
    "providers": [{"provider": "ai_studio", "works": False, "reason": "inner workings"}],
}
BADLY = WELL | {"works": False, "reason": "Vertex AI does not answer at the moment."}


@dataclass
class Generator:
    """Answers what it was told to, and keeps what it was asked."""

    answer: dict[str, Any] | Exception = field(default_factory=lambda: WELL)
    asked: list[tuple[str, BaseModel]] = field(default_factory=list)

    async def __call__(
        self, subject: str, question: BaseModel, *, within: float = 0.0
    ) -> dict[str, Any]:
        """Answer, or raise."""
        assert within > 0
        self.asked.append((subject, question))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def generator() -> Generator:
    """Give a generator that says all is well."""
    return Generator()


@pytest.fixture
async def client(generator: Generator) -> AsyncIterator[AsyncClient]:
    """Give somebody who looks."""
    app = FastAPI()
    app.include_router(router)
    app.state.gemini = GeminiHealth(generator)
    async with AsyncClient(transport=ASGITransport(app), base_url="http://techub.test") as client:
        yield client


async def test_it_answers(client: AsyncClient, generator: Generator) -> None:
    """Who answers is said, and nothing else; a crowd costs the generator one question each."""
    for path, model in (("/up/gemini", "text"), ("/up/gemini/image", "image")):
        answers = [await client.get(path) for _ in range(20)]

        assert {answer.status_code for answer in answers} == {200}
        assert answers[0].json() == {"ok": True, "provider": "vertex", "model": "gemini-2.5-flash"}
        assert answers[0].headers["cache-control"] == "no-store"
        subject, question = generator.asked.pop()
        assert (subject, question.model_dump()) == (CHECK_GEMINI, {"model": model, "fresh": False})
        assert generator.asked == []


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            BADLY,
            {
                "ok": False,
                "provider": "vertex",
                "model": "gemini-2.5-flash",
                "reason": "Vertex AI does not answer at the moment.",
            },
        ),
        (
            Away("nats: timeout at 10.0.0.7"),
            {"ok": False, "reason": "The generator does not answer."},
        ),
        (
            Permanent("inner", code="x"),
            {"ok": False, "reason": "The generator answered something else."},
        ),
        ({"ok": True}, {"ok": False, "reason": "The generator answered something else."}),
        (BADLY | {"reason": 7}, {"ok": False, "reason": "The generator answered something else."}),
    ],
)
async def test_it_does_not(
    client: AsyncClient, generator: Generator, answer: Any, said: dict[str, Any]
) -> None:
    """503 and a sentence of ours, never what went wrong inside."""
    generator.answer = answer
    shown = await client.get("/up/gemini")

    assert (shown.status_code, shown.json()) == (503, said)


async def test_up(client: AsyncClient) -> None:
    """The process turns, whatever Gemini does."""
    assert (await client.get("/up")).json() == {"ok": True}
