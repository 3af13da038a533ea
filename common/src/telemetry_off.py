import os

# What libraries report of their use to their makers (ONNX Runtime; MLflow and the Hugging Face hub)
# stays here, unless you say otherwise.
for _switch in ("ORT_DISABLE_TELEMETRY", "DO_NOT_TRACK"):
    os.environ.setdefault(_switch, "1")
