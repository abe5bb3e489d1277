"""What is left of a model's text: by the templates of models, and for any cut of it into pieces."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from comps.llms.answer.cleaner import Cleaner

#: What is said, and whether there were thoughts and calls.
Cleaned = tuple[str, bool, bool]
P = "The capital of France is Paris."


def clean(text: str, cuts: list[int] | None = None, *, is_whole: bool = True, opens: bool | None = None) -> Cleaned:
    cleaner = Cleaner(opens_thoughts=opens)
    said = ""
    edges = [0, *sorted(cut % (len(text) + 1) for cut in cuts or []), len(text)]
    for start, end in pairwise(edges):
        piece = cleaner.feed(text[start:end])
        if cleaner.is_taken_back:
            cleaner.is_taken_back, said = False, ""
        said += piece
    said += cleaner.end(is_whole=is_whole)
    return said, cleaner.has_thoughts, cleaner.has_calls


#: Of each family: what it writes where the server leaves its marks in.
THOUGHTS = {
    "Qwen3, DeepSeek R1 0528, GLM 4.5": f"<think>\nsecret\n</think>\n\n{P}",
    "empty": f"<think></think>{P}",
    "self-closing": f"<think/>{P}",
    "thinking": f"<thinking>secret</thinking>\n{P}",
    "thought": f"<thought>\nsecret</thought>{P}",
    "reasoning": f"<reasoning>secret</reasoning>{P}",
    "reflection": f"<thinking>a</thinking><reflection>b</reflection><output>{P}</output>",
    "Magistral": f"[THINK]secret[/THINK]{P}",
    "Seed-OSS": f"<seed:think>secret<seed:cot_budget_reflect>x</seed:cot_budget_reflect></seed:think>{P}",
    "LongCat": f"<longcat_think>secret</longcat_think>{P}",
    "Kimi": f"◁think▷secret◁/think▷{P}",
    "Gemma 4": f"<|channel>thought\nsecret<channel|>{P}<turn|>",
    "MedGemma": f"<unused94>thought\nsecret<unused95>{P}",
    "Command A": f"<|START_THINKING|>secret<|END_THINKING|><|START_RESPONSE|>{P}<|END_RESPONSE|><|END_OF_TURN_TOKEN|>",
    "OpenThinker": f"<|begin_of_thought|>secret<|end_of_thought|><|begin_of_solution|>{P}<|end_of_solution|>",
    "Hunyuan": f"<think>secret</think>\n<answer>\n{P}\n</answer>",
    "Granite 3.2": f"Here is my thought process:\nsecret\nHere is my response:\n{P}",
    "Granite 3.3": f"<think>secret</think><response>{P}</response>",
    "Apriel": f"Here are my reasoning steps:\nsecret\n[BEGIN FINAL RESPONSE]\n{P}\n[END FINAL RESPONSE]\n<|end|>",
    "gpt-oss": f"<|channel|>analysis<|message|>Secret.<|end|><|start|>assistant<|channel|>final<|message|>{P}<|return|>",
    "gpt-oss with a preamble": "<|channel|>analysis<|message|>Secret.<|end|><|start|>assistant<|channel|>commentary<|message|>"
    f"I look it up.<|end|><|start|>assistant<|channel|>final<|message|>{P}<|return|>",
    "gpt-oss without its marks": f"analysisUser asks secrets.assistantfinal{P}",
    "DeepSeek R1, whose template opens them": f"Okay, the user asked about Paris. Secret.\n</think>\n\n{P}",
    "QwQ": f"Hmm, so they want secrets.\n</think>\n\n{P}",
    "in Chinese": f"嗯，用户想知道首都。\n</think>\n\n{P}",
    "the end quoted within": f'<think>It says `</think>` and "</think>" here.</think>{P}',
    "between two sentences": P.replace(" of", " <think>secret</think>of"),
    "amid one": P.replace(" of", " <think> secret </think> of"),
}
MARKS = {
    "Llama 2, Mistral": f"{P}</s>",
    "Llama 2 going on": f"{P} </s><s>[INST] And Rome? [/INST] Italy",
    "Llama 2 with a system": f"[/INST] {P}",
    "Llama 3": f"<|start_header_id|>assistant<|end_header_id|>\n\n{P}<|eot_id|>",
    "Llama 4": f"<|header_start|>assistant<|header_end|>\n\n{P}<|eot|>",
    "ChatML": f"{P}<|im_end|>\n<|endoftext|>",
    "ChatML going on": f"{P}<|im_end|>\n<|im_start|>user\nAnd Rome?<|im_end|>\n<|im_start|>assistant\nItaly",
    "ChatML begun": f"<|im_start|>assistant\n{P}<|im_end|>",
    "Gemma": f"<start_of_turn>model\n{P}<end_of_turn>\n<eos>",
    "Phi 3, GLM": f"<|assistant|>\n{P}<|end|>\n<|user|>\nAnd Rome?",
    "Phi 4": f"<|im_start|>assistant<|im_sep|>{P}<|im_end|>",
    "DeepSeek": f"<｜Assistant｜>{P}<｜end▁of▁sentence｜>",
    "DeepSeek in ASCII": f"{P}<｜end of sentence｜>",
    "GLM": f"[gMASK]<sop><|assistant|>\n{P}<|user|>",
    "Command R": f"<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>{P}<|END_OF_TURN_TOKEN|>",
    "Granite": f"<|start_of_role|>assistant<|end_of_role|>{P}<|end_of_text|>",
    "Falcon 3": f"<|assistant|>\n{P}<|endoftext|>",
    "Zephyr": f"<|assistant|>\n{P}</s>\n<|user|>\nAnd Rome?</s>",
    "Vicuna": f"{P}</s>USER: And Rome? ASSISTANT: Italy</s>",
    "Alpaca": f"### Response: {P}\n### Instruction: And Rome?",
    "Kimi": f"<|im_assistant|>assistant<|im_middle|>{P}<|im_end|>",
    "EXAONE": f"[|assistant|]{P}[|endofturn|]\n[|user|]And Rome?",
    "OpenChat": f"{P}<|end_of_turn|>",
    "MiniMax": f"{P}[e~[",
    "functionary 3": f"<|from|>assistant\n<|recipient|>all\n<|content|>{P}<|stop|>",
    "functionary 3.2": f">>>all\n{P}<|eot_id|>",
    "an unknown one": f"<|reserved_special_token_7|>{P}<|foo_bar|>",
    "the prompt again": f"<|user|>\nWhat is the capital?<|assistant|>\n{P}",
}
CALLS = {
    "Hermes, Qwen": '<tool_call>\n{"name": "f", "arguments": {}}\n</tool_call>',
    "Qwen3 Coder": "<tool_call>\n<function=f>\n<parameter=city>\nParis\n</parameter>\n</function>\n</tool_call>",
    "GLM 4.5": "<tool_call>f\n<arg_key>city</arg_key>\n<arg_value>Paris</arg_value>\n</tool_call>",
    "Mistral": '[TOOL_CALLS][{"name": "f", "arguments": {}}]</s>',
    "Mistral 3.2": '[TOOL_CALLS]f[ARGS]{"a": 1}</s>',
    "Llama 3.1": '<|python_tag|>{"name": "f", "parameters": {}}<|eom_id|>',
    "Llama 3.2": '{"name": "f", "parameters": {"city": "Paris"}}',
    "Llama 3 with tags": '<function=f>{"city": "Paris"}</function>',
    "DeepSeek V3": "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>f\n```json\n{}\n```"
    "<｜tool▁call▁end｜><｜tool▁calls▁end｜><｜end▁of▁sentence｜>",
    "DeepSeek V3.2": '<｜DSML｜function_calls><｜DSML｜invoke name="f"></｜DSML｜invoke></｜DSML｜function_calls>',
    "Kimi K2": "<|tool_calls_section_begin|><|tool_call_begin|>functions.f:0<|tool_call_argument_begin|>{}<|tool_call_end|>"
    "<|tool_calls_section_end|>",
    "functionary": "<|from|>assistant\n<|recipient|>get_weather\n<|content|>{}<|stop|>",
    "Command A": "<|START_ACTION|>[{}]<|END_ACTION|>",
    "Granite": '<|tool_call|>[{"name": "f"}]',
    "Phi 4 mini": '<|tool_call|>[{"name": "f"}]<|/tool_call|>',
    "LFM2": "<|tool_call_start|>[f()]<|tool_call_end|>",
    "Nemotron": "<TOOLCALL>[{}]</TOOLCALL>",
    "MiniMax M2": '<minimax:tool_call><invoke name="f"><parameter name="a">b</parameter></invoke></minimax:tool_call>',
    "Gemma 4": '<|tool_call>call:f{a:<|"|>b<|"|>}<tool_call|>',
    "gpt-oss": '<|channel|>commentary to=functions.f <|constrain|>json<|message|>{"a": 1}<|call|>',
    "InternLM": '<|action_start|><|plugin|>{"name": "f"}<|action_end|>',
    "OLMo": "<function_calls>f()</function_calls>",
    "never closed": '<tool_call>\n{"name": "f"',
}
#: Text that only looks alike.
TEXTS = [
    P,
    "",
    " \n\n leading and trailing \n\n",
    "a < b and b <c or x<y, <3, <-",
    "Use `<think>` and `</think>` around it, or ``<|im_end|>``.",
    "The </s> token ends it, as <|im_end|>, <eos> and (</s>) do.",
    "It begins with “<think>”.",
    "The <think> tag opens the thoughts.",
    "```xml\n<think>\n</s> <tool_call>\n</think>\n```\nThat is it.",
    "~~~\n<|im_start|>user\n~~~",
    "See [the docs](http://x), [1] and [INSTRUCTIONS].",
    "f <| x |> g; a <|> b; <| c |>",
    "<div>hi</div> <b>x</b>, List<String>, <user>, <model>, <start>",
    "The user interface is good.",
    "Okay, here we go. So, the users like it.",
    "Let me think. It is Paris.",
    "analysis of blood takes a day.",
    "Here is my thought process: I add both.",
    '{"colour": "blue"}',
    "[1, 2, 3]",
    "# A title\n\n## Human: a being\n\n- one\n- two",
    "👍🙂",
    "the ` key and the ~ key",
]


@pytest.mark.parametrize("family", THOUGHTS)
def test_thoughts_are_not_said(family: str) -> None:
    said, has_thoughts, _ = clean(THOUGHTS[family])
    assert said.split() == P.split()
    assert has_thoughts == (family != "self-closing")


@pytest.mark.parametrize("family", MARKS)
def test_marks_are_not_said(family: str) -> None:
    assert clean(MARKS[family]) == (P, False, False)


@pytest.mark.parametrize("family", CALLS)
def test_tool_calls_are_not_said(family: str) -> None:
    assert clean(CALLS[family]) == ("", False, True)
    if family not in ("Llama 3.2", "functionary"):
        assert clean(f"Let me look. {CALLS[family]}")[0] == "Let me look."


@pytest.mark.parametrize("text", TEXTS)
def test_what_only_looks_alike_is_said(text: str) -> None:
    for cuts in ([], list(range(len(text)))):
        assert clean(text, cuts) == (text, False, False)


ANY = st.sampled_from([*THOUGHTS.values(), *MARKS.values(), *CALLS.values(), *TEXTS])
BITS = st.sampled_from(
    ["`", "``", "```\n", "\n\n", " ", "<", "<|", "(", '"', "</s>", "<think>", "</think>", "# ", "<s>", "The user is", "word"]
)


@given(st.lists(ANY | BITS, min_size=1, max_size=4).map("".join), st.lists(st.integers(0, 10_000), max_size=40), st.booleans())
@example("<<|im_end|>x", list(range(12)), True)
def test_any_cut_gives_the_same_answer(text: str, cuts: list[int], is_whole: bool) -> None:
    assert clean(text, cuts, is_whole=is_whole) == clean(text, is_whole=is_whole)


@given(st.text(st.characters(exclude_characters="<[◁{>", exclude_categories=["Cs"]), max_size=200), st.lists(st.integers(0, 300)))
def test_text_without_marks_is_said_as_it_is(text: str, cuts: list[int]) -> None:
    if not text.lower().lstrip().startswith(("assistant", "analysis", "here")) and "#" not in text:
        assert clean(text, cuts) == (text, False, False)


@given(st.text(max_size=300), st.lists(st.integers(0, 300)))
def test_whatever_comes_is_survived_alike(text: str, cuts: list[int]) -> None:
    assert clean(text, cuts) == clean(text)


def test_thoughts_that_are_cut_are_not_said() -> None:
    for text in ("<think>\nI keep thinking", "<think", "Okay, the user asks", "<|channel|>analysis<|message|>I think"):
        said, has_thoughts, _ = clean(text, is_whole=False)
        assert (said, has_thoughts) == ("", True) or text == "<think"


def test_a_model_whose_template_opens_its_thoughts_says_nothing_before_their_end() -> None:
    text = f"Zebras. A fine day.\n</think>\n\n{P}"
    cleaner = Cleaner(opens_thoughts=True)
    assert [cleaner.feed(text[:10]), cleaner.feed(text[10:20])] == ["", ""]
    assert cleaner.feed(text[20:]) == P
    # It did not think this time, or its server took that out.
    assert clean(P, opens=True) == (P, False, False)
    assert clean(f"<think>secret</think>{P}", opens=True) == (P, True, False)


def test_where_thoughts_are_told_late_they_are_taken_back() -> None:
    cleaner = Cleaner()
    assert cleaner.feed("A fine day for zebras. ")
    assert cleaner.feed("Paris it is.\n</think>\n\nParis.") == "Paris."
    assert cleaner.is_taken_back
    # At once, nothing needs to be.
    assert Cleaner().feed("A fine day for zebras.\n</think>\n\nParis.") == "Paris."


def test_an_ordinary_answer_waits_for_nothing() -> None:
    cleaner = Cleaner()
    words = ["Hello,", "I", "am", "a", "plain", "answer;", "it", "is", "<", "3", "words.", "All", "is", "**well**,", "[see](x)."]
    said = ""
    for count, word in enumerate(words, 1):
        said += cleaner.feed(word if count == 1 else f" {word}")
        assert said == " ".join(words[:count]) or word == "<"


def test_it_ends_where_the_model_does() -> None:
    cleaner = Cleaner()
    cleaner.feed(f"{P}<|im_end|>")
    assert cleaner.is_over
    assert cleaner.feed("More.") + cleaner.end() == ""


def test_it_takes_microseconds_a_token() -> None:
    text = "The capital of France is Paris, and it has been so for a long time. " * 100
    tokens = [text[at : at + 4] for at in range(0, len(text), 4)]

    def seconds() -> float:
        cleaner, started = Cleaner(), time.process_time()
        for token in tokens:
            cleaner.feed(token)
        return time.process_time() - started

    # About 2 µs; the machine may be busy.
    assert min(seconds() for _ in range(5)) / len(tokens) < 50e-6


@pytest.mark.parametrize("text", [*"`<[ \n", "<|", "```\na ", "<think>x ", '"<think>" ', "</s>", '<a b="x ', "###"])
def test_its_time_grows_with_the_text_and_no_faster(text: str) -> None:
    def seconds(size: int) -> float:
        cleaner, started = Cleaner(), time.process_time()
        cleaner.feed(text * (size // len(text)))
        cleaner.end()
        return time.process_time() - started

    assert min(seconds(200_000) for _ in range(2)) < 20 * max(0.01, min(seconds(20_000) for _ in range(3)))
