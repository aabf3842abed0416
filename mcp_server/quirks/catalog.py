"""The quirks by name, with one sentence each on what it does, and how their names are read.

Body quirks belong to the tool wherever it runs, wire quirks to the server that offers it. Knows words only.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from mcp_server.errors import UnknownQuirk

BODY = {
    "cached": "A caller that does not stream gets the answer of an earlier call, and no model is asked.",
    "stateful": "A result ends with the number of calls of its tool so far.",
    "postprocessed": "A result is trimmed and marked as edited, after its tokens were streamed.",
    "other_request": "The tool asks for brevity, in its first text, if its caller streams.",
    "content_upper": "The tool asks the model once and returns `reply.content.upper()`.",
    "content_spelled": "The tool asks the model once and returns `str(reply.content)`.",
    "explicit_astream": "The tool asks the model once, by `llm.astream` whoever calls.",
    "raises": "The tool raises when its work is done.",
    "sync": "The tool sleeps for half a second and lets nothing else run meanwhile.",
    "unaccountable": "The tool asks no model, and has other words for a caller that streams.",
    "wrong_partials": "The tool begins with a partial text with which its result does not begin.",
}
WIRE = {
    "late": "The last progress message of a call goes out after its result.",
    "reordered": "Progress messages go out in pairs, the second one first.",
    "lossy": "The second progress message of a call is left out.",
    "buffered": "Progress messages are held back until the tool is done.",
    "misattributed": "While calls run in parallel, the progress of one goes out as another's.",
    "ignores_cancel": "A call that its client cancels goes on to its end all the same.",
    "json_response": "Over HTTP, a call is answered with one JSON body, in which no progress travels.",
}
QUIRKS = {**BODY, **WIRE}
OVER_HTTP = "json_response"

HELP_COLUMNS = 64
"""What is left for the words of an option where help is 100 columns wide."""


def read_quirks(given: Iterable[str]) -> frozenset[str]:
    """Read names, several of which may stand in one text with commas between them. Raises: UnknownQuirk."""
    names = [name.strip() for text in given for name in text.split(",") if name.strip()]
    for name in names:
        if name not in QUIRKS:
            raise UnknownQuirk(quirk=name, known=tuple(QUIRKS))
    return frozenset(names)


def listed() -> str:
    """The quirks and their sentences, as lines for a help text."""
    return "\n".join(
        textwrap.fill(f"{name}: {sentence}", HELP_COLUMNS, subsequent_indent="  ")
        for name, sentence in QUIRKS.items()
    )
