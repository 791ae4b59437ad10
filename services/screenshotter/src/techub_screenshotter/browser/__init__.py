"""The one door to Playwright: a sealed Chromium whose pages are drawn on again and again."""

from techub_screenshotter.browser.chromium import Browser, open_browser
from techub_screenshotter.browser.tab import BrowserLost, Picture

__all__ = ("Browser", "BrowserLost", "Picture", "open_browser")
