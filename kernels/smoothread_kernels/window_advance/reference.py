"""Window advance in PyTorch: the oracle, and the path that CPUs take.

In place, for each row b of one layer:

    if shift[b]:  slots [pinned + window, pinned + 2 window)  move to  [pinned, pinned + window),
                  their keys rotated by minus `window` positions, so that a key's rotation fits its slot again
    then          new token i < lengths[b] is written at slot start[b] + i

Shapes: keys, values `[batch, kv_head, slot, dim]`; new_keys, new_values `[batch, kv_head, token, dim]`; cos and
sin `[rot_dim / 2]`, fp32: the angle of `window` positions for each pair of dimensions. Pairs are (j, j + rot_dim/2),
or (2j, 2j + 1) when `interleaved`; dimensions from rot_dim on are not rotated. A key is rotated once each `window`
tokens and leaves after two windows, so rounding does not add up.
"""

from torch import Tensor


def window_advance(
    keys: Tensor,
    values: Tensor,
    new_keys: Tensor,
    new_values: Tensor,
    *,
    start: Tensor,
    lengths: Tensor,
    shift: Tensor,
    pinned: Tensor,
    window: int,
    cos: Tensor,
    sin: Tensor,
    interleaved: bool = False,
) -> None:
    """Advance the rows that `shift` marks, then write every row's new tokens. `start` counts after the shift."""
    for row in range(keys.shape[0]):
        if bool(shift[row]):
            first = int(pinned[row])
            kept = slice(first + window, first + 2 * window)
            freed = slice(first, first + window)
            keys[row, :, freed] = rotate_back(keys[row, :, kept], cos, sin, interleaved)
            values[row, :, freed] = values[row, :, kept]
        begin, length = int(start[row]), int(lengths[row])
        keys[row, :, begin : begin + length] = new_keys[row, :, :length]
        values[row, :, begin : begin + length] = new_values[row, :, :length]


def rotate_back(keys: Tensor, cos: Tensor, sin: Tensor, interleaved: bool = False) -> Tensor:
    """`keys` `[..., dim]` rotated by minus the given angles, computed in fp32: a new tensor of the same dtype."""
    half = cos.shape[0]
    pair = (
        (slice(0, 2 * half, 2), slice(1, 2 * half, 2))
        if interleaved
        else (slice(0, half), slice(half, 2 * half))
    )
    a, b = keys[..., pair[0]].float(), keys[..., pair[1]].float()
    out = keys.clone()
    out[..., pair[0]] = (a * cos + b * sin).to(keys.dtype)
    out[..., pair[1]] = (b * cos - a * sin).to(keys.dtype)
    return out
