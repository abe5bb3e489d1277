"""The Helm chart: what it renders is what Kubernetes takes, and values that cannot work are refused in clear words."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import kubernetes_validate
import pytest
import yaml
from helm_python import chart as helm
from helm_python.errors import HelmError

from comps.cores.mega.hosts import HostNames

CHART = Path("kubernetes/avatarchatbot")
SETS = {"embedded": "embedded-values.yaml", "xeon": "xeon-values.yaml", "gaudi": "gaudi-values.yaml"}
SERVICES = ("asr", "describe", "llm", "tts", "animation", "gateway")
#: What the chart is written for; the newest that the validator knows is the other end.
OLDEST = "1.28.0"


def _values(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((CHART / SETS[name]).read_text())
    return found


@functools.cache
def _rendered(name: str) -> tuple[dict[str, Any], ...]:
    return tuple(_documents(_values(name)))


def _documents(values: dict[str, Any]) -> Iterator[dict[str, Any]]:
    rendered = helm.Chart.load(CHART).render(values, name="demo", namespace="avatars")
    for path, text in rendered.items():
        if path.endswith((".yaml", ".yml")):
            yield from (document for document in yaml.safe_load_all(text) if document)


def _installed(values: dict[str, Any]) -> None:
    """As far as an installation comes without a cluster."""
    chart = helm.Chart.load(CHART)
    chart.validate_schema(values)
    chart.render(values, name="demo")


def _of_kind(name: str, kind: str) -> dict[str, dict[str, Any]]:
    return {document["metadata"]["name"]: document for document in _rendered(name) if document["kind"] == kind}


@pytest.mark.parametrize("name", SETS)
def test_lint_finds_nothing(name: str) -> None:
    report = helm.lint(CHART, _values(name), strict=True)
    assert report["errors"] == []
    assert [message for message in report["messages"] if message["severity"] > 1] == []


@pytest.mark.parametrize("version", [OLDEST, kubernetes_validate.latest_version()])
@pytest.mark.parametrize("name", SETS)
def test_kubernetes_takes_what_is_rendered(name: str, version: str) -> None:
    for document in _rendered(name):
        if document["apiVersion"].endswith(("v1beta1", "v2beta2")):
            continue
        kubernetes_validate.validate(document, version, strict=True)


@pytest.mark.parametrize("name", SETS)
def test_each_service_has_its_deployment_service_configuration_and_policy(name: str) -> None:
    expected = {f"demo-{service}" for service in SERVICES}
    for kind in ("Deployment", "Service", "ConfigMap", "NetworkPolicy"):
        assert set(_of_kind(name, kind)) == expected


@pytest.mark.parametrize("name", SETS)
def test_no_container_is_root_or_writes_outside_its_volumes(name: str) -> None:
    pods = [document["spec"]["template"]["spec"] for document in _of_kind(name, "Deployment").values()]
    pods += [document["spec"] for document in _of_kind(name, "Pod").values()]
    assert len(pods) == len(SERVICES) + 1
    for pod in pods:
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["automountServiceAccountToken"] is pod["enableServiceLinks"] is False
        for container in pod["containers"]:
            allowed = container["securityContext"]
            assert allowed["readOnlyRootFilesystem"] is True
            assert allowed["allowPrivilegeEscalation"] is False
            assert allowed["capabilities"] == {"drop": ["ALL"]}


def test_services_take_requests_of_the_gateway_alone() -> None:
    for name, policy in _of_kind("xeon", "NetworkPolicy").items():
        (rule,) = policy["spec"]["ingress"]
        if name != "demo-gateway":
            (peer,) = rule["from"]
            assert peer["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "gateway"


def test_stages_are_headless_and_the_gateway_is_told_where_they_are() -> None:
    services = _of_kind("xeon", "Service")
    assert {name for name, service in services.items() if service["spec"].get("clusterIP") == "None"} == services.keys() - {
        "demo-gateway"
    }
    configuration = _of_kind("xeon", "ConfigMap")["demo-gateway"]["data"]
    for stage in SERVICES[:-1]:
        assert configuration[f"AVATARCHATBOT_{stage.upper()}_URL"].startswith(f"http://demo-{stage}:")


def _settings_of(values: dict[str, Any], service: str) -> dict[str, str]:
    (found,) = (
        document["data"]
        for document in _documents(values)
        if document["kind"] == "ConfigMap" and document["metadata"]["name"] == f"demo-{service}"
    )
    return dict(found)


@pytest.mark.parametrize("name", SETS)
def test_each_service_answers_for_the_names_of_its_service(name: str) -> None:
    configuration = _of_kind(name, "ConfigMap")
    gateway = configuration["demo-gateway"]["data"]
    for service in SERVICES:
        named = HostNames(configuration[f"demo-{service}"]["data"]["MESH_HOSTS"].split(","))
        inside = f"demo-{service}.avatars.svc"
        assert all(host in named for host in (f"demo-{service}", f"demo-{service}.avatars", inside, f"{inside}.cluster.local"))
        assert "demo-other" not in named
        if service != "gateway":
            assert urlsplit(gateway[f"AVATARCHATBOT_{service.upper()}_URL"]).hostname in named


def test_the_gateway_answers_for_the_hosts_of_its_ingress_and_its_route() -> None:
    values = _values("embedded")
    assert "AVATARCHATBOT_HOSTS" not in _settings_of(values, "gateway")
    outside = {
        **values,
        "hosts": ["avatars.example", "*.lab.example"],
        "origins": ["https://page.example", "http://localhost:3000"],
        "proxies": ["10.0.0.0/8", "fd00::/8"],
        "ingress": {"enabled": True, "host": "ingress.example"},
        "gateway": {"enabled": True, "parentRefs": [{"name": "public"}], "hostnames": ["route.example", "*.route.example"]},
    }
    _installed(outside)
    told = _settings_of(outside, "gateway")
    hosts = "avatars.example,*.lab.example,ingress.example,route.example,*.route.example"
    assert told["AVATARCHATBOT_HOSTS"] == hosts
    assert told["AVATARCHATBOT_ORIGINS"] == "https://page.example,http://localhost:3000"
    assert told["AVATARCHATBOT_PROXIES"] == "10.0.0.0/8,fd00::/8"
    names = HostNames(hosts.split(","))
    assert all(name in names for name in ("ingress.example", "a.route.example", "b.a.lab.example"))
    assert "AVATARCHATBOT_HOSTS" not in _settings_of(outside, "asr")
    # What is not enabled is no name of the gateway's.
    off = {**outside, "hosts": [], "ingress": {"enabled": False, "host": "ingress.example"}}
    assert _settings_of(off, "gateway")["AVATARCHATBOT_HOSTS"] == "route.example,*.route.example"


def test_several_replicas_share_s3_and_postgresql_by_reference() -> None:
    for service in ("demo-gateway", "demo-animation", "demo-describe"):
        (container,) = _of_kind("xeon", "Deployment")[service]["spec"]["template"]["spec"]["containers"]
        assert {"secretRef": {"name": "avatarchatbot-storage"}} in container["envFrom"]
        assert _of_kind("xeon", "ConfigMap")[service]["data"]["STORAGE_BLOBS"] == "s3://avatarchatbot"
        required = [variable["valueFrom"]["secretKeyRef"]["key"] for variable in container.get("env", ())]
        assert required == (["STORAGE_DATABASE"] if service == "demo-gateway" else [])


def _affinity(values: dict[str, Any], service: str) -> dict[str, Any]:
    (pod,) = (
        document["spec"]["template"]["spec"]
        for document in _documents(values)
        if document["kind"] == "Deployment" and document["metadata"]["name"] == f"demo-{service}"
    )
    found: dict[str, Any] = pod.get("affinity", {})
    return found


def test_services_that_share_a_volume_of_one_node_are_on_that_node() -> None:
    values = _values("embedded")
    for service in ("gateway", "animation", "describe"):
        ((term,),) = _affinity(values, service)["podAffinity"].values()
        assert term["topologyKey"] == "kubernetes.io/hostname"
        assert term["labelSelector"]["matchExpressions"][0]["values"] == ["animation", "describe", "gateway"]
    assert not _affinity(values, "tts")
    assert not _affinity({**values, "storage": {"volume": {"accessModes": ["ReadWriteMany"]}}}, "gateway")
    assert not _affinity(_values("xeon"), "gateway")
    of_ones_own = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": []}}}
    assert _affinity({**values, "affinity": of_ones_own}, "gateway").keys() == {"nodeAffinity", "podAffinity"}


def _volumes(values: dict[str, Any], service: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Name → volume, and name → mount, of a service's pods."""
    (pod,) = (
        document["spec"]["template"]["spec"]
        for document in _documents(values)
        if document["kind"] == "Deployment" and document["metadata"]["name"] == f"demo-{service}"
    )
    mounts = pod["containers"][0]["volumeMounts"]
    return {volume["name"]: volume for volume in pod["volumes"]}, {mount["name"]: mount for mount in mounts}


