"""Checkpoints of neural engines, as their authors published them: too large for a package, and not all free for every use.

Hashes and sizes are those of the repositories' Git LFS pointers. Standard library only.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Licence:
    """``terms``: what it allows, in one sentence; ``commercial``: whether commercial use is allowed."""

    name: str
    terms: str
    url: str
    commercial: bool


@dataclass(frozen=True)
class Checkpoint:
    """One file. ``name`` is also its folder's among the models."""

    name: str
    #: The network that it is of: wav2lip or gfpgan.
    network: str
    purpose: str
    #: On the Hugging Face Hub: the repository, its commit, and the file's path in it.
    repository: str
    revision: str
    path: str
    #: Bytes.
    size: int
    sha256: str
    licence: Licence

    @property
    def file_name(self) -> str:
        return self.path.rpartition("/")[2]


_WAV2LIP = Licence(
    name="research and personal use only",
    terms="Its authors allow personal, research and other non-commercial use only: it was trained on LRS2.",
    url="https://github.com/Rudrabha/Wav2Lip#license-and-citation",
    commercial=False,
)
_GFPGAN = Licence(
    name="Apache-2.0, with non-commercial parts",
    terms="GFPGAN is Apache-2.0; its licence names parts of StyleGAN2 (NVIDIA, non-commercial) and DFDNet (CC BY-NC-SA 4.0).",
    url="https://github.com/TencentARC/GFPGAN/blob/master/LICENSE",
    commercial=False,
)

#: By name; of one network, the best first.
CHECKPOINTS = {
    entry.name: entry
    for entry in (
        Checkpoint(
            name="wav2lip-gan",
            network="wav2lip",
            purpose="draws mouths (animation engine wav2lip): sharper than wav2lip",
            repository="Nekochu/Wav2Lip",
            revision="fb925b05f0d353850ee0c56810e4545e274e2b5a",
            path="wav2lip_gan.pth",
            size=435_801_865,
            sha256="ca9ab7b7b812c0e80a6e70a5977c545a1e8a365a6c49d5e533023c034d7ac3d8",
            licence=_WAV2LIP,
        ),
        Checkpoint(
            name="wav2lip",
            network="wav2lip",
            purpose="draws mouths (animation engine wav2lip): closer to the sound than wav2lip-gan",
            repository="Nekochu/Wav2Lip",
            revision="fb925b05f0d353850ee0c56810e4545e274e2b5a",
            path="wav2lip.pth",
            size=435_807_851,
            sha256="b78b681b68ad9fe6c6fb1debc6ff43ad05834a8af8a62ffc4167b7b34ef63c37",
            licence=_WAV2LIP,
        ),
        Checkpoint(
            name="gfpgan-1.4",
            network="gfpgan",
            purpose="restores faces that are drawn",
            repository="fofr/comfyui",
            revision="4ed595c9a0a9c4e9f10965e53ef35d52626d71d2",
            path="facerestore_models/GFPGANv1.4.pth",
            size=348_632_874,
            sha256="e2cd4703ab14f4d01fd1383a8a8b266f9a5833dacee8e6a79d3bf21a1b6be5ad",
            licence=_GFPGAN,
        ),
        Checkpoint(
            name="gfpgan-1.3",
            network="gfpgan",
            purpose="restores faces that are drawn: more natural, less sharp than 1.4",
            repository="fofr/comfyui",
            revision="28a0f8c1b214e39f18e420dc4ecaf4f085978723",
            path="facerestore_models/GFPGANv1.3.pth",
            size=348_632_874,
            sha256="c953a88f2727c85c3d9ae72e2bd4846bbaf59fe6972ad94130e23e7017524a70",
            licence=_GFPGAN,
        ),
    )
}
