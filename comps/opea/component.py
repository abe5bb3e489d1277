"""OPEA's components: implementations of a service, chosen by name (OPEA comps 1.5, ``comps.cores.common.component``)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

C = TypeVar("C", bound="type[OpeaComponent]")


class OpeaComponent(ABC):
    """One implementation. ``type``: of service, as text; ``config``: whatever it is set up with."""

    def __init__(self, name: str, type: str, description: str, config: dict[str, Any] | None = None) -> None:
        self.name = name
        self.type = type
        self.description = description
        self.config = {} if config is None else config

    def get_meta(self) -> dict[str, Any]:
        return {"name": self.name, "type": self.type, "description": self.description, "config": self.config}

    def update_config(self, key: str, value: Any) -> None:
        self.config[key] = value

    @abstractmethod
    def check_health(self) -> bool: ...

    @abstractmethod
    async def invoke(self, *args: Any, **kwargs: Any) -> Any: ...

    def __repr__(self) -> str:
        return f"OpeaComponent(name={self.name}, type={self.type}, description={self.description})"


class OpeaComponentRegistry:
    """The component classes of this process by name."""

    _registry: ClassVar[dict[str, type[OpeaComponent]]] = {}

    @classmethod
    def register(cls, name: str) -> Callable[[C], C]:
        """Decorator. Raises ValueError when the name is taken."""

        def decorate(component: C) -> C:
            if name in cls._registry:
                raise ValueError(f"a component is already registered as {name!r}")
            cls._registry[name] = component
            return component

        return decorate

    @classmethod
    def get(cls, name: str) -> type[OpeaComponent]:
        """Raises KeyError when there is none."""
        if name not in cls._registry:
            raise KeyError(f"no component is registered as {name!r}")
        return cls._registry[name]

    @classmethod
    def unregister(cls, name: str) -> None:
        """Harmless to repeat."""
        cls._registry.pop(name, None)


class OpeaComponentLoader:
    """The component registered as ``component_name``, made with ``name`` and the other arguments."""

    def __init__(self, component_name: str, **kwargs: Any) -> None:
        kwargs.setdefault("name", component_name)
        self.component = OpeaComponentRegistry.get(component_name)(**kwargs)

    async def invoke(self, *args: Any, **kwargs: Any) -> Any:
        return await self.component.invoke(*args, **kwargs)
