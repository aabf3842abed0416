"""What the scripted model says when nothing tells it what to say: short, sensible, plainly no model's.

Knows a few topics. Refuses to know requests and tokens.
"""

from __future__ import annotations

import re

_PLACE = re.compile(r"\b(?:in|inside|of) (?:the|a|an|my|your|our|this)\s+(\w[\w-]*)", re.IGNORECASE)
_TOPIC = re.compile(r"\babout (?:the |a |an )?([^?.!\n]+)", re.IGNORECASE)
_ITEMS = {
    "bedroom": "a bed, a wardrobe, a nightstand, a lamp and a rug",
    "kitchen": "a stove, a sink, a fridge, a table and a kettle",
    "bathroom": "a sink, a mirror, a towel, a bathtub and a shelf",
    "office": "a desk, a chair, a screen, a shelf and a plant",
    "garage": "a car, a bicycle, a workbench, a ladder and a toolbox",
}
_ANYWHERE = "a table, a chair, a lamp, a shelf and a box"
_QUOTED_WORDS = 12


def place_in(words: str) -> str | None:
    """Find the place that is talked about, as in "in the bedroom"."""
    match = _PLACE.search(words)
    return match[1] if match else None


def topic_in(words: str) -> str | None:
    """Find the topic that is talked about, as in "about cats"."""
    match = _TOPIC.search(words)
    return match[1].strip() if match else None


def answer_to(words: str) -> str:
    """Answer a prompt."""
    lowered = words.lower()
    if "joke" in lowered:
        topic = topic_in(words) or "the pipe"
        return f"Scripted joke: Why did {topic} cross the pipe? To be streamed on the other side."
    if "summar" in lowered:
        return f"Scripted summary: {quoted(_after_colon(words))}"
    if "item" in lowered or "thing" in lowered or "object" in lowered:
        place = place_in(words) or "place"
        return f"Scripted list for the {place}: {_ITEMS.get(place.lower(), _ANYWHERE)}."
    return f"Scripted answer, not a model's, to: {quoted(words)}"


def report_of(results: list[str]) -> str:
    """Say in a sentence what tools have found."""
    return f"The tool says: {' / '.join(quoted(result) for result in results)}"


def quoted(text: str) -> str:
    """Give the start of a text on one line."""
    words = text.split()
    return " ".join(words[:_QUOTED_WORDS]) + (" ..." if len(words) > _QUOTED_WORDS else "")


def _after_colon(words: str) -> str:
    """Leave out the instruction in front of the text to summarize."""
    head, _, text = words.partition("\n")
    return text if text.strip() else head
