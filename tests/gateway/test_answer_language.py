"""An answer's clauses, from the language model's pieces to the voice that each is spoken with."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from AvatarChatbot.nodes import AvatarOrchestrator
from AvatarChatbot.request import AvatarChatRequest
from AvatarChatbot.turn import Turn
from comps.cores.common.settings import TtsSettings
from comps.cores.mega.dag import DAG
from comps.tts.engine import ENGINES
from comps.tts.voice_chooser import VoiceChooser

pytestmark = pytest.mark.anyio


async def _voices(question: str, answer: str, *history: str, voice: str = "default") -> list[str]:
    earlier = [{"role": "assistant", "content": said} for said in history]
    turn = Turn(AvatarChatRequest(text=question, voice=voice), avatar_media=b"", persona=None, history=earlier, seed=0)

    async def pieces() -> AsyncIterator[str]:
        for piece in answer.split(" "):
            turn.reply += f"{piece} "
            yield f"{piece} "

    requests = AvatarOrchestrator(10_000).align_items(pieces(), None, "tts/MicroService", DAG(), {}, turn=turn)
    settings = TtsSettings(engine="espeak")
    chooser = VoiceChooser(ENGINES.create_all(settings.engine, settings), settings)
    return [(await chooser.voice_for(request)).name.partition("+")[0] async for request in requests]


@pytest.mark.parametrize(
    ("question", "answer", "language"),
    [
        ("Who are you?", "你好，我叫小明。今天天气很好，我们去公园吧。", "cmn"),
        ("Who are you?", "مرحبا، اسمي أحمد. كيف حالك اليوم؟", "ar"),
        ("Who are you?", "สวัสดีครับ ผมชื่อสมชาย", "th"),
        ("Who are you?", "שלום, קוראים לי דוד. מה שלומך היום?", "he"),
        ("Who are you?", "こんにちは、私は太郎です。今日はいい天気ですね。", "ja"),
        ("Who are you?", "Привет, как дела? Меня зовут Иван.", "ru"),
        ("Wo liegt Wien und wie heißt der Fluss?", "Wien? Österreich, Donau!", "de"),
        ("¿Cuál es la capital de Francia?", "París.", "es"),
        ("Quelle est la capitale de l'Italie ?", "Rome.", "fr-fr"),
        ("What is the capital of France?", "Paris.", "en-us"),
        ("Who are you?", "Ich bin Anna. Wien, Berlin und München sind Städte. Schönes Wetter!", "de"),
        ("How do Germans say it?", "They say Schadenfreude, or Weltschmerz. Very sad! Auf Wiedersehen means goodbye.", "en-us"),
    ],
)
async def test_each_clause_has_a_voice_of_its_language(question: str, answer: str, language: str) -> None:
    assert set(await _voices(question, answer)) == {language}


async def test_an_answer_in_two_languages_has_two_voices() -> None:
    answer = "The German greeting is easy to learn. Guten Tag, wie geht es Ihnen? That means hello."
    voices = await _voices("How do I greet a German?", answer)
    assert (voices[0], set(voices), voices[-1]) == ("en-us", {"en-us", "de"}, "en-us")


async def test_a_short_answer_is_in_the_language_of_the_one_before() -> None:
    assert await _voices("Berlin?", "Berlin.", "Ich weiß nicht, wo die Stadt liegt.") == ["de"]


async def test_the_voice_that_was_asked_for_stays() -> None:
    assert set(await _voices("Wer bist du?", "Ich bin Anna. Wie geht es dir?", voice="en-us+paul")) == {"en-us"}
