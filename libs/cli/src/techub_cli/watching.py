"""Follows one run in the terminal until it is over."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager, aclosing, nullcontext
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from rich.status import Status
from rich.text import Text

from techub_cli.following import Follower
from techub_cli.running import print_line
from techub_cli.screen import Screen, plain, style_of, took
from techub_cli.steps import Step, Story
from techub_cli.telling import degraded
from techub_cli.told import Told, read
from techub_common import events

TOLD_WITHIN: Final = 5.0
NAME_WIDTH: Final = 24

Show = Callable[[Told, Story, Step | None], None]


async def watch(follower: Follower, run_id: UUID, show: Show, told_within: float) -> Story:
    """Return the run's story once it is over.

    After its end the word that somebody was told is waited for, `told_within` seconds at most.
    """
    story = Story()
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(None) as limit, aclosing(follower.messages()) as messages:
            async for message in messages:
                told = read(message)
                if told.event is None or told.event.run_id != run_id:
                    continue
                step = story.hear(told.event)
                show(told, story, step)
                if story.ending and story.is_over:
                    break
                if story.ending and limit.when() is None:
                    limit.reschedule(loop.time() + told_within)
    except TimeoutError:
        if story.ending is None:
            raise
    return story


def show_json(told: Told, story: Story, step: Step | None) -> None:
    """Print the CloudEvent."""
    del story, step
    print_line(told.as_json())


@dataclass(slots=True)
class Progress:
    """Prints a line per step; in a terminal, what is under way turns below them."""

    screen: Screen
    _status: Status | None = None

    def turning(self) -> AbstractContextManager[object]:
        """Show what is under way inside the context, where somebody can see it."""
        if not self.screen.is_terminal:
            return nullcontext()
        self._status = self.screen.status("waiting")
        return self._status

    def __call__(self, told: Told, story: Story, step: Step | None) -> None:
        """Print what the fact settled."""
        if step:
            self.screen.show(_line(step))
        elif told.event is story.ending:
            self.screen.show(_end(story))
        if self._status:
            self._status.update(Text(", ".join(map(plain, story.under_way)) or "waiting", "dim"))


def _line(step: Step) -> Text:
    text = Text()
    text.append(f"  {plain(step.status):<10}", style_of(step.status))
    text.append(f"  {plain(step.name):<{NAME_WIDTH}}", "bold")
    text.append(f"  {took(step.duration_ms):>9}")
    text.append(f"  {plain(step.note)}", "dim")
    text.rstrip()
    return text


def _end(story: Story) -> Text:
    outcome, _ = story.outcome
    text = Text()
    text.append(outcome, f"bold {style_of(outcome)}")
    match story.ending:
        case events.Ended() as ended:
            text.append(f" in {took(ended.duration_ms)}")
            if ended.error:
                text.append(f": {plain(ended.error.message)} ({plain(ended.error.code)})")
            if ended.degradations:
                text.append(f"; lost: {plain(degraded(ended.degradations))}", "yellow")
        case events.PipelineCanceled() as canceled:
            text.append(f" by {plain(canceled.by)}: {plain(canceled.reason)}")
        case _:
            pass
    return text
