"""OPEA's documents that no service here reads: for code written for OPEA that passes them on (comps 1.5, ``proto.docarray``)."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from comps.cores.proto.base_doc import BaseDoc
from comps.cores.proto.docarray import LLMParamsDoc, TextDoc


class MetadataTextDoc(TextDoc):
    metadata: dict[str, Any] | None = Field(default_factory=dict)


class ImageDoc(BaseDoc):
    """A picture by address or as base64 text."""

    url: str | None = None
    base64_image: str | None = None


class TextImageDoc(BaseDoc):
    image: ImageDoc | None = None
    text: TextDoc | None = None


MultimodalDoc = TextDoc | ImageDoc | TextImageDoc


class ImagePath(BaseDoc):
    image_path: str


class ImagesPath(BaseDoc):
    images_path: list[ImagePath]


class DocPath(BaseDoc):
    path: str
    chunk_size: int = 1500
    chunk_overlap: int = 100
    process_table: bool = False
    table_strategy: str = "fast"


class RetrieverParms(BaseDoc):
    search_type: str = "similarity"
    k: int = 4
    distance_threshold: float | None = None
    fetch_k: int = 20
    lambda_mult: float = 0.5
    score_threshold: float = 0.2


class EmbedDoc(RetrieverParms):
    text: str | list[str]
    embedding: list[float] | list[list[float]]
    constraints: dict[str, Any] | list[dict[str, Any]] | None = None
    index_name: str | None = None


class EmbedMultimodalDoc(EmbedDoc):
    url: str | None = None
    base64_image: str | None = None


class RerankerParms(BaseDoc):
    top_n: int = 1


class SearchedDoc(BaseDoc):
    retrieved_docs: list[TextDoc]
    initial_query: str
    top_n: int = 1


class SearchedMultimodalDoc(SearchedDoc):
    metadata: list[dict[str, Any]]


class LVMSearchedMultimodalDoc(SearchedMultimodalDoc):
    max_new_tokens: Annotated[int, Field(ge=0, le=1024)] = 512
    top_k: int = 10
    top_p: float = 0.95
    typical_p: float = 0.95
    temperature: float = 0.01
    stream: bool = True
    repetition_penalty: float = 1.03
    chat_template: str | None = None


class RerankedDoc(BaseDoc):
    reranked_docs: list[TextDoc]
    initial_query: str


class RAGASParams(BaseDoc):
    questions: list[TextDoc]
    answers: list[TextDoc]
    docs: list[TextDoc]
    ground_truths: list[TextDoc]


class RAGASScores(BaseDoc):
    answer_relevancy: float
    faithfulness: float
    context_recallL: float
    context_precision: float


class GraphDoc(BaseDoc):
    text: str
    strtype: str | None = "query"
    max_new_tokens: int | None = 1024
    rag_index_name: str | None = "rag"
    rag_node_label: str | None = "Task"
    rag_text_node_properties: list[str] | None = Field(default_factory=lambda: ["name", "description", "status"])
    rag_embedding_node_property: str | None = "embedding"


class LVMDoc(BaseDoc):
    image: str | list[str]
    prompt: str
    max_new_tokens: Annotated[int, Field(ge=0, le=1024)] = 512
    top_k: int = 10
    top_p: float = 0.95
    typical_p: float = 0.95
    temperature: float = 0.01
    repetition_penalty: float = 1.03
    stream: bool = False


class LVMVideoDoc(BaseDoc):
    video_url: str
    chunk_start: float
    chunk_duration: float
    prompt: str
    max_new_tokens: Annotated[int, Field(ge=0, le=1024)] = 512


class SDInputs(BaseDoc):
    prompt: str
    num_images_per_prompt: int = 1


class SDImg2ImgInputs(BaseDoc):
    image: str
    prompt: str = ""
    num_images_per_prompt: int = 1


class SDOutputs(BaseDoc):
    images: list[str]


class FactualityDoc(BaseDoc):
    reference: str
    text: str


class ScoreDoc(BaseDoc):
    score: float


class PIIRequestDoc(BaseDoc):
    prompt: str
    replace: bool | None = False
    replace_method: str | None = "random"


class PIIResponseDoc(BaseDoc):
    detected_pii: list[dict[str, Any]] | None = None
    new_prompt: str | None = None


class Audio2text(BaseDoc):
    query: str | None = None
    downstream_black_list: list[str] | None = Field(default_factory=list)


class DocSumDoc(LLMParamsDoc):
    summary_type: str = "auto"
    chunk_size: int = -1
    chunk_overlap: int = -1


class PromptTemplateInput(BaseDoc):
    data: dict[str, Any]
    conversation_history: list[dict[str, Any]] | None = None
    conversation_history_parse_type: str = "naive"
    system_prompt_template: str | None = None
    user_prompt_template: str | None = None


class TranslationInput(BaseDoc):
    text: str
    source_language: str | None = None
    target_language: str | None = None
