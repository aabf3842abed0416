"""throughline: LLM tokens across the MCP boundary, into every LangGraph stream."""

__version__ = "0.1.0"
__all__ = ["__version__"]
