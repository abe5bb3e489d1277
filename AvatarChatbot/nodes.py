"""What goes into each node of the avatar chatbot and what comes out of it."""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

import anyio

from AvatarChatbot.held_back import held_back
from AvatarChatbot.turn import Clause, Turn, stage_of
from AvatarChatbot.unspoken import SILENCE, silent, unspoken
from comps.cores import retry_after
from comps.cores.errors import (
    NoAnswer,
    NodeError,
    NodeTimeout,
    NothingToSpeak,
    Overloaded,
    Problem,
    ThoughtsOnly,
    ToolCallsOnly,
)
from comps.cores.mega.dag import DAG
from comps.cores.mega.orchestrator import ServiceOrchestrator
from comps.cores.proto.avatar import (
    PAUSE_RESTS_S,
    AvatarInfo,
    AvatarRequest,
    Chunk,
    ChunkRequest,
    PersonaDraft,
    Speech,
    SpeechRequest,
    Transcript,
)
from comps.cores.text import clauses
from comps.cores.text.from_model import usable
from comps.cores.text.language_of import language_of
from comps.cores.text.words import has_words, is_blank
from comps.llms.answer.model_answer import ModelAnswer

#: How long before a player gets there the rest of a clause is drawn, though nothing is known of what follows: about what drawing
#: and sending a chunk take, seconds.
_DRAWN_AHEAD_S = 0.25
#: How long the beginning of an answer that is too short to be drawn waits for more of it, seconds.
_FIRST_WAIT_S = 0.15
#: Silence put where speech comes too late, seconds at a time.
_FILL_S = 0.24
#: Characters of an answer without a word that are shown as it is.
_LONGEST_UNSPOKEN = 1000
#: So many times the longest speech is spoken where a sentence does not end before.
_LONGER = 1.1
#: How long is waited at most before a chunk that was refused is asked for again, seconds.
_LONGEST_WAIT_S = 5.0
#: Characters of a question that was recognised: far more than can be said in the longest recording.
_LONGEST_QUESTION = 20_000
#: Characters of a text by which its language is told.
_TELLING_CHARS = 1000
#: Characters of a model's name.
_LONGEST_NAME = 500


