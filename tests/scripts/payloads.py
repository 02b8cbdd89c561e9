"""Payloads of events as the demo receives them.

Knows nothing of how they are shown.
"""

from __future__ import annotations

RECOGNISED: dict[str, object] = {
    "event_type": "recognised",
    "event_id": "01JD0000000000000000000000",
    "seq": 4711,
    "camera": "front_door",
    "track": 17,
    "person": "alice",
    "display_name": "Alice",
    "similarity": 0.71,
    "margin": 0.38,
    "threshold": 0.36,
    "reason": None,
    "box": [412, 96, 561, 288],
    "frame_size": [1280, 720],
    "looks": 3,
    "quality": 0.82,
    "frame_at": "2025-03-01T10:00:04.250Z",
    "published_at": "2025-03-01T10:00:04.334Z",
    "latency_ms": 84,
}
STRANGER = {
    **RECOGNISED,
    "event_type": "stranger",
    "person": None,
    "display_name": None,
    "similarity": 0.12,
    "margin": None,
    "reason": "below_threshold",
    "looks": 1,
    "latency_ms": 131,
    "frame_at": "2025-03-01T10:00:12.000Z",
}
KNOWN_STRANGER = {**STRANGER, "stranger": "stranger-7", "seen_count": 3}
CORRECTION = {**RECOGNISED, "event_id": "01JD0000000000000000000001", "corrects": KNOWN_STRANGER["event_id"]}
DEPARTED: dict[str, object] = {
    "event_type": "departed",
    "person": "alice",
    "display_name": "Alice",
    "stranger": None,
    "latency_ms": 30114,
    "seen_seconds": 12.34,
    "looks": 9,
    "quality": 0.88,
    "reason": None,
}
GLIMPSED = {**DEPARTED, "person": None, "display_name": None, "looks": 1, "reason": "turned_away"}
NOTHING = dict.fromkeys(RECOGNISED) | {"event_type": "stranger"}
EMOTION: dict[str, object] = {
    "event_type": "emotion",
    "person": "alice",
    "display_name": "Alice",
    "latency_ms": 77,
    "emotion": "happy",
    "probabilities": {"sad": 0.149, "happy": 0.851},
    "looks": 4,
    "reason": None,
}
AGE_GENDER: dict[str, object] = {
    "event_type": "age_gender",
    "stranger": "stranger-7",
    "latency_ms": 80,
    "age_range": [24, 38],
    "age_years": 30.6,
    "gender": "male",
    "female": 0.043,
    "looks": 1,
    "reason": None,
}
UNKNOWN = {**RECOGNISED, "event_type": "spoof", "kind": "phone"}
CAMERA = "edged/demo/front_door"
EVENT_TOPIC = f"{CAMERA}/event"
