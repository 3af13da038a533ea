"""Training: batches, their order, stopping, accumulation, and the best epoch kept."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import small_params

from {{ cookiecutter.package_name }} import fitting
from {{ cookiecutter.package_name }}.batches import EpochOrder, Padding, padded
from {{ cookiecutter.package_name }}.classification import macro_f1
from {{ cookiecutter.package_name }}.data import load_train, load_validation
from {{ cookiecutter.package_name }}.fitting import Transformer, fit_transformer
from {{ cookiecutter.package_name }}.losses import disagreement
from {{ cookiecutter.package_name }}.trainer import Epoch, best_epoch, since_best

LENGTHS = np.random.default_rng(0).integers(3, 60, 500).tolist()


def order(batch_size: int = 16, seed: int = 1, epoch: int = 0, group: bool = True) -> list[int]:
    found = EpochOrder(LENGTHS, batch_size, seed, group)
    found.set_epoch(epoch)
    return list(found)


def waste(positions: Sequence[int], batch_size: int = 16) -> float:
    """Share of the tokens in batches that are padding."""
    batches = [positions[start : start + batch_size] for start in range(0, 500, batch_size)]
    size = sum(len(batch) * max(LENGTHS[each] for each in batch) for batch in batches)
    return 1 - sum(LENGTHS) / size


@pytest.mark.parametrize("group", [True, False])
def test_each_text_comes_once_in_an_epoch(group: bool) -> None:
    assert sorted(order(group=group)) == list(range(500))


@pytest.mark.parametrize("group", [True, False])
def test_the_order_follows_from_seed_and_epoch_alone(group: bool) -> None:
    torch.manual_seed(5)
    first = order(epoch=3, group=group)
    torch.manual_seed(6)
    assert order(epoch=3, group=group) == first
    assert order(epoch=4, group=group) != first
    assert order(epoch=3, seed=2, group=group) != first


def test_texts_of_like_length_come_together() -> None:
    assert waste(order()) < 0.15 < 0.4 < waste(order(group=False))


def test_long_texts_do_not_all_come_first() -> None:
    lengths = [LENGTHS[each] for each in order()]
    halves = [np.mean(part) for part in np.array_split(lengths, 2)]
    assert abs(halves[0] - halves[1]) < 10


def test_a_batch_is_padded_to_its_longest_text() -> None:
    batch = Padding(9)([(np.array([1, 2, 3]), 0), (np.array([4]), 1)])
    assert batch["input_ids"].tolist() == [[1, 2, 3], [4, 9, 9]]
    assert batch["attention_mask"].tolist() == [[1, 1, 1], [1, 0, 0]]
    assert batch["labels"].tolist() == [0, 1]
    assert padded([np.array([1])], 0, length=4)["input_ids"].shape == (1, 4)


def fit(on_epoch: object = None, pad_to_max: bool = False, **train: object) -> Transformer:
    params = small_params(train=train)
    more = {} if on_epoch is None else {"on_epoch": on_epoch}
    data, validation = load_train(params), load_validation(params)
    return fit_transformer("small", params, data, validation, pad_to_max=pad_to_max, **more)


def test_the_weights_of_the_best_epoch_are_kept(project: Path) -> None:
    found = fit(mixed_precision="none")
    curve, validation = found.training["curve"], load_validation(small_params())
    best = max(each["macro_f1"] for each in curve)
    predicted = found.logits(validation.texts).argmax(axis=1)
    kept = macro_f1(validation.labels, predicted, len(validation.classes))
    assert kept == pytest.approx(best)
    assert curve[found.training["best_epoch"] - 1]["macro_f1"] == best
    assert [each["epoch"] for each in curve] == list(range(1, len(curve) + 1))
    assert curve[-1]["train_loss"] < curve[0]["train_loss"]


def test_the_same_seed_gives_the_same_model(project: Path) -> None:
    texts = load_validation(small_params()).texts
    first, second = (fit(epochs=1) for _ in range(2))
    assert np.array_equal(first.logits(texts), second.logits(texts))
    assert first.training["curve"] == second.training["curve"]


def test_accumulated_batches_are_as_one(project: Path) -> None:
    # The same texts in the same steps; what differs is how many go through the model at a time.
    texts = load_validation(small_params()).texts
    plain = {"epochs": 1, "mixed_precision": "none", "group_by_length": False, "warmup": 0.0}
    whole, parts = fit(batch_size=16, **plain), fit(batch_size=8, accumulate=2, **plain)
    assert np.abs(whole.logits(texts) - parts.logits(texts)).max() < 0.02
    assert whole.training["curve"][0]["train_loss"] == pytest.approx(
        parts.training["curve"][0]["train_loss"], abs=0.01
    )


def test_padding_to_the_maximum_changes_the_work_and_not_the_model(project: Path) -> None:
    texts = load_validation(small_params()).texts
    plain = {"epochs": 1, "mixed_precision": "none"}
    short, long = fit(**plain), fit(pad_to_max=True, **plain)
    assert np.abs(short.logits(texts) - long.logits(texts)).max() < 0.02


def test_without_progress_it_stops(project: Path) -> None:
    found = fit(epochs=30, patience=1, learning_rate=1e-9)
    assert found.training["epochs"] == 2
    assert found.training["best_epoch"] == 1


def test_each_epoch_is_told_and_may_end_it(project: Path) -> None:
    told: list[Epoch] = []

    class GiveUp(Exception):
        pass

    def on_epoch(epoch: Epoch) -> None:
        told.append(epoch)
        if len(told) == 2:
            raise GiveUp

    with pytest.raises(GiveUp):
        fit(on_epoch=on_epoch)
    assert [each["epoch"] for each in told] == [1, 2]
    assert {"train_loss", "validation_loss", "macro_f1", "accuracy"} <= set(told[0])


@pytest.mark.parametrize("settings", [{"loss": "focal"}, {"class_weights": "none"}])
def test_other_losses_learn_too(project: Path, settings: dict[str, str]) -> None:
    found = fit(epochs=2, **settings)
    curve = found.training["curve"]
    assert curve[1]["train_loss"] < curve[0]["train_loss"]


def test_with_consistency_dropout_changes_the_answers_less(project: Path) -> None:
    texts = load_validation(small_params()).texts

    def unsteadiness(consistency: float) -> float:
        params = small_params(
            model={"dropout": 0.3},
            train={"epochs": 3, "consistency": consistency, "mixed_precision": "none"},
        )
        found = fit_transformer("small", params, load_train(params), load_validation(params))
        assert found.training["consistency"] == consistency
        batch = padded(found.encode(texts), found.tokenizer.pad_token_id)
        tensors = {name: torch.from_numpy(each) for name, each in batch.items()}
        torch.manual_seed(0)
        found.model.train()
        with torch.inference_mode():
            first, second = (found.model(**tensors).logits for _ in range(2))
        return float(disagreement(first, second))

    assert unsteadiness(8.0) < 0.5 * unsteadiness(0.0)


def test_nothing_is_printed_by_the_libraries(
    project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    fit(epochs=1)
    out, err = capfd.readouterr()
    assert out == ""
    assert err.strip().startswith("Training small")
    assert len(err.strip().splitlines()) == 1


def test_the_best_epoch_is_the_first_of_equal_ones() -> None:
    curve = [{"epoch": n, "macro_f1": f1} for n, f1 in enumerate([0.5, 0.7, 0.6, 0.7], start=1)]
    assert best_epoch(curve) == 2
    assert since_best(curve) == 2


def test_null_means_more_epochs_from_scratch_than_for_a_pretrained_model() -> None:
    assert fitting.EPOCHS["small"] > fitting.EPOCHS["pretrained"] == 3


def test_null_means_consistency_for_a_pretrained_model_alone() -> None:
    chosen, null = small_params(train={"consistency": 0.5}), small_params()
    assert fitting.consistency_of("small", null) == 0
    assert fitting.consistency_of("pretrained", null) > 0
    for name in ("small", "pretrained"):
        assert fitting.consistency_of(name, chosen) == 0.5