class AvatarOrchestrator(ServiceOrchestrator):
    """The hooks of the avatar chatbot. Each request travels with its ``turn``, where what is known of it is gathered.

    Stages: asr, describe and avatar (which makes the face known to the animation service) are unary, llm streams pieces of
    text, tts maps clauses, animation maps chunks. ``max_reply_chars``: where an answer is cut; ``max_speech_s``: so long its
    speech may be, to the end of a sentence; ``max_reply_tokens``: the longest answer that the model is asked for where the client
    does not say.
    """

    def __init__(self, max_reply_chars: int, *, max_speech_s: float = math.inf, max_reply_tokens: int | None = None) -> None:
        super().__init__()
        self._max_reply_chars = max_reply_chars
        self._max_speech_s = max_speech_s
        self._max_reply_tokens = max_reply_tokens

    def provided(self, cur_node: str, initial_inputs: Any, **kwargs: Any) -> dict[str, Any] | None:
        turn: Turn = kwargs["turn"]
        match stage_of(cur_node):
            case "asr" if turn.question is not None:
                return {"question": turn.question}
            case "describe" if turn.persona is not None:
                return {"persona": turn.persona}
            case "avatar" if turn.avatar_id:
                return {"avatar_id": turn.avatar_id}
        return None

    def align_inputs(
        self, inputs: Any, cur_node: str, runtime_graph: DAG, llm_parameters_dict: dict[str, Any], **kwargs: Any
    ) -> Any:
        turn: Turn = kwargs["turn"]
        match stage_of(cur_node):
            case "asr":
                return {"audio": turn.request.audio}
            case "describe":
                return {"media": turn.avatar_media}
            case "avatar":
                return AvatarRequest(media=turn.avatar_media, points=turn.request.points)
            case "llm":
                return _llm_request(turn, self._max_reply_tokens)
        return inputs

    def align_outputs(
        self, data: Any, cur_node: str, inputs: Any, runtime_graph: DAG, llm_parameters_dict: dict[str, Any], **kwargs: Any
    ) -> Any:
        turn: Turn = kwargs["turn"]
        match stage_of(cur_node):
            case "asr":
                transcript = Transcript.model_validate(data)
                turn.question, turn.engines["asr"] = usable(transcript.asr_result, _LONGEST_QUESTION), transcript.engine
                return {"question": turn.question}
            case "describe":
                draft = PersonaDraft.model_validate(data)
                turn.persona, turn.engines["describe"] = draft.persona, draft.engine
                return {"persona": draft.persona}
            case "avatar":
                turn.avatar_id = AvatarInfo.model_validate(data).avatar_id
                return {"avatar_id": turn.avatar_id}
            case "tts":
                return _placed(turn, Speech.model_validate(data))
            case "animation":
                chunk = Chunk.model_validate(data)
                turn.engines["animation"] = chunk.engine
                return chunk
        return data

    def align_failure(self, error: Problem, cur_node: str, request: Any, **kwargs: Any) -> Any:
        """Where pictures cannot be drawn, or text cannot be spoken, an answer may go on without: a chunk that holds no picture,
        a clause of silence. A clause that holds nothing to be spoken (a note in HTML, a reference) is silent too.
        """
        turn: Turn = kwargs["turn"]
        if isinstance(request, SpeechRequest) and error.code == NothingToSpeak.code:
            return silent(turn.engines.get("tts", ""), 0.1 if has_words(request.text) else 1.5)
        if turn.degrades and isinstance(error, NodeError | Overloaded):
            match request:
                case ChunkRequest():
                    return Chunk(
                        start_frame=request.start_frame,
                        frames=request.frames,
                        access_units=[],
                        parameter_sets=b"",
                        profile=request.profile,
                        engine=turn.engines.get("animation", ""),
                    )
                case SpeechRequest():
                    return unspoken(request.text)
        raise error

    async def ask(self, cur_node: str, inputs: Any) -> Any:
        """Ask a node. What of an answer nobody watches yet is refused for now, once it is begun, is asked for again."""
        while True:
            try:
                return await super().ask(cur_node, inputs)
            except Problem as refusal:
                is_waiting = isinstance(inputs, ChunkRequest) and inputs.reservation is None and inputs.start_frame > 0
                if refusal.status != Overloaded.status or not is_waiting:
                    raise
                await anyio.sleep(min(retry_after.seconds(refusal.headers.get("Retry-After")), _LONGEST_WAIT_S))

    async def align_generator(self, gen: AsyncIterator[Any], **kwargs: Any) -> AsyncGenerator[str, None]:
        """What is said of what the language model sends, in pieces. Raises NoAnswer where that is nothing."""
        turn: Turn = kwargs["turn"]
        answer = ModelAnswer(self._max_reply_chars)
        thoughts = 0
        async for completion in _until_cut(gen, turn):
            turn.engines["llm"] = str(completion.get("model", ""))[:_LONGEST_NAME] if isinstance(completion, dict) else ""
            choice = _choice(completion)
            for piece in answer.take_whole(choice) if "message" in choice else answer.take(choice):
                if answer.take_back():
                    thoughts = len(turn.reply)
                if piece:
                    turn.reply += piece
                    yield piece
                if turn.cut.reason is not None:
                    return
            if answer.take_back() or _is_taken_back(choice):
                thoughts = len(turn.reply)
            if answer.is_over:
                # Leaving the stream closes it: the model stops.
                break
        if turn.cut.reason is not None:
            return
        for piece in answer.end():
            turn.reply += piece
            yield piece
        # What was spoken cannot be taken back, but it is no part of the conversation.
        turn.reply = turn.reply[thoughts:].lstrip() if thoughts else turn.reply
        turn.finish_reason = "stop" if answer.finish_reason == "tool_calls" else answer.finish_reason
        if is_blank(turn.reply):
            for piece in _in_place_of_an_answer(answer, turn):
                turn.reply += piece
                yield piece

    async def align_items(
        self,
        feed: AsyncIterator[Any] | None,
        inputs: Any,
        cur_node: str,
        runtime_graph: DAG,
        llm_parameters_dict: dict[str, Any],
        **kwargs: Any,
    ) -> AsyncGenerator[Any, None]:
        assert feed is not None
        turn: Turn = kwargs["turn"]
        is_tts = stage_of(cur_node) == "tts"
        async for request in _speech_requests(feed, turn, self._max_speech_s) if is_tts else _chunk_requests(feed, turn):
            yield request

    def media_ms(self, item: Any) -> float:
        if isinstance(item, Clause):
            return 1000 * (item.end_s - item.start_s)
        if isinstance(item, Chunk):
            return 1000 * len(item.access_units) / item.profile.fps
        return 1.0


