"""The far side: an MCP server whose tools call an LLM and stream while they do."""
