"""Each ``build`` makes a service of its own; OPEA's decorator adds routes to the service that has the name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from comps import MicroService, opea_microservices, register_microservice
from comps.animation import service as animation
from comps.asr import service as asr
from comps.cores.common.settings import AnimationSettings, AsrSettings, DescribeSettings, LlmSettings, TtsSettings
from comps.describe import service as describe
from comps.llms import service as llm
from comps.tts import service as tts

SERVICES: list[Any] = [
    pytest.param(llm.build, lambda: LlmSettings(port=0, engine="responder"), id="llm"),
    pytest.param(asr.build, lambda: AsrSettings(port=0), id="asr"),
    pytest.param(tts.build, lambda: TtsSettings(port=0), id="tts"),
    pytest.param(describe.build, lambda: DescribeSettings(port=0), id="describe"),
    pytest.param(animation.build, lambda: AnimationSettings(port=0, engine="warp"), id="animation"),
]


def _routes(service: MicroService) -> Counter[tuple[str, str]]:
    routes: Any = service.app.routes
    return Counter((route.path, method) for route in routes for method in getattr(route, "methods", None) or ["socket"])


@pytest.mark.parametrize(("build", "settings"), SERVICES)
def test_a_second_build_is_a_service_of_its_own(build: Callable[[Any], MicroService], settings: Callable[[], Any]) -> None:
    first, second = build(settings()), build(settings())
    assert first is not second
    assert first.port != second.port
    assert _routes(first) == _routes(second)
    assert set(_routes(second).values()) == {1}
    for service in (first, second):
        service._socket.close()


def test_settings_of_the_second_are_its_own() -> None:
    first = llm.build(LlmSettings(port=0, engine="responder"))
    second = llm.build(LlmSettings(port=0, engine="openai_compatible", endpoint="http://127.0.0.1:1/v1"))
    engines = [[type(resource).__name__ for resource in service._http._resources] for service in (first, second)]
    assert engines == [["Responder"], ["OpenAICompatible"]]
    first._socket.close()
    second._socket.close()


def test_opeas_decorator_adds_to_the_service_that_has_the_name() -> None:
    service = llm.build(LlmSettings(port=0, engine="responder"))

    @register_microservice(name=llm.NAME, endpoint="/v1/added", methods=["GET"])
    async def added() -> int:
        return 1

    assert opea_microservices[llm.NAME] is service
    assert _routes(service)["/v1/added", "GET"] == 1
    service._socket.close()
