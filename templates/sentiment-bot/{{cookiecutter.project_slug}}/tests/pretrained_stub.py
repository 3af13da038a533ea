"""A pretrained model small enough to be made in a test: a folder with encoder and tokenizer."""

from collections.abc import Sequence
from pathlib import Path

import torch
from transformers import BertConfig, BertModel

from {{ cookiecutter.package_name }} import tokenization


def write_pretrained(folder: Path, texts: Sequence[str], *, lower: bool = True) -> Path:
    """Write an encoder without a head, as sentence-transformers folders hold it."""
    tokenizer = tokenization.train_tokenizer(texts, vocabulary=600, lower=lower)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
        initializer_range=0.2,
        pad_token_id=tokenizer.pad_token_id,
    )
    BertModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(str(folder))
    return folder
