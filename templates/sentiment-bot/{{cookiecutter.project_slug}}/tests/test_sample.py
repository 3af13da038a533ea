"""The made-up texts: the same for a seed, unbalanced, and not to be read by their words alone."""

import re
from collections import Counter

import pytest

from {{ cookiecutter.package_name }}.cleaning import Cleaning
from {{ cookiecutter.package_name }}.sample import CLASSES, NOISE, SHARES, make_sample


@pytest.fixture(scope="module")
def sample() -> list[tuple[str, str]]:
    return make_sample(2000, 42)


def test_the_same_seed_gives_the_same_texts_and_another_seed_others(
    sample: list[tuple[str, str]],
) -> None:
    assert make_sample(2000, 42) == sample
    assert make_sample(2000, 43) != sample
    assert make_sample(500, 42) == sample[:500]


def test_the_classes_are_unbalanced_as_they_are_meant_to_be(
    sample: list[tuple[str, str]],
) -> None:
    counts = Counter(label for _, label in sample)
    for name, share in zip(CLASSES, SHARES, strict=True):
        assert abs(counts[name] / 2000 - share) < 0.03


@pytest.mark.parametrize(
    ("pattern", "least"),
    [
        (r"\b(not|never|nothing)\b|n't\b", 300),  # negation
        (r"\bbut\b", 80),
        (r"\b[Aa]lthough\b", 80),
        (r"!!!|sooo|REALLY", 200),  # emphasis
        ("[\U0001f300-\U0001faff]", 200),  # emoji
        ("\u200d", 10),  # emoji of several characters
        (r"https://example\.com/\w+", 100),
        (r"@\w+", 100),
        (r"#\w+", 80),
        (r"&amp;", 10),
    ],
)
def test_it_has_what_real_posts_have(
    sample: list[tuple[str, str]], pattern: str, least: int
) -> None:
    assert sum(bool(re.search(pattern, text)) for text, _ in sample) >= least


def test_it_has_typing_errors_and_a_vocabulary_of_a_few_hundred_words(
    sample: list[tuple[str, str]],
) -> None:
    clean = Cleaning(lower=True).clean
    counts = Counter(word for text, _ in sample for word in re.findall("[a-z']+", clean(text)))
    often = [word for word, count in counts.items() if count > 3]
    assert 100 < len(often) < 500
    once = [word for word, count in counts.items() if count == 1 and word not in often]
    assert 50 < len(once) < 1000


def test_texts_are_repeated_and_labels_are_wrong_now_and_then() -> None:
    sample = make_sample(20_000, 1)
    texts = Counter(text for text, _ in sample)
    assert len(texts) < len(sample)
    # Of two clear words of praise and no doubt about them, hardly any is called bad, but some are.
    praise = re.compile(r"(?i)what a (great|perfect) \w+\W*$")
    clear = [label for text, label in sample if praise.match(text)]
    wrong = sum(label != "positive" for label in clear) / len(clear)
    assert 0 < wrong < 3 * NOISE
