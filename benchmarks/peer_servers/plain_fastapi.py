"""The endpoint of most tutorials: joblib, pandas and FastAPI. Run with uvicorn."""

from typing import Any

import model
from fastapi import FastAPI

app = FastAPI()
loaded = model.load()


@app.get("/ready")
def ready() -> dict[str, bool]:
    """The model is loaded."""
    return {"ready": True}


@app.post("/predict")
def predict(row: dict[str, Any]) -> dict[str, float]:
    """The price of one row."""
    return loaded.predict(row)
