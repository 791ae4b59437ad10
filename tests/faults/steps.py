"""The steps of a run, and how a test knows that the run has come to one.

A step in which somebody else is asked is held open by a slow answer of their double; every other
one is where the run's story says so.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from techub_devstack.doubles.handle import Double
from techub_devstack.follow_run import Line, lines_of
from techub_devstack.servers.waiting import until
from techub_devstack.stack import Stack
from tests.e2e.conftest import Person

HOLD_SECONDS: Final = 1.5
REACHED_SECONDS: Final = 60.0

PULL: Final = "/users/{login}/repos"
AVATAR: Final = "/avatars/{login}"
MAIL: Final = "/emails"


@dataclass(frozen=True, slots=True)
class Held:
    """The step lasts until a double has answered a request whose path contains this."""

    double: Callable[[Stack], Double]
    path: str

    def hold(self, stack: Stack, login: str) -> None:
        """Make the first such answer a slow one."""
        self.double(stack).fail(
            login=login,
            path_contains=self.path.format(login=login),
            delay_seconds=HOLD_SECONDS,
            times=1,
        )

    async def reached(self, person: Person, login: str, events_url: str) -> None:
        """Return once the double has been asked."""
        del events_url
        double, path = self.double(person.stack), self.path.format(login=login)
        await until(
            lambda: bool(double.requests(login=login, path_contains=path)),
            within=REACHED_SECONDS,
            what=f"a request to {path}",
        )


@dataclass(frozen=True, slots=True)
class Told:
    """The step begins with the first line of the run's story that is one of these."""

    is_it: Callable[[Line], bool]

    def hold(self, stack: Stack, login: str) -> None:
        """Hold nothing: the run goes on."""

    async def reached(self, person: Person, login: str, events_url: str) -> None:
        """Return once the line has been told."""
        del login
        async for line in lines_of(person.http, events_url):
            if self.is_it(line):
                return


@dataclass(frozen=True, slots=True)
class Step:
    """A place in a run; `finished` are the requests to GitHub that must not come again from it."""

    name: str
    at: Held | Told
    finished: tuple[str, ...] = ()


def _step_done(beginning: str) -> Callable[[Line], bool]:
    def is_it(line: Line) -> bool:
        done = line.data.get("status") == "completed"
        return done and str(line.data.get("step")).startswith(beginning)

    return is_it


def _is(kind: str) -> Callable[[Line], bool]:
    return lambda line: line.kind == kind


WHOLE: Final = (PULL, AVATAR)
STEPS: Final = (
    Step("submitted", Told(lambda _: True)),
    Step("pulling", Held(lambda stack: stack.github, PULL)),
    Step("avatar", Held(lambda stack: stack.github, AVATAR), finished=(PULL,)),
    Step("eligible", Told(_step_done("evaluate_eligibility")), finished=(PULL,)),
    Step("card", Told(_step_done("generate_ai_profile")), finished=WHOLE),
    Step("captured", Told(_step_done("capture:")), finished=WHOLE),
    Step("optimized", Told(_step_done("optimize:og")), finished=WHOLE),
    Step("ended", Told(_is("ended")), finished=WHOLE),
    Step("mailing", Held(lambda stack: stack.resend, MAIL), finished=WHOLE),
)
BY_NAME: Final = {step.name: step for step in STEPS}
