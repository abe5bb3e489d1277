"""The helm commands of docs/deploy.md, by Helm's own library: ``python -m tests.deploy.helm install …``."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import yaml
from helm_python import Config

_TIMEOUT_S = 400


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="helm")
    commands = parser.add_subparsers(dest="command", required=True)
    install, test = commands.add_parser("install"), commands.add_parser("test")
    install.add_argument("release")
    install.add_argument("chart", type=Path)
    install.add_argument("-f", dest="values", type=Path, required=True)
    install.add_argument("--wait", action="store_const", const="watcher")
    test.add_argument("release")
    return parser.parse_args()


def main() -> None:
    asked = _arguments()
    namespace = os.environ["HELM_NAMESPACE"]
    with Config(namespace=namespace) as helm:
        if asked.command == "test":
            helm.test(asked.release, timeout=_TIMEOUT_S)
        else:
            values = yaml.safe_load(asked.values.read_text())
            helm.install(asked.chart, asked.release, values, namespace=namespace, wait=asked.wait, timeout=_TIMEOUT_S)


if __name__ == "__main__":
    main()
