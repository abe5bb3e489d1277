"""The official ``openai`` package and ``huggingface_hub``'s client drive the gateway."""

from __future__ import annotations

import io
import re
import wave
from collections.abc import Iterator
from pathlib import Path

import httpx
import openai
import pytest
from huggingface_hub import InferenceClient
from huggingface_hub.errors import HfHubHTTPError
from openai import OpenAI
from pydantic import SecretStr

from AvatarChatbot.gateway import AvatarChatbotGateway
from comps.asr import service as asr
from comps.asr.engines.moonshine import MoonshineEngine
from comps.cores.common.settings import AsrSettings, GatewaySettings, LlmSettings, StorageSettings, TtsSettings
from comps.llms import service as llms
from comps.media.audio import decode_audio
from comps.tts import service as tts
from tests.serving import serving

KEY = "a-secret-key"
QUESTION = Path("AvatarChatbot/demo/who_are_you.wav")
HELLO = [{"role": "user", "content": "Who are you?"}]
TEXT = "Good morning, everybody. This is a sentence that is spoken aloud, and here is another one. That was all."


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A gateway with a key before three stages."""
    folder = tmp_path_factory.mktemp("openai")
    ear = "moonshine" if MoonshineEngine.unavailable(AsrSettings()) is None else "pocketsphinx"
    stages = {
        "asr_url": asr.build(AsrSettings(port=0, engine=ear)),
        "llm_url": llms.build(LlmSettings(port=0, engine="responder")),
        "tts_url": tts.build(TtsSettings(port=0)),
    }
    gateway = AvatarChatbotGateway(
        GatewaySettings(
            port=0,
            api_key=SecretStr(KEY),
            key_rate=100_000,
            storage=StorageSettings(blobs=str(folder / "blobs"), database=f"sqlite+aiosqlite:///{folder}/records.db"),
            **{name: service.base_url for name, service in stages.items()},
        )
    )
    with serving(*stages.values(), gateway.service):
        yield gateway.service.base_url


@pytest.fixture(scope="module")
def client(url: str) -> OpenAI:
    return OpenAI(base_url=f"{url}/v1", api_key=KEY, max_retries=0)


@pytest.fixture(scope="module")
def hub(url: str) -> InferenceClient:
    return InferenceClient(base_url=f"{url}/v1", api_key=KEY)


def test_models_are_those_of_the_stage_and_our_characters(client: OpenAI) -> None:
    names = [model.id for model in client.models.list()]
    assert names[0] == "responder"
    assert {"avatarchatbot/aria", "avatarchatbot/mei"} <= {*names}
    assert [client.models.retrieve(name).id for name in ("responder", "avatarchatbot/mei")] == ["responder", "avatarchatbot/mei"]
    with pytest.raises(openai.NotFoundError, match="there is none of that name"):
        client.models.retrieve("gpt-17")


def test_a_chat(client: OpenAI) -> None:
    said = client.chat.completions.create(model="gpt-4o", messages=HELLO, temperature=0.2, top_p=0.9, seed=1, max_tokens=100)
    choice = said.choices[0]
    assert choice.message.role == "assistant"
    assert choice.message.content
    assert choice.finish_reason == "stop"
    assert said.usage is not None
    assert said.usage.total_tokens == said.usage.prompt_tokens + said.usage.completion_tokens > 0


def test_a_character_answers_as_a_model(client: OpenAI) -> None:
    answers = [
        client.chat.completions.create(model=f"avatarchatbot/{name}", messages=HELLO).choices[0].message.content or ""
        for name in ("mei", "kofi")
    ]
    assert ["Mei" in answers[0], "Kofi" in answers[1]] == [True, True]
    with pytest.raises(openai.NotFoundError) as refused:
        client.chat.completions.create(model="avatarchatbot/nobody", messages=HELLO)
    assert (refused.value.param, refused.value.code) == ("model", "not_found")


def test_a_persona_answers(client: OpenAI, url: str) -> None:
    card = {"name": "Zebulon", "background": ["Zebulon keeps a lighthouse."]}
    as_card = client.chat.completions.create(model="x", messages=HELLO, extra_body={"persona": card})
    assert "Zebulon" in (as_card.choices[0].message.content or "")
    headers = {"Authorization": f"Bearer {KEY}"}
    made = httpx.post(f"{url}/v1/avatarchatbot/personas", json=card, headers=headers, trust_env=False)
    stored = client.chat.completions.create(model="x", messages=HELLO, extra_body={"persona": made.json()["id"]})
    assert "Zebulon" in (stored.choices[0].message.content or "")
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.create(model="x", messages=HELLO, extra_body={"persona": "0" * 32})


def test_messages_of_all_kinds_that_are_text(client: OpenAI) -> None:
    parts = [{"type": "text", "text": "Who "}, {"type": "text", "text": "are you?"}]
    messages = [{"role": "developer", "content": "Be brief."}, {"role": "user", "content": parts}]
    assert client.chat.completions.create(model="x", messages=messages).choices[0].message.content  # type: ignore[call-overload]


def test_a_streamed_chat(client: OpenAI) -> None:
    whole = client.chat.completions.create(model="x", messages=HELLO).choices[0].message.content
    chunks = list(client.chat.completions.create(model="x", messages=HELLO, stream=True, stream_options={"include_usage": True}))
    texts = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
    assert "".join(texts) == whole
    assert len([text for text in texts if text]) > 3
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens > 3
    assert len({chunk.id for chunk in chunks}) == 1


@pytest.mark.parametrize(
    ("asked", "param", "words"),
    [
        ({"n": 2}, "n", "one answer"),
        ({"tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}]}, "tools", "no tools"),
        ({"logprobs": True}, "logprobs", "not told"),
        ({"modalities": ["text", "audio"]}, "modalities", "/v1/audio/speech"),
        ({"temperature": 3}, "temperature", "less than or equal to 2"),
        ({"response_format": {"type": "json_object"}}, "response_format", "plain text only"),
        ({"messages": []}, "messages", "at least 1"),
        (
            {
                "messages": [
                    {
                        "role": "user",
                        "content": [
                            {"type": "text", "text": "What is this?"},
                            {"type": "image_url", "image_url": {"url": "data:,"}},
                        ],
                    }
                ]
            },
            "messages.0.content",
            "part 1 is no text (image_url)",
        ),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_an_error_shows_its_words(client: OpenAI, asked: dict[str, object], param: str, words: str, stream: bool) -> None:
    with pytest.raises(openai.UnprocessableEntityError) as refused:
        client.chat.completions.create(**{"model": "x", "messages": HELLO, "stream": stream, **asked})  # type: ignore[call-overload]
    assert words in str(refused.value)
    assert (refused.value.param, refused.value.type) == (param, "invalid_request_error")


def test_a_wrong_key_is_one(url: str) -> None:
    for call in (
        lambda stranger: stranger.models.list(),
        lambda stranger: stranger.chat.completions.create(model="x", messages=HELLO, stream=True),
        lambda stranger: stranger.audio.speech.create(model="x", voice="alloy", input="Hi"),
        lambda stranger: stranger.audio.transcriptions.create(model="x", file=QUESTION),
    ):
        with pytest.raises(openai.AuthenticationError, match="this key is not known"):
            call(OpenAI(base_url=f"{url}/v1", api_key="another", max_retries=0))


def test_a_transcription_in_every_format(client: OpenAI) -> None:
    def said(**asked: object) -> object:
        return client.audio.transcriptions.create(model="whisper-1", file=QUESTION, language="en", **asked)  # type: ignore[call-overload]

    plain = said(prompt="An interview.", temperature=0)
    assert re.sub(r"\W", "", plain.text.lower()) == "whoareyou"  # type: ignore[attr-defined]
    assert said(response_format="text") == plain.text  # type: ignore[attr-defined]
    srt, vtt = said(response_format="srt"), said(response_format="vtt")
    assert re.fullmatch(r"1\n00:00:0\d,\d{3} --> 00:00:0\d,\d{3}\n.+\n", str(srt))
    assert re.fullmatch(r"WEBVTT\n\n00:00:0\d\.\d{3} --> 00:00:0\d\.\d{3}\n.+\n", str(vtt))
    verbose = said(response_format="verbose_json", timestamp_granularities=["word", "segment"])
    assert verbose.text == plain.text  # type: ignore[attr-defined]
    words = verbose.words  # type: ignore[attr-defined]
    assert [word.word.lower() for word in words] == ["who", "are", "you"]
    assert all(0 <= word.start < word.end <= verbose.duration for word in words)  # type: ignore[attr-defined]
    assert [segment.text for segment in verbose.segments] == [plain.text]  # type: ignore[attr-defined]


def test_a_streamed_transcription(client: OpenAI) -> None:
    plain = client.audio.transcriptions.create(model="x", file=QUESTION)
    events = list(client.audio.transcriptions.create(model="x", file=QUESTION, stream=True))
    assert [event.type for event in events] == ["transcript.text.delta", "transcript.text.done"]
    assert [getattr(event, "delta", None) or getattr(event, "text", None) for event in events] == [plain.text] * 2


def test_a_transcription_that_cannot_be_made(client: OpenAI) -> None:
    with pytest.raises(openai.APIStatusError, match="cannot be decoded") as refused:
        client.audio.transcriptions.create(model="x", file=("noise.wav", b"no sound at all"))
    assert (refused.value.status_code, refused.value.param) == (415, "file")
    with pytest.raises(openai.UnprocessableEntityError, match="who speaks"):
        client.audio.transcriptions.create(model="x", file=QUESTION, response_format="diarized_json")
    with pytest.raises(openai.NotFoundError, match="not translated"):
        client.audio.translations.create(model="x", file=QUESTION)


@pytest.mark.parametrize("format", ["mp3", "opus", "aac", "flac", "wav"])
def test_speech(client: OpenAI, format: str, tmp_path: Path) -> None:
    file = tmp_path / f"said.{format}"
    made = client.audio.speech.with_streaming_response.create(
        model="tts-1", voice="alloy", input=TEXT, response_format=format, instructions="Speak slowly."
    )
    with made as answer:
        answer.stream_to_file(file)
    assert 4 < decode_audio(file.read_bytes()).duration_s < 12


def test_speech_comes_as_it_is_made(client: OpenAI) -> None:
    made = client.audio.speech.with_streaming_response.create(
        model="tts-1", voice="an old sailor", input=TEXT, response_format="pcm", speed=1.5
    )
    with made as answer:
        rate = int(answer.headers["x-sample-rate"])
        pieces = list(answer.iter_bytes())
    assert len(pieces) > 1
    assert 2 < len(b"".join(pieces)) / 2 / rate < 8
    german = client.audio.speech.create(model="x", voice="de", input="Guten Tag.", response_format="wav").read()
    with wave.open(io.BytesIO(german)) as file:
        assert file.getnframes() > 0


def test_speech_that_cannot_be_made(client: OpenAI) -> None:
    for param, value in (("voice", "qqq7"), ("input", "..."), ("response_format", "mov")):
        with pytest.raises(openai.UnprocessableEntityError) as refused:
            client.audio.speech.create(**{"model": "x", "voice": "nova", "input": "Hi.", param: value})  # type: ignore[arg-type]
        assert refused.value.param == param


def test_voices(client: OpenAI, url: str) -> None:
    answer = httpx.get(f"{url}/v1/audio/voices", headers={"Authorization": f"Bearer {KEY}"}, trust_env=False)
    assert "en-us+linda" in [voice["name"] for voice in answer.json()["voices"]]


def test_hugging_faces_client_chats(hub: InferenceClient) -> None:
    whole = hub.chat_completion(HELLO, model="responder", max_tokens=100).choices[0].message.content
    assert whole
    chunks = list(hub.chat_completion(HELLO, model="avatarchatbot/mei", stream=True))
    assert "Mei" in "".join(chunk.choices[0].delta.content or "" for chunk in chunks)


def test_hugging_faces_client_shows_the_words(hub: InferenceClient, url: str) -> None:
    with pytest.raises(HfHubHTTPError, match="plain text only"):
        hub.chat_completion(HELLO, response_format={"type": "json_object"})  # type: ignore[arg-type]
    with pytest.raises(HfHubHTTPError, match="this key is not known"):
        InferenceClient(base_url=f"{url}/v1", api_key="another").chat_completion(HELLO)


def test_the_example_in_the_documentation_works(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = re.search(r"```python\n(.*?)```", Path("docs/openai.md").read_text(), re.DOTALL)
    assert found is not None
    monkeypatch.chdir(tmp_path)
    exec(found[1].replace("http://127.0.0.1:8888", url).replace('"any"', f'"{KEY}"'), {})
    said = capsys.readouterr().out
    assert "avatarchatbot/mei" in said
    assert "-->" in said
    assert (tmp_path / "hello.mp3").stat().st_size > 1000
