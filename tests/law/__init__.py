"""The laws of DESIGN.md, over real stdio and on a real HTTP model."""
