"""What goes into each node of the avatar chatbot and what comes out of it."""

from __future__ import annotations

from typing import Any

from AvatarChatbot.turn import Turn
from comps.cores.errors import NodeError
from comps.cores.mega.dag import DAG
from comps.cores.mega.orchestrator import ServiceOrchestrator
from comps.cores.proto.avatar import Chunk, ChunkRequest, PersonaDraft, Speech, SpeechRequest, Transcript
from comps.cores.text.clauses import ClauseSplitter


class AvatarOrchestrator(ServiceOrchestrator):
    """The hooks of the avatar chatbot. Each request travels with its ``turn``, where the nodes' outputs are gathered."""

    def provided(self, cur_node: str, initial_inputs: Any, **kwargs: Any) -> dict[str, Any] | None:
        turn: Turn = kwargs["turn"]
        match self.services[cur_node].title:
            case "asr" if turn.question is not None:
                return {"question": turn.question}
            case "describe" if turn.persona is not None:
                return {"persona": turn.persona}
        return None

    async def align_inputs(
        self, inputs: Any, cur_node: str, runtime_graph: DAG, llm_parameters_dict: dict[str, Any], **kwargs: Any
    ) -> Any:
        turn: Turn = kwargs["turn"]
        match self.services[cur_node].title:
            case "asr":
                return {"audio": turn.request.audio}
            case "describe":
                return {"media": turn.avatar_media}
            case "llm":
                return self._llm_request(turn)
            case "tts":
                return self._speech_requests(turn)
            case "animation":
                return await self._chunk_requests(turn)
        return inputs

    def align_outputs(
        self, data: Any, cur_node: str, inputs: Any, runtime_graph: DAG, llm_parameters_dict: dict[str, Any], **kwargs: Any
    ) -> Any:
        turn: Turn = kwargs["turn"]
        match self.services[cur_node].title:
            case "asr":
                transcript = Transcript.model_validate(data)
                turn.question, turn.engines["asr"] = transcript.asr_result, transcript.engine
                return {"question": turn.question}
            case "describe":
                draft = PersonaDraft.model_validate(data)
                turn.persona, turn.engines["describe"] = draft.persona, draft.engine
                return {"persona": draft.persona}
            case "llm":
                turn.reply, turn.engines["llm"] = _reply(data), str(data.get("model", ""))
                return {"text": turn.reply}
            case "tts":
                turn.speeches = [Speech.model_validate(item) for item in data]
                turn.engines["tts"] = turn.speeches[0].engine
                return {"speeches": turn.speeches}
            case "animation":
                turn.chunks = [Chunk.model_validate(item) for item in data]
                turn.engines["animation"] = turn.chunks[0].engine
                return {"chunks": turn.chunks}
        return data

    @staticmethod
    def _llm_request(turn: Turn) -> dict[str, Any]:
        assert turn.question is not None
        persona = turn.persona.model_dump(mode="json", exclude={"id"}) if turn.persona else None
        messages = [*turn.history, {"role": "user", "content": turn.question}]
        return {"messages": messages, "stream": False, "persona": persona, **turn.request.sampling}

    @staticmethod
    def _speech_requests(turn: Turn) -> list[SpeechRequest]:
        splitter = ClauseSplitter()
        clauses = [*splitter.feed(turn.reply), *splitter.finish()]
        return [SpeechRequest(text=clause, voice=turn.voice) for clause in clauses]

    @staticmethod
    async def _chunk_requests(turn: Turn) -> list[ChunkRequest]:
        timeline = turn.open_timeline(await turn.avatar_id())
        turn.sound = [timeline.add(speech) for speech in turn.speeches]
        return timeline.chunks(final=True)


def _reply(completion: Any) -> str:
    """The text of a chat completion. Raises NodeError when there is none to speak."""
    try:
        text = completion["choices"][0]["message"]["content"]
    except (KeyError, IndexError, TypeError):
        raise NodeError("answered something that is no chat completion", node="llm") from None
    if not isinstance(text, str) or not text.strip():
        raise NodeError("answered nothing", node="llm")
    return text
