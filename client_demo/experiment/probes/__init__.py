"""Runs that are made to find something out: what no comparison meets by itself.

A probe is asked for by its name and notes what it measured (`causes/__init__.py`); causes are read from that.
"""

from client_demo.experiment.probes.every import PROBES, probe, probes_named

__all__ = ["PROBES", "probe", "probes_named"]
