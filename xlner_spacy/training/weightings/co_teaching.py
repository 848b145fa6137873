"""Two networks choose for each other what to learn from."""

from __future__ import annotations

from typing import ClassVar

from ...models.description import Description
from .small_loss import SmallLoss


class CoTeaching(SmallLoss):
    """Learns from the texts of each batch whose labels a second network finds least wrong, and that one the other way round.

    Co-teaching (Han et al. 2018): what one network has learnt wrongly, the other does not choose because of it. Takes twice the time
    and memory of SmallLoss. The second network begins as a copy of the first and is not saved.

    keep (float): The share of the texts of a batch that is learnt from, in the end.
    after (int): In so many updates the share falls from 1 to that.
    """

    description: ClassVar[Description] = Description("co-teaching: two networks, small loss")
    asks_peer: ClassVar[bool] = True
