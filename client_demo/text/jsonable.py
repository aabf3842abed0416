"""Values as JSON has them.

Pure. Knows LangChain's and LangGraph's shapes as far as pydantic does. Knows no file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import is_dataclass
from typing import Any

from pydantic import BaseModel


def jsonable(value: Any) -> Any:
    """Turn whatever a stream hands out into JSON values, keeping every field."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case BaseModel():
            shown = {name: getattr(value, name) for name in type(value).model_fields}
            return {"_": type(value).__name__, **jsonable(shown)}
        case Mapping():
            return {str(key): jsonable(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [jsonable(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        names = value.__dataclass_fields__
        return {"_": type(value).__name__, **{name: jsonable(getattr(value, name)) for name in names}}
    return repr(value)
