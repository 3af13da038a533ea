"""CV API: what a picture shows, how sure that is, and where it can be seen."""

{% include "common/src/telemetry_off.py" %}