"""How private objects of a run are read."""

import json

from techub_api.ops.artifacts import legible


def test_json_is_read_line_by_line() -> None:
    """A prompt stands there as it was put, below its key; short texts stay as they are."""
    prompt = 'Say "card".\nNo \\n here.'
    content = json.dumps({"exchanges": [{"question": prompt, "wrong": []}], "by": 'a "b"'})

    assert legible("runs/1/generate_ai_profile.json", content.encode()).splitlines() == [
        "{",
        '  "exchanges": [',
        "    {",
        '      "question": |',
        '        Say "card".',
        "        No \\n here.,",
        '      "wrong": []',
        "    }",
        "  ],",
        '  "by": "a \\"b\\""',
        "}",
    ]


def test_what_is_no_json_is_shown_as_it_is() -> None:
    """Bytes that are no text, and JSON that is none, are shown all the same."""
    assert legible("a.json", b"{\xff") == "{\\xff"
    assert legible("a.txt", b"a\nb") == "a\nb"