@pytest.mark.parametrize(
    ("models", "volume"),
    [
        ({"existingClaim": "checkpoints"}, {"persistentVolumeClaim": {"claimName": "checkpoints", "readOnly": True}}),
        ({"hostPath": "/srv/models"}, {"hostPath": {"path": "/srv/models", "type": "Directory"}}),
    ],
)
def test_animation_reads_checkpoints_from_a_volume(models: dict[str, Any], volume: dict[str, Any]) -> None:
    values = {**_values("xeon"), "models": models}
    _installed(values)
    for document in _documents(values):
        if document["kind"] == "Deployment":
            kubernetes_validate.validate(document, OLDEST, strict=True)
    volumes, mounts = _volumes(values, "animation")
    assert volumes["models"] == {"name": "models", **volume}
    assert mounts["models"] == {"name": "models", "mountPath": "/models", "readOnly": True}
    assert "models" not in _volumes(values, "tts")[0]
    assert "models" not in _volumes(_values("xeon"), "animation")[0]


def test_a_gaudi_device_is_given_to_what_uses_it_alone() -> None:
    asked = {
        name: document["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]
        for name, document in _of_kind("gaudi", "Deployment").items()
    }
    assert {name for name, limits in asked.items() if "habana.ai/gaudi" in limits} == {"demo-animation"}


def test_a_first_look_fits_two_cores() -> None:
    pods = [document["spec"]["template"]["spec"] for document in _of_kind("embedded", "Deployment").values()]
    requests = [container["resources"]["requests"]["cpu"] for pod in pods for container in pod["containers"]]
    assert sum(int(request.removesuffix("m")) for request in requests) <= 1000


def test_what_is_asked_for_beside_the_mesh() -> None:
    values = {
        **_values("embedded"),
        "monitoring": {"enabled": True},
        "telemetry": {"endpoint": "http://collector.observability:4318/v1/traces"},
        "gateway": {"enabled": True, "parentRefs": [{"name": "public"}], "hostnames": ["avatars.example"]},
    }
    documents = list(_documents(values))
    by_kind = {document["kind"]: document for document in documents}
    alerts = yaml.safe_load((CHART / "files/alerts.yaml").read_text())
    assert by_kind["PrometheusRule"]["spec"] == alerts
    assert by_kind["ServiceMonitor"]["spec"]["endpoints"][0]["path"] == "/metrics"
    route = by_kind["HTTPRoute"]["spec"]
    assert route["parentRefs"] == [{"name": "public"}]
    assert route["rules"] == [{"backendRefs": [{"name": "demo-gateway", "port": 8888}], "timeouts": {"request": "0s"}}]
    told = [document["data"]["TELEMETRY_ENDPOINT"] for document in documents if document["kind"] == "ConfigMap"]
    assert told == [values["telemetry"]["endpoint"]] * len(SERVICES)
    for document in documents:
        if document["kind"] == "NetworkPolicy":
            assert {"to": [{"namespaceSelector": {}}], "ports": [{"port": 4318, "protocol": "TCP"}]} in document["spec"]["egress"]


def test_every_variable_is_a_setting() -> None:
    from AvatarChatbot.settings_table import rows

    known = {name for name, _, _ in rows()}
    for name in SETS:
        for configuration in _of_kind(name, "ConfigMap").values():
            assert configuration["data"].keys() <= known


def test_animation_scales_on_its_own_load_and_the_rest_on_the_processor() -> None:
    scalers = _of_kind("xeon", "HorizontalPodAutoscaler")
    assert scalers["demo-animation"]["spec"]["metrics"][0]["pods"]["metric"]["name"] == "animation_load"
    assert scalers["demo-gateway"]["spec"]["metrics"][0]["resource"]["name"] == "cpu"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "auth.keysSecret"),
        ({"auth": {"anonymous": True}, "services": {"gateway": {"replicas": 2}}}, "need storage.blobs"),
        ({"auth": {"anonymous": True}, "storage": {"blobs": "s3://bucket"}}, "STORAGE_DATABASE"),
        (
            {
                "auth": {"anonymous": True},
                "services": {"gateway": {"replicas": 2}},
                "storage": {"volume": {"accessModes": ["ReadWriteMany"]}},
            },
            "STORAGE_DATABASE",
        ),
        ({"auth": {"anonymous": True}, "services": {"gateway": {"replicas": "two"}}}, "replicas"),
        ({"auth": {"anonymous": True}, "services": {"asr": {"config": {"ASR_WORKERS": 2}}}}, "ASR_WORKERS"),
        ({"auth": {"anonymous": True}, "services": {"wav2lip": {}}}, "wav2lip"),
        ({"auth": {"anonymous": True}, "storage": {"blobs": "bucket"}}, "blobs"),
        ({"auth": {"anonymous": True}, "drainSeconds": 1}, "drainSeconds"),
        ({"auth": {"anonymous": True}, "telemetry": {"endpoint": "collector:4318"}}, "endpoint"),
        ({"auth": {"anonymous": True}, "gateway": {"enabled": True}}, "parentRefs"),
        ({"auth": {"anonymous": True}, "ingress": {"enabled": True}}, "set ingress.host, or hosts"),
        ({"auth": {"anonymous": True}, "gateway": {"enabled": True, "parentRefs": [{"name": "a"}]}}, "set gateway.hostnames"),
        ({"auth": {"anonymous": True}, "hosts": ["https://avatars.example"]}, "hosts"),
        ({"auth": {"anonymous": True}, "origins": ["*"]}, "origins"),
        ({"auth": {"anonymous": True}, "models": {"hostPath": "models"}}, "hostPath"),
        ({"auth": {"anonymous": True}, "typo": 1}, "typo"),
    ],
)
def test_values_that_cannot_work_are_refused_by_name(values: dict[str, Any], said: str) -> None:
    with pytest.raises(HelmError, match=said):
        _installed(values)
