"""What an operator may call a run: its id, the beginning of it, a login; and what is said else."""

from uuid import UUID

import pytest

from techub_api.operators.answers import cancel_run, retry_run, show
from techub_api.resources import Resources
from techub_api.runs.handlers import keep_ledger
from techub_api.runs.tables import Run
from techub_common.asks import CancelRequest, RetryRequest, StatusRequest
from techub_common.database import transaction
from techub_common.errors import Permanent
from tests.integration.api.conftest import run_row, start_run
from tests.integration.api.facts import card, failed, recorded

FIRST = UUID("0badcafe-0000-4000-8000-000000000001")
SECOND = UUID("0badcafe-0000-4000-8000-000000000002")


async def shown(resources: Resources, text: str) -> str:
    """Return the run that `techub pipeline status` shows."""
    return str((await show(StatusRequest(login_or_run=text), resources))["run_id"])


async def finished(resources: Resources, login: str, github_id: int) -> UUID:
    """Run a login's card to its end, its first picture lost."""
    run_id = await start_run(resources, login)
    await keep_ledger(await card(resources, run_id, login, github_id=github_id), resources)
    lost, *others = resources.variants
    await keep_ledger(failed(run_id, lost), resources)
    for kind in others:
        await keep_ledger(recorded(run_id, kind), resources)
    return run_id


async def test_the_beginning_of_an_id(resources: Resources) -> None:
    """The eight characters that lists show are enough, to look, to cancel and to retry."""
    run_id = await finished(resources, "pip", 7)
    short = str(run_id)[:8]
    again = await retry_run(RetryRequest(login_or_run=short.upper()), resources)
    canceled = await cancel_run(CancelRequest(login_or_run=again["run_id"][:13]), resources)

    assert await shown(resources, short) == str(run_id)
    assert (await run_row(resources, UUID(again["run_id"]))).parent_run_id == run_id
    assert canceled["canceled"]


async def test_a_beginning_of_several(resources: Resources) -> None:
    """When several runs begin so, more of the id is asked for."""
    row = await run_row(resources, await finished(resources, "pip", 7))
    values = {
        name: getattr(row, name)
        for name in (column.name for column in Run.__table__.columns)
        if name != "number"
    }
    async with transaction(resources.sessions) as session:
        session.add_all([Run(**values | {"id": run_id}) for run_id in (FIRST, SECOND)])

    with pytest.raises(Permanent, match="several runs begin with '0badcafe'") as raised:
        await shown(resources, "0badcafe")
    assert raised.value.code == "run_ambiguous"
    assert await shown(resources, str(SECOND)) == str(SECOND)


async def test_a_login_comes_before_a_beginning(resources: Resources) -> None:
    """A login that reads like the beginning of another run's id means the login."""
    other = await finished(resources, "pip", 7)
    own = await start_run(resources, str(other)[:8])

    assert await shown(resources, str(other)[:8]) == str(own)


@pytest.mark.parametrize("text", ["0badcaf", "0badcaf%", "________", "nobody-here", "%"])
async def test_what_names_nothing(resources: Resources, text: str) -> None:
    """Less than eight characters and what is no id name no run."""
    await finished(resources, "pip", 7)

    with pytest.raises(Permanent, match="there is no run of") as raised:
        await shown(resources, text)
    assert raised.value.code == "run_missing"


async def test_a_renamed_account(resources: Resources) -> None:
    """Who asks for the old login is told the new one; under that the runs of both are found."""
    await finished(resources, "pip", 7)
    second = await finished(resources, "pippa", 7)

    with pytest.raises(Permanent, match="the account that had this login is pippa now") as raised:
        await shown(resources, "Pip")
    assert raised.value.code == "run_missing"
    assert await shown(resources, "pippa") == str(second)


async def test_a_recycled_login(resources: Resources) -> None:
    """A login that somebody else has now means that account's run."""
    await finished(resources, "pip", 7)
    newcomers = await finished(resources, "pip", 8)

    assert await shown(resources, "pip") == str(newcomers)


async def test_a_step_there_is_not(resources: Resources) -> None:
    """A retry of a step the run never had says which one it does not know."""
    run_id = await finished(resources, "pip", 7)

    with pytest.raises(Permanent, match="it has no step capture:moon") as raised:
        await retry_run(RetryRequest(login_or_run=str(run_id), steps=("capture:moon",)), resources)
    assert raised.value.code == "nothing_to_retry"
