"""The mails: subject, HTML and plain text from templates, frozen as the JSON that is sent."""

import json
import shlex
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from techub_common.events import Ended
from techub_common.masking import mask
from techub_notifier.plain import plain
from techub_notifier.reasons import reason_for
from techub_notifier.rules import Audience, Notice, RunEvent, run_event

SUBJECT_LENGTH: Final = 120
TEXT_LENGTH: Final = 600
MOST_DEGRADATIONS: Final = 20

_TEMPLATES: Final = Environment(
    loader=PackageLoader("techub_notifier"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


@dataclass(frozen=True, slots=True)
class Letters:
    """Writes mails from one sender about one installation."""

    sender: str
    host: str
    env: str = "production"

    def frozen(self, event: Ended, notice: Notice) -> str:
        """Return the mail as the JSON that every try will send, byte for byte."""
        how = run_event(event)
        if notice.audience is Audience.ops:
            name, subject = "alert", self._alert_subject(event, how)
        elif how == "completed":
            name, subject = "completed", f"Your TecHub card is ready, @{event.login}"
        else:
            name, subject = "failed", f"We could not make your TecHub card, @{event.login}"
        shown = self._shown(event, how)
        mail = {
            "from": self.sender,
            "to": [notice.address],
            "subject": plain(subject, SUBJECT_LENGTH),
            "html": _TEMPLATES.get_template(f"{name}.html").render(shown),
            "text": _TEMPLATES.get_template(f"{name}.txt").render(shown),
            "tags": [
                {"name": "event", "value": how},
                {"name": "audience", "value": notice.audience.value},
            ],
        }
        return json.dumps(mail, ensure_ascii=False, separators=(",", ":"))

    def _alert_subject(self, event: Ended, how: RunEvent) -> str:
        where = f"[TecHub {self.env}]" if self.env != "production" else "[TecHub]"
        what = event.error.stage if event.error else _stages(event)
        return f"{where} {how}: @{event.login} ({what or 'no stage named'})"

    def _shown(self, event: Ended, how: RunEvent) -> dict[str, Any]:
        login, host = plain(event.login, 80), self.host
        error = event.error
        return {
            "login": login,
            "outcome": how,
            "env": self.env,
            "run_id": event.run_id,
            "trigger": event.trigger.value,
            "duration": f"{event.duration_ms / 1000:.1f} s",
            "reason": reason_for(error),
            "error": error
            and {
                "stage": plain(error.stage, 80),
                "code": plain(error.code, 80),
                "message": plain(mask(error.message), TEXT_LENGTH),
            },
            "degradations": [
                {"stage": plain(each.stage, 80), "reason": plain(mask(each.reason), TEXT_LENGTH)}
                for each in event.degradations[:MOST_DEGRADATIONS]
            ],
            "degradations_left": max(0, len(event.degradations) - MOST_DEGRADATIONS),
            "pictures": ", ".join(
                f"{count} {plain(name, 40)}" for name, count in sorted(event.counts.items())
            ),
            "redrive": f"techub pipeline run {shlex.quote(login)}",
            "host": host,
            "profile_url": f"{host}/profiles/{quote(event.login, safe='')}",
            "picture_url": f"{host}/og/{quote(event.login, safe='')}.jpg",
            "run_url": f"{host}/ops/runs/{event.run_id}",
            "mine_url": f"{host}/my/profiles",
            "settings_url": f"{host}/settings/account",
        }


def _stages(event: Ended) -> str:
    return ", ".join(dict.fromkeys(each.stage for each in event.degradations))
