"""The timeline: chapters in order, what is still to come, and plain words."""

from datetime import UTC, datetime
from uuid import uuid4

from techub_api.pages.timeline import Row, chapters, losses, signs, slots
from techub_api.runs.queries import PictureShown, RunShown, StepShown

VARIANTS = ("og", "card")


def step(name: str, status: str = "completed", **more: object) -> StepShown:
    """Return a step as the API shows it."""
    given = {"attempts": 1, "queue_ms": None, "duration_ms": None, "sentence": None} | more
    return StepShown.model_validate({"name": name, "status": status} | given)


def run(status: str, *steps: StepShown, **more: object) -> RunShown:
    """Return a run as the API shows it."""
    given: dict[str, object] = {
        "run_id": uuid4(),
        "login": "pip",
        "status": status,
        "trigger": "submit",
        "created_at": datetime.now(UTC),
        "finished_at": None,
        "duration_ms": None,
        "degradations": [],
        "error": None,
        "steps": list(steps),
        "pictures": [],
        "notified": None,
        "events_url": "",
        "profile_url": "",
    }
    return RunShown.model_validate(given | more)


def rows(shown: RunShown) -> list[Row]:
    """Return every row, chapter after chapter."""
    return [row for chapter in chapters(shown, VARIANTS) for row in chapter.rows]


def picture(variant: str) -> PictureShown:
    """Return a picture's only file."""
    return PictureShown(
        variant=variant, format="png", url="/x.png", bytes=1, width=2, height=1, mime="image/png"
    )


def test_the_whole_way_is_shown_from_the_start() -> None:
    """An open run shows every step that is to come, in the order it comes in."""
    told = rows(run("running", step("pull_github_data", "started")))

    assert [row.name for row in told] == [
        "pull_github_data",
        "download_github_avatar",
        "evaluate_eligibility",
        "generate_ai_profile",
        "capture:og",
        "optimize:og",
        "capture:card",
        "optimize:card",
        "notify",
    ]
    assert [row.state for row in told] == ["started", *["ahead"] * 8]


def test_a_run_that_ended_shows_what_happened_only() -> None:
    """Steps that never came are not promised any more."""
    told = rows(run("failure", step("pull_github_data", "failed", sentence="No such login.")))

    assert [(row.name, row.note) for row in told] == [("pull_github_data", "No such login.")]


def test_an_unknown_step_has_a_place() -> None:
    """A step this page has not heard of is shown all the same."""
    assert [row.title for row in rows(run("success", step("scrape_page")))] == ["Scrape page"]


def test_a_loss_is_explained() -> None:
    """A degraded step says what was lost, in the words the run kept."""
    lost = [{"stage": "generate_ai_profile", "reason": "Our own rules wrote the card."}]
    told = rows(run("success", step("generate_ai_profile", "degraded"), degradations=lost))

    assert told[0].note == "Our own rules wrote the card."


def test_times_stay_apart() -> None:
    """The time in the queue and the time at work are two figures."""
    told = rows(run("success", step("notify", queue_ms=40, duration_ms=900, attempts=3)))

    assert (told[0].waited, told[0].ran, told[0].attempts) == (40, 900, 3)


def test_slots() -> None:
    """Every picture has a place while the run goes on; empty ones go when it is over."""
    steps = [step("capture:card", "failed")]
    going = slots(run("running", pictures=[picture("og")]), ("og", "card", "simple"))
    over = slots(run("success", *steps, pictures=[picture("og")]), ("og", "card", "simple"))

    assert [(slot.variant, slot.frame is not None) for slot in going] == [
        ("og", True),
        ("card", False),
        ("simple", False),
    ]
    assert [(slot.variant, slot.failed) for slot in over] == [("og", False), ("card", True)]


def test_signs() -> None:
    """What is missing comes first, with the advice."""
    detail = {
        "score": 1,
        "signals": {
            "account_age": {"met": True, "detail": "Old enough.", "advice": None},
            "social_proof": {"met": False, "detail": "Nobody.", "advice": "Follow three."},
        },
    }

    assert [(sign.name, sign.met, sign.advice) for sign in signs(detail)] == [
        ("Social proof", False, "Follow three."),
        ("Account age", True, None),
    ]
    assert signs({}) == []


def test_losses_in_plain_words() -> None:
    """Of what was lost is said where, why, and what it means for the card."""
    lost = [
        {"stage": "generate_ai_profile", "reason": "The AI did not answer."},
        {"stage": "capture:og", "reason": "The picture og could not be made"},
        {"stage": "something_new", "reason": "Who knows."},
    ]
    told = losses(run("partial_success", degradations=lost))

    assert [loss.title for loss in told] == [
        "Writing the card",
        "Taking the picture: Link preview",
        "Something new",
    ]
    assert told[0].meaning.startswith("Our own rules took the pen")
    assert told[1].meaning == "This one is missing; the others are whole."
    assert told[2].meaning == ""


def test_a_chapter_that_went_smoothly() -> None:
    """A chapter counts what is over, and is worth a look when something was tried twice."""
    smooth, bumpy = (
        chapters(run("success", step("pull_github_data", attempts=attempts)), VARIANTS)[0]
        for attempts in (1, 2)
    )

    assert (smooth.done, smooth.is_smooth) == (1, True)
    assert (bumpy.done, bumpy.is_smooth) == (1, False)
