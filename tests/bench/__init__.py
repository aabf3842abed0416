"""The benchmark: that its numbers are taken as it says, and that its checks catch what they are for."""