def _llm_request(turn: Turn, max_tokens: int | None) -> dict[str, Any]:
    assert turn.question is not None
    persona = turn.persona.model_dump(mode="json", exclude={"id"}) if turn.persona else None
    messages = [*turn.history, {"role": "user", "content": turn.question}]
    limits = {"max_tokens": max_tokens} if max_tokens else {}
    return {"messages": messages, "stream": True, "persona": persona, **limits, **turn.request.sampling}


def _choice(completion: Any) -> dict[str, Any]:
    """The first choice of a chat completion, or of a chunk of one; empty where a chunk has none."""
    choices = completion.get("choices") if isinstance(completion, dict) and "choices" in completion else None
    if choices == []:
        return {}
    if not (isinstance(choices, list) and isinstance(choices[0], dict)):
        raise NodeError("answered something that is no chat completion", node="llm")
    choice: dict[str, Any] = choices[0]
    return choice


def _is_taken_back(choice: dict[str, Any]) -> bool:
    """The llm service says that all before were thoughts (DeltaMessage)."""
    delta = choice.get("delta")
    return isinstance(delta, dict) and delta.get("taken_back") is True


def _in_place_of_an_answer(answer: ModelAnswer, turn: Turn) -> list[str]:
    """What is said where the model said nothing. Raises NoAnswer where that is a failure."""
    if turn.finish_reason == "content_filter":
        return [held_back(_language_before(turn))]
    if answer.finish_reason == "tool_calls":
        raise ToolCallsOnly("the language model called a tool, and was given none", node="llm")
    if answer.has_thoughts:
        raise ThoughtsOnly("the language model thought, and did not answer", node="llm")
    if answer.finish_reason == "length":
        raise NoAnswer("the language model's tokens were used up before it said anything", node="llm")
    raise NoAnswer("the language model ended without saying anything", node="llm")


async def _until_cut(completions: AsyncIterator[Any], turn: Turn) -> AsyncGenerator[Any, None]:
    """What the model sends until the answer is cut. A model that stops in the middle cuts it too."""
    while turn.cut.reason is None:
        with turn.cut.waiting() as waiting:
            try:
                completion = await anext(completions)
            except StopAsyncIteration:
                return
            except NodeTimeout:
                if not has_words(turn.reply):
                    raise
                turn.make_cut("timeout")
                return
        if waiting.cancelled_caught:
            return
        yield completion


