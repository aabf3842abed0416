"""The sample is a project of its own: its tests are run by a pytest of their own."""

collect_ignore = ["sample"]
