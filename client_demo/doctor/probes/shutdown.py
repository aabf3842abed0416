"""SHUTDOWN: the client leaves, with a call in flight, and the server ends.

Knows the end of input over stdio, and DELETE over HTTP.
"""

from __future__ import annotations

from client_demo.doctor.checks import Check, bad, good, not_applicable, warning
from client_demo.doctor.patient import SHORTEST_S, Patient
from client_demo.doctor.record import span
from client_demo.doctor.wire import END_S, Ending

EOF = "end when standard input ends; a host that is killed can tell its servers nothing else."
CLEANLY = "let the end of input cancel what runs, and end with exit code 0."
_NOT_ALLOWED = 405
_ENDED = (200, 202, 204)


async def shutdown(patient: Patient) -> Check:
    """SHUTDOWN. Nothing can be asked of the session after it."""
    in_flight = False
    if patient.choice is not None and patient.usual_s() >= SHORTEST_S:
        call = await patient.begin()
        in_flight = call.ended is None
    ending = await patient.dialogue.end()
    return _by_delete(ending) if ending.how in ("deleted", "nothing") else _by_eof(ending, in_flight)


def _by_eof(ending: Ending, in_flight: bool) -> Check:
    during = ", with a call in flight" if in_flight else ""
    took = f"it ended after {span(ending.seconds)} with exit code {ending.code}{during}"
    if ending.how != "itself":
        needed = "SIGTERM" if ending.how == "term" else "SIGKILL"
        sentence = f"it lives on when its input has ended, and needs {needed}"
        return bad("SHUTDOWN", sentence, f"{2 * END_S:g} s were waited{during}", remedy=EOF)
    if ending.orphans:
        remedy = "end what the server has started before it ends itself."
        return bad("SHUTDOWN", "it leaves processes behind", took, remedy=remedy)
    if ending.seconds > END_S:
        sentence = f"it takes more than {END_S:g} s to end when its input ends"
        return warning("SHUTDOWN", sentence, took, remedy=CLEANLY)
    if ending.code != 0:
        return warning("SHUTDOWN", "it ends with an error when its input ends", took, remedy=CLEANLY)
    return good("SHUTDOWN", "it ends when its input ends", took)


def _by_delete(ending: Ending) -> Check:
    if ending.how == "nothing":
        return not_applicable("SHUTDOWN", "it holds no session, so there is none to end")
    if ending.code == _NOT_ALLOWED:
        return not_applicable("SHUTDOWN", "it does not let clients end sessions (405)")
    if ending.code is None:
        remedy = "answer DELETE at once, and cancel what runs."
        return bad("SHUTDOWN", f"DELETE of the session is not answered in {END_S:g} s", remedy=remedy)
    if ending.code in _ENDED:
        return good("SHUTDOWN", "DELETE ends the session", f"HTTP {ending.code} after {span(ending.seconds)}")
    remedy = "answer with 200, or with 405 where clients may not."
    return warning("SHUTDOWN", f"DELETE of the session is answered with HTTP {ending.code}", remedy=remedy)
