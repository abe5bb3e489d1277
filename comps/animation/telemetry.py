"""What /metrics says of admission, read from its account when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from comps.animation.admission import Admission


class AdmissionCollector(Collector):
    def __init__(self, admission: Admission) -> None:
        self._admission = admission

    def collect(self) -> Iterator[Metric]:
        load = self._admission.load
        yield GaugeMetricFamily("animation_frame_cost_seconds", "Wall time of a frame of 512²", load.cost_ms / 1000)
        yield GaugeMetricFamily("animation_capacity_fps", "Frames a second of 512² that may be reserved", load.capacity_fps)
        yield GaugeMetricFamily("animation_reserved_fps", "Frames a second of 512² that are reserved", load.reserved_fps)
        yield GaugeMetricFamily("animation_queue_seconds", "Work that waits or is being done", load.queue_ms / 1000)
        taken = load.reserved_fps / load.capacity_fps if load.capacity_fps else 1.0
        yield GaugeMetricFamily(
            "animation_load",
            "Percent of the capacity that is reserved, or, where that is more, of a second's work that waits or is being done",
            100 * max(taken, min(1.0, load.queue_ms / 1000)),
        )
        refused = CounterMetricFamily("animation_refused", "Work that was refused", labels=["reason"])
        for reason, times in self._admission.refused.items():
            refused.add_metric([reason], times)
        yield refused
        costs = GaugeMetricFamily(
            "animation_picture_seconds",
            "Time of a worker for a picture, as it was measured of late",
            labels=["engine", "restore", "size"],
        )
        for picture, seconds in self._admission.costs_s().items():
            costs.add_metric([picture.engine, picture.restore, str(picture.size)], seconds)
        yield costs
        pictures = CounterMetricFamily("animation_frames", "Pictures drawn", labels=["engine"])
        for engine, drawn in self._admission.pictures.items():
            pictures.add_metric([engine], drawn)
        yield pictures
