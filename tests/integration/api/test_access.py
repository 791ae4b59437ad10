"""What operators do about people who are signed in."""

import asyncio
import os
import sys

from sqlalchemy import func, select

from techub_api.accounts.actions import user_with_login
from techub_api.accounts.sessions import open_session
from techub_api.accounts.tables import Session, User
from techub_api.resources import Resources
from techub_common.database import transaction


async def test_an_operator_signs_somebody_out(resources: Resources, api_database: str) -> None:
    """Every session of one person ends at once; others' go on."""
    async with transaction(resources.sessions) as session:
        for login in ("ada", "ada", "bob"):
            user = await user_with_login(session, login)
            await open_session(session, user.id, "a browser")
    command = ("-m", "techub_api", "access", "sign-out", "ADA")
    environment = os.environ | {
        "DATABASE_URL": api_database,
        "NATS_URL": "nats://127.0.0.1:1",
        "STORAGE_URL": "file:///tmp",
    }
    done = await asyncio.create_subprocess_exec(
        sys.executable, *command, env=environment, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await done.communicate()

    assert (done.returncode, said) == (0, b"2 sessions ended\n")
    async with transaction(resources.sessions) as session:
        left = select(User.login, func.count()).join(Session).group_by(User.login)
        assert [tuple(row) for row in await session.execute(left)] == [("bob", 1)]