async def _speech_requests(feed: AsyncIterator[str], turn: Turn, longest_s: float) -> AsyncGenerator[SpeechRequest, None]:
    """A request for each clause, as soon as it is whole. What has no word in it is left out. Where the speech is ``longest_s``
    long, it ends with its sentence.
    """
    before: str | None = None
    continues, end = False, 0
    unspoken_text = ""
    async with aclosing(clauses.split(feed)) as found:
        async for clause in found:
            end += len(clause.text)
            if before is not None:
                expected_s = turn.expected_s()
                if expected_s >= longest_s * (_LONGER if continues else 1):
                    turn.make_cut("length")
                if turn.cut.reason is not None:
                    return
            if has_words(clause.text):
                continues = clause.continues
                turn.asked_clauses.append(clause.text)
                turn.asked_ends.append(end)
                if before is None:
                    # Only now: a spoken question is known once the model answers it.
                    before = _language_before(turn)
                yield SpeechRequest(
                    text=clause.text,
                    voice=turn.voice,
                    language=language_of(turn.reply[:_TELLING_CHARS], before),
                    before=clause.before,
                    continues=clause.continues,
                )
            elif before is None:
                unspoken_text += clause.text
    if before is None and not is_blank(unspoken_text):
        # Emoji, and nothing else: shown, in silence.
        turn.asked_clauses.append(unspoken_text)
        turn.asked_ends.append(end)
        yield SpeechRequest(text=unspoken_text[:_LONGEST_UNSPOKEN], voice=turn.voice)


def _language_before(turn: Turn) -> str:
    """Of the question; while that is unsure, of the answer before it. It holds for the answer until that tells its own."""
    earlier = [message["content"] for message in turn.history[-1:]]
    language = ""
    for text in (*earlier, turn.question or ""):
        language = language_of(text[:_TELLING_CHARS], language)
    return language


def _placed(turn: Turn, speech: Speech) -> Clause:
    """The clause at the end of the time line."""
    timeline = turn.timeline
    if timeline is None:
        timeline = turn.open_timeline()
    if turn.is_settled:
        return Clause(turn.asked_clauses.popleft(), timeline.duration_s, timeline.duration_s, [], is_spoken=True)
    if not turn.spoken_voice:
        turn.engines["tts"], turn.spoken_voice = speech.engine, speech.voice
    timeline.end_pause()
    start_s, words = timeline.duration_s, len(timeline.words)
    timeline.add(speech)
    is_spoken = speech.engine != SILENCE
    text = turn.asked_clauses.popleft()
    turn.spoke(text)
    return Clause(text, start_s, timeline.duration_s, timeline.words[words:], is_spoken)


async def _chunk_requests(feed: AsyncIterator[Clause], turn: Turn) -> AsyncGenerator[ChunkRequest, None]:
    """A request for each chunk, as soon as enough of the speech after it is known, or a player would have to wait for it."""
    ended = False
    while not ended:
        with turn.cut.waiting(_patience(turn), until_urgent=True) as waiting:
            try:
                await anext(feed)
            except StopAsyncIteration:
                ended = True
        timeline = turn.timeline
        if timeline is None:
            # Cut before anything was spoken: what comes first is the answer.
            assert turn.cut.is_urgent
            assert not ended
            continue
        ended = ended or turn.cut.is_urgent
        if ended:
            turn.settle()
        elif waiting.cancelled_caught and not timeline.undrawn_frames:
            timeline.pause(_FILL_S)
        if ended and turn.playhead.fills_gaps:
            # The face comes to rest before the idle loop goes on.
            timeline.pause(PAUSE_RESTS_S)
        at_s = timeline.next_s
        for request in timeline.chunks(final=ended, hurry=waiting.cancelled_caught):
            if (step := turn.step()) is not None:
                given = {"avatar_id": turn.avatar_id, "reservation": turn.reservation, "step": step, "due_s": _due_s(turn, at_s)}
                yield request.model_copy(update=given)
            at_s += request.frames / request.profile.fps


def _due_s(turn: Turn, media_s: float) -> float:
    """How soon a picture of the answer is wanted, seconds; of one that nobody watches yet all are, one after the other."""
    left = turn.playhead.seconds_left(media_s)
    return media_s if math.isinf(left) else max(0.0, left)


def _patience(turn: Turn) -> float:
    """How long the next clause is waited for, seconds; then what is known is drawn, or silence put in."""
    timeline = turn.timeline
    if timeline is None or not (timeline.undrawn_frames or turn.playhead.fills_gaps):
        return math.inf
    if timeline.next_s == 0:
        return _FIRST_WAIT_S
    return max(0.0, turn.playhead.seconds_left(timeline.next_s) - _DRAWN_AHEAD_S)
