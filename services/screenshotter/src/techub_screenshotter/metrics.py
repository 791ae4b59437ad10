"""What the screenshotter counts of its browser, beside what every service counts."""

from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge

from techub_screenshotter.studio import REASONS


@dataclass(frozen=True, slots=True)
class BrowserMetrics:
    """Browsers that were replaced, the age of the one at hand, and what pages were not allowed."""

    replaced: Counter
    age: Gauge
    refused: Counter


def browser_metrics(registry: CollectorRegistry) -> BrowserMetrics:
    """Return them in that registry, each reason with its zero."""
    replaced = Counter(
        "techub_screenshot_browser_replacements",
        "Browsers replaced, because their memory grew or because they failed",
        ["reason"],
        registry=registry,
    )
    for reason in REASONS:
        replaced.labels(reason)
    age = Gauge(
        "techub_screenshot_browser_age_seconds",
        "How long ago the browser at hand was started",
        registry=registry,
    )
    refused = Counter(
        "techub_screenshot_requests_refused",
        "Requests that pages tried to make and were not allowed to",
        registry=registry,
    )
    return BrowserMetrics(replaced, age, refused)
