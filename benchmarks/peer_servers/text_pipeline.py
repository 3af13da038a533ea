"""The endpoint of most tutorials: transformers' pipeline and FastAPI. Run with uvicorn."""

import os

import torch
from fastapi import FastAPI
from pydantic import BaseModel
from transformers import pipeline

torch.set_num_threads(1)
app = FastAPI()
classify = pipeline(
    "text-classification", model=os.environ["PEER_MODELS"], device="cpu", top_k=None
)


class Text(BaseModel):
    """A request."""

    text: str


@app.get("/ready")
def ready() -> dict[str, bool]:
    """The model is loaded."""
    return {"ready": True}


@app.post("/predict")
def predict(body: Text) -> dict[str, float]:
    """Label -> probability; cut where the model's input ends."""
    (found,) = classify([body.text], truncation=True)
    return {each["label"]: each["score"] for each in found}
