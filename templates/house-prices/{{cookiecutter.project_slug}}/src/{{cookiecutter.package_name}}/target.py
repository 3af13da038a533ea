"""The target as the models see it, and back again."""

import numpy as np
import numpy.typing as npt

from .errors import UserError

Array = npt.NDArray[np.float64]


def forward(prices: npt.ArrayLike, log_target: bool) -> Array:
    """Target units to model space, element by element.

    With `log_target` the natural logarithm: an error of 0.1 is then about 10 % of any price, cheap
    or dear, which is also how the Kaggle competition on these data counts. Raises UserError where
    a logarithm does not exist.
    """
    values = np.asarray(prices, dtype=np.float64)
    if not np.isfinite(values).all():
        raise UserError(
            "the target has missing or infinite values; fill them, or drop those rows, to train"
        )
    if not log_target:
        return values
    if (values <= 0).any():
        raise UserError(
            f"the target's smallest value is {values.min():g}, which has no logarithm; "
            "set train.log_target to false, or mend those rows"
        )
    return np.log(values)


def inverse(predictions: npt.ArrayLike, log_target: bool) -> Array:
    """Model space to target units: the inverse of `forward`.

    The exponential of a mean log price is the median price, not the mean; it is what one house
    will most likely sell for, and the metric here is about ratios, so nothing is added to it.
    """
    values = np.asarray(predictions, dtype=np.float64)
    return np.exp(values) if log_target else values
