"""Every kernel against its definition in NumPy, exactly, for every instruction set of this CPU."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import fastnz
from fastnz._core import testing


@pytest.mark.parametrize("isa", fastnz.isas())
@given(st.binary(max_size=150), st.integers(0, 150), st.integers(0, 150), st.binary(min_size=1, max_size=80))
def test_match_length(isa, common, offset, cut, tail):
    a = common[:cut] + tail
    b = common
    offset = min(offset, len(a), len(b))
    expected = 0
    for x, y in zip(a[offset:], b[offset:]):
        if x != y:
            break
        expected += 1
    assert testing.match_length(isa, a, b, offset) == expected
