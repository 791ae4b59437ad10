"""The mails: subject, HTML and plain text from templates, frozen as the JSON that is sent."""

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from techub_common.events import BudgetExhausted, Ended, HealthChanged, MailReported, RunError
from techub_common.links import confirm_token, unsubscribe_token
from techub_common.masking import mask
from techub_notifier.plain import plain
from techub_notifier.reasons import reason_for, signs_of
from techub_notifier.rows import Digest, Unconfirmed
from techub_notifier.rules import Audience, Mail, Notice, RunEvent, run_event

SUBJECT_LENGTH: Final = 120
TEXT_LENGTH: Final = 600
SHORT_TEXT: Final = 160
MOST_DEGRADATIONS: Final = 20
MOST_IN_DIGEST: Final = 50

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
    """Writes mails from one sender about one installation; `secret` signs the links in them."""

    sender: str
    host: str
    secret: str
    env: str = "production"

    def frozen(self, event: Ended, notice: Notice, delivery_id: UUID) -> str:
        """Return the mail as the JSON that every try will send, byte for byte."""
        how = run_event(event)
        shown = self._shown(event, how)
        if notice.audience is Audience.ops:
            subject = self._alert_subject(event, how)
            return self._mail("alert", how, notice, delivery_id, subject, shown)
        unsubscribe = self._unsubscribe_url(notice)
        shown |= {"unsubscribe_url": unsubscribe}
        headers = {
            "List-Unsubscribe": f"<{unsubscribe}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
        if how == "completed":
            subject = f"Your TecHub card is ready, @{event.login}"
            return self._mail("completed", how, notice, delivery_id, subject, shown, headers)
        subject = f"We could not make your TecHub card, @{event.login}"
        return self._mail("failed", how, notice, delivery_id, subject, shown, headers)

    def confirm(self, wanted: Unconfirmed, notice: Notice, delivery_id: UUID) -> str:
        """Return the mail with the link that confirms an address."""
        token = confirm_token(self.secret, wanted.user_id, wanted.address)
        shown = {
            "login": plain(wanted.login, 80),
            "confirm_url": f"{self.host}/settings/account/confirm/{token}",
            "host": self.host,
        }
        subject = "Is this your address? Confirm it for TecHub"
        return self._mail("confirm", "confirm", notice, delivery_id, subject, shown)

    def digest(self, digest: Digest) -> str:
        """Return one mail about all alerts of a digest, the first fifty by name."""
        count = len(digest.summaries)
        shown = {
            "alerts": [
                {**each, "run_url": f"{self.host}/ops/runs/{each['run_id']}"}
                for each in digest.summaries[:MOST_IN_DIGEST]
            ],
            "count": count,
            "left": max(0, count - MOST_IN_DIGEST),
            "host": self.host,
            "env": self.env,
            "ops_url": f"{self.host}/ops",
        }
        notice = Notice(Audience.ops, "", digest.address)
        subject = f"{self._where()} {count} more alerts within ten minutes"
        return self._mail("digest", "digest", notice, digest.id, subject, shown)

    def bounced(self, event: MailReported, notice: Notice, about: UUID, delivery_id: UUID) -> str:
        """Return the alert that an address takes no mail any more; the address is not named."""
        shown = {
            "reported": event.reported,
            "reason": plain(mask(event.reason), TEXT_LENGTH) or "no reason given",
            "about": str(about),
            "show": f"techub notifications show {str(about)[:8]}",
            "host": self.host,
            "env": self.env,
        }
        subject = f"{self._where()} an address takes no mail any more ({event.reported})"
        return self._mail("bounced", "bounced", notice, delivery_id, subject, shown)

    def budget(self, event: BudgetExhausted, notice: Notice, delivery_id: UUID) -> str:
        """Return the alert that models are not asked any more today, and what they have cost."""
        shown = {
            "day": f"{event.day:%A}, {event.day.day} {event.day:%B %Y}",
            "tokens": f"{event.tokens:,}",
            "promised": f"{event.promised:,}" if event.promised else "",
            "budget": f"{event.budget:,}",
            "cost": f"${event.cost_micros / 1e6:,.2f}",
            "show": "techub gemini status",
            "host": self.host,
            "env": self.env,
        }
        subject = f"{self._where()} the day's budget for models is used up ({event.day})"
        return self._mail("budget", "budget", notice, delivery_id, subject, shown)

    def health(self, event: HealthChanged, notice: Notice, delivery_id: UUID) -> str:
        """Return the alert about what fails now and what works again, with what to do."""
        changes = [
            {
                "service": plain(each.service, 40),
                "check": plain(each.check, 80),
                "seen": plain(mask(each.seen), TEXT_LENGTH),
                "todo": plain(mask(each.todo), TEXT_LENGTH),
                "state": each.state,
                "since": f"{each.since:%Y-%m-%d %H:%M} UTC" if each.since else "",
            }
            for each in event.changes
        ]
        failed = [each for each in changes if each["state"] == "fail"]
        mended = [each for each in changes if each["state"] == "ok"]
        what = headline(failed, mended)
        shown = {
            "what": what,
            "failed": failed,
            "mended": mended,
            "more": event.more,
            "failing": event.failing,
            "ask": "techub doctor",
            "page_url": f"{self.host}/ops/doctor",
            "host": self.host,
            "env": self.env,
        }
        subject = f"{self._where()} {what}"
        return self._mail("health", "health", notice, delivery_id, subject, shown)

    def smoke(self, to: str, message: str) -> dict[str, Any]:
        """Return the mail that shows whether mails go out at all."""
        shown = {"message": plain(message, TEXT_LENGTH), "host": self.host, "env": self.env}
        subject = "TecHub email smoke test"
        return self._document("smoke", [], Notice(Audience.ops, "", to), subject, shown)

    def summary(self, event: Ended) -> dict[str, str]:
        """Return what a digest will say of this alert."""
        if event.error is not None:
            what, why = event.error.stage, event.error.message
        else:
            what = _stages(event)
            why = event.degradations[0].reason if event.degradations else ""
        return {
            "outcome": run_event(event),
            "login": plain(event.login, 80),
            "stage": plain(what, 80) or "no stage named",
            "reason": plain(mask(why), SHORT_TEXT) or "no reason given",
            "run_id": str(event.run_id),
        }

    def _mail(
        self,
        template: str,
        event: Mail,
        notice: Notice,
        delivery_id: UUID,
        subject: str,
        shown: dict[str, Any],
        headers: dict[str, str] | None = None,
    ) -> str:
        tags = [
            {"name": "event", "value": event},
            {"name": "audience", "value": notice.audience.value},
            {"name": "delivery", "value": str(delivery_id)},
        ]
        mail = self._document(template, tags, notice, subject, shown)
        if headers:
            mail["headers"] = headers
        return json.dumps(mail, ensure_ascii=False, separators=(",", ":"))

    def _document(
        self,
        template: str,
        tags: list[dict[str, str]],
        notice: Notice,
        subject: str,
        shown: dict[str, Any],
    ) -> dict[str, Any]:
        return {
            "from": self.sender,
            "to": [notice.address],
            "subject": plain(subject, SUBJECT_LENGTH),
            "html": _TEMPLATES.get_template(f"{template}.html").render(shown),
            "text": _TEMPLATES.get_template(f"{template}.txt").render(shown),
            **({"tags": tags} if tags else {}),
        }

    def _where(self) -> str:
        return f"[TecHub {self.env}]" if self.env != "production" else "[TecHub]"

    def _unsubscribe_url(self, notice: Notice) -> str:
        if notice.user_id is None:
            return f"{self.host}/settings/account"
        return f"{self.host}/unsubscribe/{unsubscribe_token(self.secret, notice.user_id)}"

    def _alert_subject(self, event: Ended, how: RunEvent) -> str:
        what = event.error.stage if event.error else _stages(event)
        return f"{self._where()} {how}: @{event.login} ({what or 'no stage named'})"

    def _shown(self, event: Ended, how: RunEvent) -> dict[str, Any]:
        login, host = plain(event.login, 80), self.host
        return {
            "login": login,
            "outcome": how,
            "env": self.env,
            "run_id": event.run_id,
            "trigger": event.trigger.value,
            "duration": f"{event.duration_ms / 1000:.1f} s",
            "reason": reason_for(event.error),
            "signs": signs_of(event.error),
            "error": event.error and _error(event.error),
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


def headline(failed: Sequence[Mapping[str, str]], mended: Sequence[Mapping[str, str]]) -> str:
    """Return in a few words what changed: the first by its name, the others counted."""
    verb, named = ("fails", failed) if failed else ("works again", mended)
    first, *others = named
    said = f"{first['service']}: {first['check']} {verb}"
    return f"{said}, and {len(others)} more" if others else said


def _error(error: RunError) -> dict[str, Any]:
    return {
        "stage": plain(error.stage, 80),
        "code": plain(error.code, 80),
        "message": plain(mask(error.message), TEXT_LENGTH),
        "attempts": error.attempts,
    }


def _stages(event: Ended) -> str:
    return ", ".join(dict.fromkeys(each.stage for each in event.degradations))
