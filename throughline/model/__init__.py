"""The model that everything asks: the user's own, a small embedded one, or a scripted one.

Always an OpenAI-compatible endpoint on loopback, asked through `langchain-openai`, and watched: who asked,
whether it streamed, how many tokens, who left.
"""

from throughline.model.chat import chat_model
from throughline.model.opening import OpenModel, open_model
from throughline.model.settings import ModelSettings, read_settings

__all__ = ["ModelSettings", "OpenModel", "chat_model", "open_model", "read_settings"]
