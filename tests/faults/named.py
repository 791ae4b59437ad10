"""Every crash point that has a name, and the tests that prove what becomes of it."""

from typing import Final

TABLE: Final = "faults/test_every_trouble.py::test_trouble"
POINTS: Final = "faults/test_crash_points.py::"
LEDGER: Final = "integration/api/test_ledger.py::"
SWEEP: Final = "integration/api/test_sweep.py::"
CANCELING: Final = "integration/api/test_canceling.py::"
GENERATOR: Final = "integration/generator/test_crashes.py::"
ROAD: Final = "integration/common/test_road.py::"

PROVEN_BY: Final = {
    "api after commit before reply": (
        "integration/api/test_crash_points.py::test_api_after_commit_before_reply",
    ),
    "relay after publish before mark": (
        "integration/api/test_crash_points.py::test_relay_after_publish_before_mark",
    ),
    "generator in each stage": (GENERATOR + "test_crash_anywhere", TABLE),
    "generator between a stage's answer and its artifact": (GENERATOR + "test_crash_anywhere",),
    "generator after card.generated before ack": (
        GENERATOR + "test_after_the_card_was_told_before_its_acknowledgement",
    ),
    "two generators on one message": (GENERATOR + "test_two_generators_on_one_message",),
    "ledger with Postgres away": (TABLE,),
    "two last pictures at once": (LEDGER + "test_two_last_pictures_at_once",),
    "submit against ledger (deadlock)": (LEDGER + "test_submit_against_the_ledger",),
    "screenshotter in an out-of-memory loop": (SWEEP + "test_dying_for_good_on_one_picture",),
    "optimizer between PNG and WebP": (
        "integration/optimizer/test_crashes.py::test_between_png_and_webp",
    ),
    "optimizer dying for good on one picture": (SWEEP + "test_dying_for_good_on_one_picture",),
    "sweep within the dedupe window": (SWEEP + "test_lost_is_told_again",),
    "sweep during a backlog": (
        SWEEP + "test_waiting_is_left_alone",
        SWEEP + "test_waiting_is_not_counted",
    ),
    "sweep on a wiped store": (
        SWEEP + "test_a_wiped_store_is_healed_and_told_again_at_once",
        TABLE,
    ),
    "an old run's picture after the deadline": (
        SWEEP + "test_an_old_runs_picture_after_the_deadline",
    ),
    "canceled run still working": (
        CANCELING + "test_cancel_during_capture",
        CANCELING + "test_a_card_after_the_cancel",
    ),
    "rename during a run": (
        LEDGER + "test_a_renamed_account",
        CANCELING + "test_two_open_runs_of_one_account",
    ),
    "recycled login during a run": (LEDGER + "test_a_recycled_login",),
    "two owners, one already told": (
        "integration/notifier/test_told_once.py::test_two_owners_one_already_told",
    ),
    "dead letter replayed after the run closed": (
        "e2e/test_operators.py::test_dead_letters_of_a_closed_run",
        "integration/cli/test_dead.py::test_replay_of_a_closed_run",
    ),
    "rolling restart": (POINTS + "test_rolling_restart",),
    "Chromium killed mid-picture": (
        POINTS + "test_chromium_killed_mid_picture",
        "integration/screenshotter/test_recovery.py::test_killed_in_the_middle",
    ),
    "SIGTERM under load: no redelivery": (
        POINTS + "test_rolling_restart",
        ROAD + "test_what_comes_while_stopping_is_delivered_once",
        "integration/notifier/test_told_once.py::test_stopped_while_sending",
        TABLE,
    ),
    "SIGKILL: message back within ack_wait": (
        POINTS + "test_what_a_killed_service_had_in_hand_comes_back",
    ),
    "unparsable event, unknown type, unknown run, oversized event": (
        POINTS + "test_nonsense_is_buried_and_blocks_nobody",
        ROAD + "test_nonsense_is_buried_and_blocks_nothing",
    ),
    "object store away for 30 s": ("faults/test_every_trouble.py::test_trouble_with_a_bucket",),
    "disk full": (TABLE,),
}
