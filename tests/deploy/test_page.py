"""What docs/deploy.md says to type is typed by what runs the containers and the cluster."""

from __future__ import annotations

from pathlib import Path

from tests.deploy.page import sections

#: Where it is typed; or why it cannot be here.
TYPED = {
    "Docker Compose on a Xeon, or any CPU": "scripts/test-containers",
    "Wav2Lip in containers": "scripts/test-containers",
    "Gaudi": "scripts/test-containers",
    "AMD": "no AMD GPU is here; the file is checked by docker compose config",
    "Images": "scripts/test-containers",
    "Keys": "scripts/test-containers",
    "Faces drawn by networks": "weights cannot be downloaded; pulling is tested on loopback",
    "A language model by TGI": "weights cannot be downloaded; the profile is checked by docker compose config",
    "Kubernetes": "tests/deploy/on_cluster.py",
}


def test_each_section_with_commands_is_typed_somewhere() -> None:
    assert sections().keys() == TYPED.keys()
    for section, script in TYPED.items():
        if Path(script).exists():
            text = Path(script).read_text()
            assert any(f"typed{call}" in text for call in (f" {section}", f" '{section}'", f'("{section}"'))
