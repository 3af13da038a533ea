"""House prices: from a table of sales to a price with an interval and an explanation."""

{% include "common/src/telemetry_off.py" %}