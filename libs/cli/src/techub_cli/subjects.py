"""Which subjects of the stream a pattern means."""

from collections.abc import Sequence

from techub_common.errors import Permanent


def matching(patterns: Sequence[str], subjects: Sequence[str]) -> list[str]:
    """Return the subjects that one of the patterns means; raise Permanent when there is none.

    Patterns are NATS's: `*` stands for one word, `>` for all that follow.
    """
    found = [subject for subject in subjects if any(_means(p, subject) for p in patterns)]
    if not found:
        message = f"no subject is like {' or '.join(patterns)}; there are {', '.join(subjects)}"
        raise Permanent(message, code="subject_unknown")
    return found


def _means(pattern: str, subject: str) -> bool:
    wanted, words = pattern.split("."), subject.split(".")
    if wanted[-1] == ">" and len(words) >= len(wanted):
        wanted, words = wanted[:-1], words[: len(wanted) - 1]
    return len(wanted) == len(words) and all(
        want in ("*", word) for want, word in zip(wanted, words, strict=True)
    )
