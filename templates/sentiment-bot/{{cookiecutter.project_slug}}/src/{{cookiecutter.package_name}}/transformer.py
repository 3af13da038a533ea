"""The transformers: a small one from scratch, and a pretrained one by its name or folder."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    BertConfig,
    BertForSequenceClassification,
    PreTrainedModel,
)

from .config import ModelParams
from .errors import UserError
from .hub_model import UNUSABLE, HubModel, short

# Of the model from scratch. Its positions are learned, so this is a bound for `tokens.max_length`.
POSITIONS = 512
BERT_WIDTH = 768
WIDENING = 4  # of the inner layer, as in BERT
# Share of a pretrained encoder that may be new: small parts are, such as the layer that was behind
# another task's head.
MOST_NEW = 0.1


def small_model(
    settings: ModelParams, classes: Sequence[str], tokenizer: Any
) -> BertForSequenceClassification:
    """A small BERT (Devlin et al. 2019) with random weights; seed PyTorch before."""
    return BertForSequenceClassification(
        BertConfig(
            vocab_size=len(tokenizer),
            hidden_size=settings.dimension,
            num_hidden_layers=settings.layers,
            num_attention_heads=settings.heads,
            intermediate_size=WIDENING * settings.dimension,
            hidden_dropout_prob=settings.dropout,
            attention_probs_dropout_prob=settings.dropout,
            max_position_embeddings=POSITIONS,
            # BERT's 0.02 is for a width of 768. With it, a narrow model starts so flat that it
            # hardly leaves its start in a few epochs.
            initializer_range=settings.dimension**-0.5,
            pad_token_id=tokenizer.pad_token_id,
            **_labels(classes),
        )
    )


def pretrained_tokenizer(settings: ModelParams) -> Any:
    """The tokenizer of `model.name`. Raises UserError if it cannot be had or has no fast form."""
    chosen = hub_model(settings)
    try:
        tokenizer = AutoTokenizer.from_pretrained(chosen.place(), **chosen.loading())
    except UNUSABLE as error:
        raise chosen.unusable(error) from None
    if not getattr(tokenizer, "is_fast", False) or tokenizer.pad_token_id is None:
        lacks = "padding token" if getattr(tokenizer, "is_fast", False) else "fast tokenizer"
        raise UserError(
            f"model.name = {settings.name}: it has no {lacks}, which serving needs. Take an "
            "encoder such as distilbert-base-uncased."
        )
    return tokenizer


def pretrained_model(settings: ModelParams, classes: Sequence[str]) -> PreTrainedModel:
    """The pretrained encoder with a new head for these classes; seed PyTorch before.

    Raises UserError if it cannot be had, is no model that texts can be classified with, or brings
    no weights for its encoder.
    """
    chosen = hub_model(settings)
    try:
        # With a head of another size, that head is replaced; the encoder must fit.
        model, loaded = AutoModelForSequenceClassification.from_pretrained(
            chosen.place(),
            ignore_mismatched_sizes=True,
            output_loading_info=True,
            dtype="float32",
            **chosen.loading(),
            **_labels(classes),
        )
    except UNUSABLE as error:
        raise chosen.unusable(error) from None
    mismatched = (each[0] for each in loaded["mismatched_keys"])
    new = _new_share(model, {*loaded["missing_keys"], *mismatched})
    if new > MOST_NEW:
        raise chosen.unusable(f"its weights lack {new:.0%} of what its config.json describes")
    found: PreTrainedModel = model
    return found


def pretrained_config(settings: ModelParams) -> Any:
    """What the pretrained model says of itself; no weight is loaded. Raises UserError."""
    chosen = hub_model(settings)
    try:
        return AutoConfig.from_pretrained(chosen.place(), **chosen.loading())
    except UNUSABLE as error:
        raise chosen.unusable(error) from None


def longest_input(model_or_config: Any, tokenizer: Any) -> int | None:
    """The most tokens that the model can read; None if nothing bounds it."""
    config = getattr(model_or_config, "config", model_or_config)
    positions = getattr(config, "max_position_embeddings", None)
    if positions is not None and getattr(config, "model_type", "") in COUNTS_FROM_PADDING:
        positions -= tokenizer.pad_token_id + 1
    # "No limit" is a very large number there.
    bounds = [each for each in (positions, tokenizer.model_max_length) if each and each < 10**6]
    return min(bounds, default=None)


# Their first position is the one after the padding token's number (RoBERTa and its children).
COUNTS_FROM_PADDING = frozenset({"roberta", "xlm-roberta", "camembert", "mpnet", "longformer"})


def with_lora(model: PreTrainedModel, rank: int) -> Any:
    """The model with low-rank matrices beside its frozen weights (Hu et al. 2021); the head learns.

    Raises UserError for a kind of model that peft does not know.
    """
    from peft import LoraConfig, TaskType, get_peft_model

    settings = LoraConfig(
        task_type=TaskType.SEQ_CLS, r=rank, lora_alpha=2 * rank, lora_dropout=0.1, bias="none"
    )
    try:
        return get_peft_model(model, settings)
    except ValueError as error:
        raise UserError(
            f"model.lora: peft cannot adapt this kind of model ({short(error)}). Set it to false."
        ) from None


def merged(model: Any) -> PreTrainedModel:
    """The model with its low-rank matrices, if it has any, added to its weights."""
    merge = getattr(model, "merge_and_unload", None)
    found: PreTrainedModel = merge() if merge else model
    return found


def _labels(classes: Sequence[str]) -> dict[str, Any]:
    numbered = dict(enumerate(classes))
    return {
        "num_labels": len(classes),
        "id2label": numbered,
        "label2id": {name: number for number, name in numbered.items()},
        "problem_type": "single_label_classification",
    }


def hub_model(settings: ModelParams) -> HubModel:
    """The pretrained model that the settings name."""
    return HubModel(
        settings.name or "", settings.revision, "a model for texts", "distilbert-base-uncased"
    )


def _new_share(model: PreTrainedModel, names: Collection[str]) -> float:
    """The share of the encoder's values that stand under these names: random ones, not loaded."""
    sizes = {
        name: each.numel()
        for name, each in model.named_parameters()
        if name.startswith(f"{model.base_model_prefix}.")
    }
    return sum(size for name, size in sizes.items() if name in names) / max(1, sum(sizes.values()))
