"""Why runs differ: every known cause, found in a comparison's evidence.

A cause is a function of evidence alone. What a comparison does not meet by itself is found out by probes:
runs with `probe` set, whose `notes` say (in seconds, unless it is a count):

    ============  =======================  ============================================================
    probe         notes                    meaning
    ============  =======================  ============================================================
    cancel        left_s                   when the caller left, from the run's start
                  tokens_after             tokens that the tool's provider made after that, to the end
                  reader_left              whether the provider saw its reader leave before the end
                  after_s (optional)       for how long the tool's model was at it after that
    slow reader   tool_started_s           when the tool started, after the first piece was handed out, with
                                           a reader that works on it for a while
                  quick_tool_started_s     the same with a reader that does not
    ping          ping_s                   how long a ping (local: a callback of the event loop) waited
                                           while the tool ran
                  idle_ping_s (optional)   the same while nothing ran
    parallel      none                     two or more calls at once, of different arguments: read are
                                           `messages`, `results`, and `sights` with `tool_call_id`
    callback      none                     a progress callback that raises: `log` is read, for lines
                                           with "Progress callback raised"
    ============  =======================  ============================================================

Any run, probe or not, may have `transport` ("stdio" or "http") and `content_type` (of the HTTP response to
`tools/call`) in its notes: by them JSON_RESPONSE_MODE is told from LOST_FRAMES. The names of probes are free;
the notes are what is read. Runs with `probe` set take no part in the comparison itself.
"""

from client_demo.causes.codes import CODES, Code
from client_demo.causes.differences import Difference, differences
from client_demo.causes.find import CAUSES, find

__all__ = ["CAUSES", "CODES", "Code", "Difference", "differences", "find"]
