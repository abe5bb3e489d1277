"""A real llama.cpp server with a tiny random model. ``python llama_server.py FOLDER`` prints its address, ends with its stdin.

With ``--thinking`` its chat template opens the model's thoughts.
"""

import sys
from pathlib import Path

import gguf
import numpy as np

WIDTH, INNER, HEADS, KV_HEADS, LAYERS, CONTEXT = 64, 128, 4, 2, 2, 8192
WORDS = [" the", " a", " I", " am", " you", " hello", " yes", " no", " and", " is", ".", ",", "!", "?"]
TEMPLATE = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}assistant:"

#: The model of this one opens its thoughts.
THINKING_TEMPLATE = TEMPLATE + "{% if add_generation_prompt %}<think>\n{% endif %}"


def write_model(path: Path) -> None:
    """A Llama of 0.1 M random weights over bytes and a few words."""
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{i:02X}>" for i in range(256)), *(word.replace(" ", "▁") for word in WORDS)]
    control = [gguf.TokenType.UNKNOWN, gguf.TokenType.CONTROL, gguf.TokenType.CONTROL]
    kinds = [*control, *[gguf.TokenType.BYTE] * 256, *[gguf.TokenType.NORMAL] * len(WORDS)]
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("tiny")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_vocab_size(len(tokens))
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([0.0] * 259 + [-float(i) for i in range(len(WORDS))])
    writer.add_token_types(kinds)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_chat_template(TEMPLATE)
    _add_weights(writer, len(tokens))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add_weights(writer: gguf.GGUFWriter, vocabulary: int) -> None:
    random = np.random.default_rng(0)
    output = random.standard_normal((vocabulary, WIDTH)).astype(np.float32) * 0.2
    shapes = {"token_embd": (vocabulary, WIDTH)}
    kv = WIDTH * KV_HEADS // HEADS
    for i in range(LAYERS):
        shapes |= {f"blk.{i}.attn_{name}": (WIDTH, WIDTH) for name in ("q", "output")}
        shapes |= {f"blk.{i}.attn_{name}": (kv, WIDTH) for name in ("k", "v")}
        shapes |= {f"blk.{i}.ffn_{name}": (INNER, WIDTH) for name in ("gate", "up")}
        shapes |= {f"blk.{i}.ffn_down": (WIDTH, INNER)}
        for name in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"blk.{i}.{name}.weight", np.ones(WIDTH, np.float32))
    for name, shape in shapes.items():
        writer.add_tensor(f"{name}.weight", (random.standard_normal(shape) * 0.2).astype(np.float32))
    writer.add_tensor("output_norm.weight", np.ones(WIDTH, np.float32))
    writer.add_tensor("output.weight", output)


def main() -> None:
    import xllamacpp

    path = Path(sys.argv[1]) / "tiny.gguf"
    if not path.exists():
        write_model(path)
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(path)
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    parameters.n_ctx = CONTEXT
    parameters.n_parallel = 1
    parameters.cpuparams.n_threads = 1
    parameters.cpuparams_batch.n_threads = 1
    parameters.n_threads_http = 4
    # Random weights end at random; a long answer is wanted where one is cut off in the middle.
    parameters.sampling.ignore_eos = True
    parameters.warmup = False
    if "--thinking" in sys.argv:
        parameters.chat_template = THINKING_TEMPLATE
        # Thoughts are left in the answer, as servers leave them that do not know the model.
        parameters.reasoning_format = xllamacpp.common_reasoning_format.COMMON_REASONING_FORMAT_NONE
    server = xllamacpp.Server(parameters)
    print(server.listening_address, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
