"""What Locust asks in its own process: one picture's address, again and again.

Read by `embeds.py`; `PICTURE` is the path, `HELD` the ETag of what the asker holds already.
"""

import os

from locust import FastHttpUser, constant, task

PICTURE = os.environ["PICTURE"]
HELD = os.environ.get("HELD", "")
EXPECTED = 304 if HELD else 200


class Reader(FastHttpUser):
    """A README that is looked at without pause."""

    wait_time = constant(0)

    @task
    def look(self) -> None:
        """Ask for the picture; anything but what is expected counts as a failure."""
        headers = {"Accept": "image/avif,image/webp,image/*", "Accept-Encoding": "identity"}
        if HELD:
            headers["If-None-Match"] = HELD
        with self.client.get(PICTURE, headers=headers, catch_response=True, name="look") as answer:
            if answer.status_code == EXPECTED:
                answer.success()
            else:
                answer.failure(f"answered {answer.status_code}")
