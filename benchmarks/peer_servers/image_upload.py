"""The endpoint of most tutorials: an UploadFile, Pillow, and the model in PyTorch. For uvicorn.

PEER_PACKAGE is the project's package, which has the network's class; PEER_MODELS has its weights.
"""

import importlib
import io
import os
from pathlib import Path

import numpy as np
import torch
from fastapi import FastAPI, UploadFile
from PIL import Image

torch.set_num_threads(1)
app = FastAPI()
fitting = importlib.import_module(f"{os.environ['PEER_PACKAGE']}.fitting")
loaded = fitting.load(Path(os.environ["PEER_MODELS"]))
model = loaded.model.eval()
size = loaded.preprocessing.size


@app.get("/ready")
def ready() -> dict[str, bool]:
    """The model is loaded."""
    return {"ready": True}


@app.post("/predict")
async def predict(file: UploadFile) -> dict[str, object]:
    """The label and each class's probability."""
    picture = Image.open(io.BytesIO(await file.read())).convert("RGB").resize((size, size))
    with torch.inference_mode():
        logits = model(torch.from_numpy(np.array(picture))[None])
        chances = logits.softmax(dim=1)[0].tolist()
    probabilities = dict(zip(loaded.classes, chances, strict=True))
    return {
        "label": max(probabilities, key=probabilities.__getitem__),
        "probabilities": probabilities,
    }
