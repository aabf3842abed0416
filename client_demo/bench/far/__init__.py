"""The far sides that suites spawn. Empty: how fast they start is measured."""
